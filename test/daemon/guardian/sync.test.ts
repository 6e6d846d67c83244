// Files that both boxes need, with the guardian processes of two boxes on loopback: the one hands out, the other copies, and what
// happens to a copy when roles change or a guardian dies.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { syncServer } from '../../../src/daemon/syncDescription.ts';
import { markedProcesses } from '../../../src/io/service/members.ts';
import type { SyncSecret, SyncSetDescription } from '../../../src/protocol/guardianMessages.ts';
import { freePort } from '../../io/sync/aSite.ts';
import { until } from '../until.ts';
import { aGuardian, aSite } from './aGuardian.ts';
import type { GuardianOfTest, Site } from './aGuardian.ts';

const secrets: readonly SyncSecret[] = [{ name: 'pair-0001', secret: 'a'.repeat(64) }];
const megabyte = 1024 * 1024;

type SyncBox = Site & {
  readonly directory: string;
  readonly start: () => GuardianOfTest;
  readonly write: (name: string, text: string | Buffer) => void;
  readonly has: (name: string) => string;
};

async function aPair(
  t: ExecutionContext,
  changes: Partial<SyncSetDescription> = {},
): Promise<readonly [SyncBox, SyncBox]> {
  const port = await freePort();
  const box = (own: string, peer: string): SyncBox => {
    const site = aSite(t);
    const directory = join(site.folder, 'recordings');
    mkdirSync(directory);
    const set: SyncSetDescription = {
      name: 'recordings',
      directory,
      intervalMs: 300,
      settleMs: 0,
      keepBytes: megabyte,
      rateKilobytes: 100 * 1024,
      exclude: [],
      ...changes,
    };
    return {
      ...site,
      directory,
      write: (name, text) => writeFileSync(join(directory, name), text),
      has: (name) => site.read(join('recordings', name)),
      start() {
        const guardian = aGuardian(t, site, {
          services: [syncServer(own, port, site.runDirectory)],
          sync: { port, sets: [set] },
          place: { heartbeatAddress: own, peerAddress: peer },
        });
        guardian.tell({ type: 'syncSecrets', secrets });
        return guardian;
      },
    };
  };
  return [box('127.0.0.1', '127.0.0.2'), box('127.0.0.2', '127.0.0.1')];
}

test.serial(
  'the standby has what the primary has, says how old it is, and the other way round',
  async (t) => {
    const [a, b] = await aPair(t);
    a.write('call-1.wav', 'first call');
    const onA = a.start();
    const onB = b.start();
    onB.role('standby', 1);
    onA.role('primary', 1);
    await onA.untilState('sync-server', 'up');
    await onB.untilState('sync-server', 'stopped');
    await until('the file is copied', () => b.has('call-1.wav') === 'first call', 15_000);
    await until('it is told', () => onB.state()?.sync[0]?.lastFiles === 1);
    t.like(onA.state()?.sync[0], { name: 'recordings', state: 'source', lagMs: null });
    t.like(onB.state()?.sync[0], { state: 'following', isBehind: false, problem: null });
    a.write('call-2.wav', 'second call');
    await until('the next one, too', () => b.has('call-2.wav') === 'second call', 15_000);

    // A planned change: what the old primary had then is a part of what the new one has.
    onA.role('standby', 2);
    onB.role('primary', 2);
    const { detail } = await onB.untilEvent('syncAtTakeover');
    t.true(Number(detail['ageMs']) < 10_000);
    b.write('call-3.wav', 'third call');
    await until('the other way round', () => a.has('call-3.wav') === 'third call', 15_000);
    await until('the daemon moved', () => onA.service('sync-server')?.state === 'stopped', 10_000);
    t.deepEqual(
      onA.events().filter(({ event }) => event === 'syncKept'),
      [],
    );
  },
);

test.serial(
  'a takeover cuts a copy off, uses nothing half-written, and the old primary keeps its own',
  async (t) => {
    const [a, b] = await aPair(t, { rateKilobytes: 2 * 1024 });
    a.write('call-1.wav', 'whole');
    let onA = a.start();
    const onB = b.start();
    onB.role('standby', 1);
    onA.role('primary', 1);
    await until('the first is copied', () => b.has('call-1.wav') === 'whole', 15_000);
    a.write('call-2.wav', Buffer.alloc(20 * megabyte, 'x'));
    a.write('call-1.wav', 'whole, and changed');
    await until(
      'the next is under way',
      () => onB.state()?.sync[0]?.isPulling === true && inTheMaking(b) > 0,
      15_000,
    );
    await onA.kill();
    onB.role('primary', 2);
    await onB.untilEvent('syncAtTakeover');
    await until(
      'nothing is left beside',
      () => inTheMaking(b) === 0 && !existsSync(join(b.directory, '.hotpair-partial')),
    );
    t.is(b.has('call-1.wav'), 'whole');
    t.false(existsSync(join(b.directory, 'call-2.wav')));
    b.write('call-3.wav', 'of the new primary');

    a.write('call-2.wav', 'only on the old one');
    onA = a.start();
    onA.role('standby', 2);
    const { detail } = await onA.untilEvent('syncKept');
    t.like(detail, { set: 'recordings', files: 2 });
    t.is(readFileSync(join(String(detail['folder']), 'call-2.wav'), 'utf8'), 'only on the old one');
    await until('it has what is there', () => a.has('call-3.wav') === 'of the new primary', 15_000);
    t.is(a.has('call-1.wav'), 'whole');
    t.false(existsSync(join(a.directory, 'call-2.wav')));
    await until('it is counted', () => onA.state()?.sync[0]?.keptFiles === 2);
  },
);

/** Temporary files of a copy. */
function inTheMaking({ directory }: SyncBox): number {
  const folder = join(directory, '.hotpair-temp');
  return existsSync(folder) ? readdirSync(folder).length : 0;
}

test.serial('a copy whose guardian was killed is ended by the next one', async (t) => {
  const [a, b] = await aPair(t, { rateKilobytes: 1024 });
  a.write('call-1.wav', Buffer.alloc(30 * megabyte, 'x'));
  const onA = a.start();
  const onB = b.start();
  onB.role('standby', 1);
  onA.role('primary', 1);
  await until('it is under way', () => inTheMaking(b) > 0, 15_000);
  await onB.kill();
  t.true(markedProcesses(b.runDirectory).checks.length > 0);
  const next = b.start();
  await until('it was ended', () => markedProcesses(b.runDirectory).checks.length === 0, 10_000);
  next.role('primary', 2);
  await until('its leftovers are gone', () => inTheMaking(b) === 0, 10_000);
});

test.serial(
  'a guardian that ends takes its copies with it, and leaves the daemon running',
  async (t) => {
    const [a, b] = await aPair(t, { rateKilobytes: 1024 });
    a.write('call-1.wav', Buffer.alloc(30 * megabyte, 'x'));
    const onA = a.start();
    const onB = b.start();
    onB.role('standby', 1);
    onA.role('primary', 1);
    await until('it is under way', () => inTheMaking(b) > 0, 15_000);
    const { pid } = onA.service('sync-server') ?? {};
    await onB.end();
    await until('nothing copies', () => markedProcesses(b.runDirectory).checks.length === 0);
    await onA.end();
    const again = a.start();
    again.role('primary', 1);
    t.is((await again.untilState('sync-server', 'up')).pid, pid ?? null);
  },
);
