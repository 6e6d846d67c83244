// The last change of role, also over a restart of the agent.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { lastRoleChange, openRoleHistory } from '../../src/daemon/roleHistory.ts';
import { openLog } from '../../src/daemon/log.ts';
import type { Report } from '../../src/core/effects.ts';
import { openEventLog } from '../../src/io/events/eventLog.ts';
import { aLog } from './aLog.ts';

function transition(change: Partial<Extract<Report, { kind: 'transition' }>>): Report {
  return {
    kind: 'transition',
    from: 'standby',
    to: 'takingOver',
    epoch: 4,
    reason: { code: 'peerSilent' },
    ...change,
  };
}

test('a change counts when the box has arrived in its new role, with the reason', (t) => {
  const { log, kept } = aLog();
  const history = openRoleHistory(log, null);
  history.note(transition({ from: 'rejoining', to: 'standby', reason: { code: 'following' } }));
  history.note(transition({}));
  t.is(history.last()?.to, 'standby');
  history.note(transition({ from: 'takingOver', to: 'solo', epoch: 5 }));
  t.like(history.last(), { from: 'standby', to: 'primary', epoch: 5, reason: 'peerSilent' });
  t.deepEqual(
    kept.map(({ event }) => event),
    ['roleChanged', 'roleChanged'],
  );
});

test('pairing and leaving are no change of role', (t) => {
  const history = openRoleHistory(aLog().log, null);
  history.note(transition({ from: 'opening', to: 'solo', reason: { code: 'resumeAlone' } }));
  const first = history.last();
  history.note(transition({ from: 'solo', to: 'pairing' }));
  history.note(transition({ from: 'pairing', to: 'paired' }));
  history.note(transition({ from: 'paired', to: 'leaving' }));
  t.is(history.last(), first);
});

test('the last change is found again after a restart, and resuming the role is no new one', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'hotpair-roles-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const quiet = { write: () => undefined, lost: () => 0, flush: () => Promise.resolve() };
  const log = openLog(quiet, openEventLog(directory), 'info');
  openRoleHistory(log, null).note(transition({ from: 'takingOver', to: 'solo', epoch: 5 }));
  log.history('info', 'agentStopping');
  await log.flush(5_000);
  const found = await lastRoleChange(directory);
  t.like(found, { from: 'none', to: 'primary', epoch: 5, reason: 'peerSilent' });
  const history = openRoleHistory(log, found);
  history.note(transition({ from: 'unpaired', to: 'paired', reason: { code: 'agentRestarted' } }));
  t.is(history.last(), found);
});

test('a history that cannot be read is no change', async (t) => {
  t.is(await lastRoleChange('/proc/self/environ'), null);
});
