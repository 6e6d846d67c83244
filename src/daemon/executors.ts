// What each effect of the core does to the box. The table is typed by effect name: an effect without its executor does not
// compile.
import type { Effect, EffectName, EffectWithToken, Report } from '../core/effects.ts';
import type { Reason } from '../core/reasons.ts';
import type { Settings } from '../core/settings.ts';
import type { Database } from '../io/database/database.ts';
import type { ServicePort } from '../io/link/servicePort.ts';
import type { RecordStore } from '../io/record/recordStore.ts';
import type { Announcing } from './announcing.ts';
import type { Arbiter } from './arbiter.ts';
import type { DatabaseWatch } from './databaseWatch.ts';
import type { HeartbeatPaths } from './heartbeatPaths.ts';
import type { Log } from './log.ts';
import type { Happening } from './mailbox.ts';
import type { Resource } from './resource.ts';

export type Parts = {
  readonly log: Log;
  readonly paths: HeartbeatPaths;
  readonly records: RecordStore;
  readonly database: Database;
  readonly databaseWatch: Pick<DatabaseWatch, 'setInterval' | 'changed'>;
  readonly servicePort: ServicePort;
  readonly announcing: Announcing;
  readonly arbiter: Arbiter;
  readonly resources: Resources;
  settings(): Settings;
  report(report: Report): void;
  kickWatchdog(): void;
  answerCommand(commandId: number, ok: boolean, reason: Reason): void;
  resetBox(reason: Reason): void;
};

export type Resources = {
  readonly record: Resource;
  readonly database: Resource;
  /** Apart from the database: a checkpoint may take minutes and must keep nothing waiting. */
  readonly checkpoint: Resource;
  readonly servicePort: Resource;
  readonly probe: Resource;
  readonly arbiter: Resource;
};

type EffectOf<N extends EffectName> = Extract<Effect, { readonly type: N }>;
type Executors = { readonly [N in EffectName]: (effect: EffectOf<N>) => void };

/** Returns the function that carries out one effect; it never waits. */
export function effectPerformer(parts: Parts): (effect: Effect) => void {
  const executors: Executors = {
    ...immediateExecutors(parts),
    ...roleExecutors(parts),
    ...workExecutors(parts),
    ...portExecutors(parts),
    ...arbiterExecutors(parts),
  };
  // The table pairs each name with its own effect, which tsc cannot follow through the lookup.
  return (effect) => (executors[effect.type] as (effect: Effect) => void)(effect);
}

type Immediate =
  | 'sendHeartbeat'
  | 'kickWatchdog'
  | 'report'
  | 'watchDatabase'
  | 'answerCommand'
  | 'resetBox'
  | 'announce'
  | 'writeRecord';

function immediateExecutors(parts: Parts): Pick<Executors, Immediate> {
  return {
    sendHeartbeat: ({ heartbeat }) => parts.paths.send(heartbeat),
    kickWatchdog: () => parts.kickWatchdog(),
    report: ({ report }) => parts.report(report),
    watchDatabase: ({ intervalMs }) => parts.databaseWatch.setInterval(intervalMs),
    answerCommand: ({ commandId, ok, reason }) => parts.answerCommand(commandId, ok, reason),
    resetBox: ({ reason }) => parts.resetBox(reason),
    announce: () => parts.announcing.start(),
    writeRecord: (effect) =>
      run(parts.resources.record, effect, async ({ token, record }) => {
        await parts.records.write(record);
        return { type: 'recordWritten', token };
      }),
  };
}

type DatabaseRole =
  | 'startDatabase'
  | 'stopDatabase'
  | 'promoteDatabase'
  | 'setSynchronous'
  | 'clearSynchronous'
  | 'admitClients';

function roleExecutors(parts: Parts): Pick<Executors, DatabaseRole> {
  const { database } = parts;
  return {
    startDatabase: (effect) =>
      change(parts, effect, async ({ token, role, synchronous, deadlineMs }) => {
        await database.start({ role, synchronous, admitted: false, deadlineMs });
        return { type: 'databaseStarted', token };
      }),
    stopDatabase: (effect) =>
      changeAtOnce(parts, effect, async ({ token, how, deadlineMs }) => {
        const { clean, lsn, timeline } = await database.stop({ how, deadlineMs });
        return { type: 'databaseStopped', token, clean, lsn, timeline };
      }),
    promoteDatabase: (effect) =>
      change(parts, effect, async ({ token, deadlineMs }) => {
        const { timeline, lsn } = await database.promote({ deadlineMs });
        return { type: 'databasePromoted', token, timeline, lsn };
      }),
    setSynchronous: (effect) =>
      change(parts, effect, async ({ token, deadlineMs }) => {
        const { lsn } = await database.setSynchronous({ deadlineMs });
        return { type: 'synchronousProved', token, lsn };
      }),
    clearSynchronous: (effect) =>
      changeAtOnce(parts, effect, async ({ token, deadlineMs }) => {
        await database.clearSynchronous({ deadlineMs });
        return { type: 'synchronousCleared', token };
      }),
    admitClients: (effect) =>
      change(parts, effect, async ({ token, deadlineMs }) => {
        await database.admitClients({ deadlineMs });
        return { type: 'clientsAdmitted', token };
      }),
  };
}

