// How the agent came up, told by the mark of the run before, and what too many unexpected starts lead to.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { bootId, noteStart } from '../../src/daemon/bootRecord.ts';
import type { Happening } from '../../src/daemon/mailbox.ts';
import { openQuarantine } from '../../src/daemon/quarantine.ts';
import type { State } from '../../src/core/state.ts';
import { initialState } from '../../src/core/state.ts';
import { settings } from '../core/builders.ts';
import { until } from './until.ts';

function aDirectory(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'hotpair-boots-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

test('the reason of a start follows from the mark of the run before and the boot', async (t) => {
  const directory = aDirectory(t);
  const start = async (boot: string, reset: boolean | null = null) =>
    noteStart(directory, boot, reset);
  t.like(await start('a'), { reason: 'firstStart', boots: 1, agentStarts: 1, unexpectedInRow: 0 });
  const died = await start('a');
  t.like(died, { reason: 'agentDied', boots: 1, agentStarts: 2, unexpectedInRow: 1 });
  await died.noteStop();
  t.like(await start('a'), { reason: 'agentStart', boots: 1, agentStarts: 3, unexpectedInRow: 1 });
  t.like(await start('b'), { reason: 'unexpectedBoot', boots: 2, unexpectedInRow: 2 });
  const reset = await start('c', true);
  t.like(reset, { reason: 'watchdogReset', boots: 3, unexpectedInRow: 3 });
  await reset.noteSteady();
  await reset.noteStop();
  // What the watchdog did once is told by its device for ever after.
  t.like(await start('d', true), { reason: 'boot', boots: 4, agentStarts: 6, unexpectedInRow: 0 });
});

test('a mark that is damaged, or a disk that refuses one, is a first start', async (t) => {
  const directory = aDirectory(t);
  writeFileSync(join(directory, 'boots.json'), '{"bootId":"a","boots":-');
  t.is((await noteStart(directory, 'a', null)).reason, 'firstStart');
  t.is((await noteStart(join(directory, 'missing'), 'a', null)).reason, 'firstStart');
});

test('the kernel tells its boot', (t) => {
  t.regex(bootId(), /^[0-9a-f-]{36}$/);
});

type Site = {
  readonly posted: Happening[];
  readonly told: string[];
  name: State['name'];
};

function aQuarantine(unexpectedInRow: number, quarantineMs = 60_000) {
  const site: Site = { posted: [], told: [], name: 'standby' };
  const quarantine = openQuarantine({
    loop: {
      post: (happening) => void site.posted.push(happening),
      state: () => ({ ...initialState(settings()), name: site.name }),
    },
    log: { history: (_level, event) => void site.told.push(event) },
    start: { reason: 'unexpectedBoot', boots: 9, agentStarts: 9, unexpectedInRow },
    unexpectedStarts: 5,
    quarantineMs,
  });
  return { site, quarantine };
}

test('too many unexpected starts put a standby into quarantine, and a person ends it', (t) => {
  const { site, quarantine } = aQuarantine(5);
  quarantine.begin(false);
  t.regex(quarantine.state()?.text ?? '', /5 unexpected starts in a row/);
  t.like(site.posted[0], { type: 'operatorCommanded', command: { type: 'maintenance' } });
  quarantine.lift();
  t.is(quarantine.state(), null);
  t.deepEqual(site.told, ['quarantined', 'quarantineEnded']);
  quarantine.close();
});

test('fewer starts, a box that serves, and a quarantine of no length change nothing', (t) => {
  for (const [starts, ms, serves] of [
    [4, 60_000, false],
    [9, 60_000, true],
    [9, 0, false],
  ] as const) {
    const { site, quarantine } = aQuarantine(starts, ms);
    quarantine.begin(serves);
    t.is(quarantine.state(), null);
    t.deepEqual(site.posted, []);
    quarantine.close();
  }
});

test('a box in quarantine that is made primary lets the other one take over again', async (t) => {
  const { site, quarantine } = aQuarantine(5);
  quarantine.begin(false);
  site.name = 'paired';
  await until('the quarantine is over', () => quarantine.state() === null);
  t.like(site.posted.at(-1), { command: { type: 'maintenance', untilMs: null } });
  quarantine.close();
});
