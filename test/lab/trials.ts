// The trials, one row each: what is expected, and what is done to the pair. A trial applies its
// fault, waits until the pair has answered it, and undoes it; what comes before and after every
// trial, and all figures, are in trialRun.ts.

import { existsSync, readdirSync } from 'node:fs';
import { nowMs, pause, until } from './clock.ts';
import { dirtyStandby, restartpointUnderWay } from './dirtyStandby.ts';
import { cutPower, killAgent, killPostgres, pullCable, pullLan } from './faults.ts';
import { untilTakenOver, type Field } from './field.ts';
import { hotpair, statusOf } from './hotpairCommand.ts';
import { agentOf } from './insideBox.ts';
import { askKeeper } from './keeperProtocol.ts';
import { paths } from './layout.ts';
import { isLeading, leader } from './sight.ts';
import type { SiteOptions } from './siteState.ts';
import { leaveCommitUnsent } from './unsentCommit.ts';

export type Trial = {
  readonly name: string;
  readonly title: string;
  /** Role changes that the whole run may show. */
  readonly roleChanges: readonly number[];
  /** The outage beyond which a run has failed; null: none is promised. */
  readonly outageLimitMs: (site: SiteOptions) => number | null;
  /** Whether the healed boxes may both hold the address for two heartbeats. */
  readonly mayOverlap: boolean;
  readonly act: (field: Field) => Promise<void>;
};

const noLimit = (): null => null;
const always = (limitMs: number) => (): number => limitMs;
/** Physical evidence (a direct cable, a standby port that is up) shortens the primary's wait. */
const fastSolo =
  (limitMs: number) =>
  (site: SiteOptions): number | null =>
    site.eth1 === 'direct' && site.standbyPort === 'unaddressed' ? limitMs : null;

export const trials: readonly Trial[] = [
  {
    name: 'primary-power-loss',
    title: 'the primary loses power; the standby takes over; power comes back',
    roleChanges: [1],
    outageLimitMs: always(1500),
    mayOverlap: false,
    act: primaryPowerLoss,
  },
  {
    name: 'standby-power-loss',
    title: 'the standby loses power; the primary goes on alone',
    roleChanges: [0],
    outageLimitMs: fastSolo(1400),
    mayOverlap: false,
    act: standbyPowerLoss,
  },
  {
    name: 'both-power-loss',
    title: 'both lose power at once and get it back',
    roleChanges: [0, 1],
    outageLimitMs: noLimit,
    mayOverlap: false,
    act: bothPowerLoss,
  },
  {
    name: 'switchover',
    title: 'hotpair switchover --wait on the primary',
    roleChanges: [1],
    outageLimitMs: always(5000),
    mayOverlap: false,
    act: switchover,
  },
  {
    name: 'postgres-kill',
    title: 'kill -9 of the postmaster on the primary',
    roleChanges: [0, 1],
    outageLimitMs: always(5000),
    mayOverlap: false,
    act: postgresKill,
  },
  {
    name: 'agent-kill',
    title: 'kill -9 of the agent: odd runs on the primary, even runs on the standby',
    roleChanges: [0],
    outageLimitMs: always(300),
    mayOverlap: false,
    act: agentKill,
  },
  {
    name: 'heartbeat-cut',
    title: 'Eth1 cut while both boxes live',
    roleChanges: [0],
    outageLimitMs: fastSolo(1500),
    mayOverlap: true,
    act: heartbeatCut,
  },
  {
    name: 'service-cut',
    title: 'Eth0 of the primary cut',
    roleChanges: [1],
    outageLimitMs: always(5000),
    mayOverlap: true,
    act: serviceCut,
  },
  {
    name: 'old-primary-returns',
    title: 'the old primary comes back with rows that the new one never had',
    roleChanges: [1],
    outageLimitMs: always(1500),
    mayOverlap: false,
    act: oldPrimaryReturns,
  },
  {
    name: 'stale-standby-alone',
    title: 'standby off, primary writes alone, primary off, standby returns alone: must not serve',
    roleChanges: [0],
    outageLimitMs: noLimit,
    mayOverlap: false,
    act: staleStandbyAlone,
  },
];

/** Not one of the mixed trials: it takes as long as it is told to (--minutes). */
export const cpuLoadTrial: Trial = {
  name: 'cpu-load',
  title: 'both cores fully loaded: no role change',
  roleChanges: [0],
  outageLimitMs: noLimit,
  mayOverlap: false,
  act: async (field) => {
    field.noteFault(nowMs());
    await pause(field.options.minutes * 60_000);
  },
};

async function primaryPowerLoss(field: Field): Promise<void> {
  const atMs = await cutPower(field.primary);
  field.noteFault(atMs, field.standby);
  await untilTakenOver(field, field.standby, atMs);
  await field.powerOn(field.primary);
}