type DatabaseWork = 'checkpointDatabase' | 'keepDivergence' | 'rewindDatabase' | 'cloneDatabase';

function workExecutors(parts: Parts): Pick<Executors, DatabaseWork> {
  const { database } = parts;
  return {
    checkpointDatabase: (effect) =>
      run(parts.resources.checkpoint, effect, async ({ token, deadlineMs }) => {
        await database.checkpoint({ deadlineMs });
        return { type: 'databaseCheckpointed', token };
      }),
    keepDivergence: (effect) =>
      change(parts, effect, async ({ token, deadlineMs }) => {
        const { kept } = await database.keepDivergence({ deadlineMs });
        return { type: 'divergenceKept', token, kept };
      }),
    rewindDatabase: (effect) =>
      change(parts, effect, async ({ token, deadlineMs }) => {
        await database.rewind({ deadlineMs });
        return { type: 'databaseRewound', token };
      }),
    cloneDatabase: (effect) =>
      change(parts, effect, async ({ token, deadlineMs }) => {
        await database.clone({ deadlineMs });
        return { type: 'databaseCloned', token };
      }),
  };
}

type Work<E> = (effect: E) => Promise<Happening>;
type Limited = EffectWithToken & { readonly deadlineMs: number };

function change<E extends Limited>(parts: Parts, effect: E, work: Work<E>): void {
  run(parts.resources.database, effect, observed(parts, work));
}

/** Does not wait for what is under way: these are the ways out of it. */
function changeAtOnce<E extends Limited>(parts: Parts, effect: E, work: Work<E>): void {
  run(parts.resources.database, effect, observed(parts, work), true);
}

/** What was seen of the database before a change ended says nothing about it afterwards. */
function observed<E>({ databaseWatch }: Parts, work: Work<E>): Work<E> {
  return async (effect) => {
    try {
      return await work(effect);
    } finally {
      databaseWatch.changed();
    }
  };
}

function portExecutors(
  parts: Parts,
): Pick<Executors, 'probe' | 'raiseServicePort' | 'lowerServicePort'> {
  const { servicePort, announcing, log } = parts;

  async function verifyAnnouncement(): Promise<void> {
    const { probes, probeRoundMs } = parts.settings();
    const request = { askReferences: true, askService: false, askPeerOnHeartbeatPort: false };
    const { answeredReferences } = await servicePort.probe({
      ...request,
      probes,
      roundMs: probeRoundMs,
    });
    const seen = { references: answeredReferences.join(' ') };
    if (answeredReferences.length > 0) log.history('info', 'servicePortVerified', seen);
    else
      log.history('warning', 'servicePortUnverified', {
        text: 'no reference answered after the address was put on',
      });
  }

  return {
    probe: ({ token, askService, askPeerOnHeartbeatPort }) => {
      const { probes, probeRoundMs } = parts.settings();
      const task = { token, effect: 'probe', deadlineMs: probeRoundMs * 2 + 500 };
      parts.resources.probe.run({
        ...task,
        async work() {
          const request = {
            askReferences: true,
            askService,
            askPeerOnHeartbeatPort,
            probes,
            roundMs: probeRoundMs,
          };
          return { type: 'probeRoundDone', token, result: await servicePort.probe(request) };
        },
      });
    },
    raiseServicePort: (effect) =>
      run(parts.resources.servicePort, effect, ({ token, address }) => {
        const port = servicePort.raise({ address });
        if (address) {
          announcing.start();
          void verifyAnnouncement();
        }
        return Promise.resolve({ type: 'servicePortRaised', token, port });
      }),
    lowerServicePort: (effect) =>
      run(parts.resources.servicePort, effect, ({ token, link }) => {
        announcing.stop();
        return Promise.resolve({
          type: 'servicePortLowered',
          token,
          port: servicePort.lower({ link }),
        });
      }),
  };
}

type OfArbiter = 'publishEpoch' | 'claimEpoch' | 'enterEpoch' | 'fencePeer' | 'unfencePeer';

type ForArbiter = Pick<Parts, 'arbiter'> & { readonly resources: Pick<Resources, 'arbiter'> };

/** What asks the arbiter outside the pair. */
export function arbiterExecutors({ arbiter, resources }: ForArbiter): Pick<Executors, OfArbiter> {
  return {
    publishEpoch: (effect) =>
      run(resources.arbiter, effect, async () => arbiter.publishEpoch(effect)),
    claimEpoch: (effect) => run(resources.arbiter, effect, async () => arbiter.claimEpoch(effect)),
    enterEpoch: (effect) => run(resources.arbiter, effect, async () => arbiter.enterEpoch(effect)),
    // Whoever switches the peer off has nothing to wait for: an order to switch it on again may be under way for long.
    fencePeer: (effect) =>
      run(resources.arbiter, effect, async () => arbiter.fencePeer(effect), true),
    unfencePeer: (effect) =>
      run(resources.arbiter, effect, async () => arbiter.unfencePeer(effect)),
  };
}

/** Queues an effect at its resource; a refusal or a missed deadline answers it with `effectFailed`. */
function run<E extends Limited>(
  resource: Resource,
  effect: E,
  work: Work<E>,
  urgent = false,
): void {
  const { token, type, deadlineMs } = effect;
  resource.run({ token, effect: type, deadlineMs, urgent, work: () => work(effect) });
}