async function standbyPowerLoss(field: Field): Promise<void> {
  if (field.options.duringCheckpoint) {
    await dirtyStandby(field.primary);
    await restartpointUnderWay(field.primary, field.standby);
  }
  const atMs = await cutPower(field.standby);
  field.noteFault(atMs);
  await field.client.untilFlowing('rows acknowledged without a standby', atMs + 300, 500, 20_000);
  await field.powerOn(field.standby);
}

async function bothPowerLoss(field: Field): Promise<void> {
  field.noteFault(await cutPower('box-a', 'box-b'));
  await pause(1000);
  await field.powerOn('box-a', 'box-b');
}

async function switchover(field: Field): Promise<void> {
  const atMs = nowMs();
  field.noteFault(atMs, field.standby);
  await hotpair(field.site.binary, field.primary, ['switchover', '--wait'], 30_000);
  await untilTakenOver(field, field.standby, atMs);
}

async function postgresKill(field: Field): Promise<void> {
  const atMs = killPostgres(field.primary);
  field.noteFault(atMs, field.standby);
  await field.client.untilFlowing('rows acknowledged again', atMs + 50, 700, 30_000);
}

async function agentKill(field: Field): Promise<void> {
  const box = field.run % 2 === 1 ? field.primary : field.standby;
  const before = agentOf(box)?.pid;
  const atMs = killAgent(box);
  field.noteFault(atMs);
  await until(`a new agent on ${box}`, 5000, () => {
    const agent = agentOf(box);
    return agent !== undefined && agent.pid !== before;
  });
  await until(`the new agent of ${box} answers`, 10_000, async () => {
    return typeof (await statusOf(field.site.binary, box)) !== 'string';
  });
  await pauseUntil(atMs + 3000);
}

async function heartbeatCut(field: Field): Promise<void> {
  const atMs = await pullCable();
  field.noteFault(atMs);
  await field.client.untilFlowing('rows acknowledged without Eth1', atMs + 300, 1000, 20_000);
  await pauseUntil(atMs + 4000);
  await askKeeper({ type: 'setCable', connected: true });
  field.noteHealed();
}

async function serviceCut(field: Field): Promise<void> {
  const atMs = await pullLan(field.primary);
  field.noteFault(atMs, field.standby);
  await untilTakenOver(field, field.standby, atMs);
  await askKeeper({ type: 'setLan', box: field.primary, connected: true });
  field.noteHealed();
}

/**
 * For a moment before the power cut nothing passes Eth1, so that the primary has written rows that
 * the standby never got (and nobody was told of). They have to be kept aside, and not come back.
 */
async function oldPrimaryReturns(field: Field): Promise<void> {
  const keptBefore = new Set(keptDivergences(field));
  await leaveCommitUnsent(field.primary);
  const atMs = await cutPower(field.primary);
  field.noteFault(atMs, field.standby);
  await askKeeper({ type: 'setSilent', silent: false });
  await untilTakenOver(field, field.standby, atMs);
  await pauseUntil(atMs + 3000);
  await field.powerOn(field.primary);
  const rejoined = `${field.primary} follows ${field.standby}`;
  await field.observer.untilSeen(rejoined, 60_000, (sight) => {
    return sight[field.primary].database?.inRecovery === true;
  });
  // Only the newest few are kept, so their number says nothing.
  if (keptDivergences(field).every((name) => keptBefore.has(name))) {
    field.object('what only the old primary had was not kept');
  }
}

function keptDivergences(field: Field): readonly string[] {
  const directory = `${paths.lib(field.primary)}/divergence`;
  return existsSync(directory) ? readdirSync(directory) : [];
}

async function staleStandbyAlone(field: Field): Promise<void> {
  const firstMs = await cutPower(field.standby);
  field.noteFault(firstMs);
  await field.client.untilFlowing('rows acknowledged alone', firstMs + 300, 1000, 20_000);
  await cutPower(field.primary);
  const { atMs } = await askKeeper({ type: 'powerOn', box: field.standby });
  const endMs = atMs + 7000;
  while (nowMs() < endMs) {
    const { sight } = field.observer.report();
    if (isLeading(sight, field.standby) || leader(sight) === field.standby) {
      field.object(`${field.standby} served although it lacks acknowledged rows`);
      break;
    }
    await pause(10);
  }
  const answered = field.client.acknowledged().at(-1)?.atMs ?? 0;
  if (answered > atMs) field.object('a row was acknowledged while only the stale box had power');
  await field.powerOn(field.primary);
}

async function pauseUntil(instantMs: number): Promise<void> {
  await pause(instantMs - nowMs());
}
