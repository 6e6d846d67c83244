// What the agent tells of itself: the core's summary with the figures of the parts around it. Times are UTC text here;
// people are shown their own zone by the command line.
import type { DatabaseObservation } from '../core/events.ts';
import type { State } from '../core/state.ts';
import { summarize } from '../core/summary.ts';
import type { Summary } from '../core/summary.ts';
import { monotonicMs } from '../kernel/clock.ts';
import { startReasonText } from './bootRecord.ts';
import type { Box } from './box.ts';
import type { PathStatistics } from './heartbeatPaths.ts';
import type { RecordAtStart } from './recordAtStart.ts';

export type PathStatus = Omit<PathStatistics, 'lastReceivedAt' | 'since'> & {
  readonly since: string;
  readonly lastReceived: string | null;
};
export type StatusJson = ReturnType<typeof statusOf>;

/** A value that JSON can carry: log positions are decimal strings. */
export function statusOf(box: Box, found: RecordAtStart) {
  const { loop, ground, watchdog, servicePort, paths } = box;
  const now = monotonicMs();
  const state = loop.state();
  const settings = loop.settings();
  const { sinceMs, modeSinceMs, silentMs, maintenanceLeftMs, lastChange, ...summary } = summarize(
    state,
    settings,
    now,
  );
  const ago = (ms: number): string => utc(Date.now() - ms);
  return {
    node: ground.config.node.name,
    nodeId: ground.identity.nodeId,
    pair: ground.identity.pairId,
    arbiter: settings.arbiter,
    arbiterStatus: box.arbiter.status(),
    ...summary,
    since: ago(sinceMs),
    modeSince: utc(modeBeganAt(state, found) ?? Date.now() - modeSinceMs),
    lastRoleChange: box.roles.last(),
    lastChange: lastChange === null ? null : { ...lastChange, at: ago(lastChange.agoMs) },
    lastContact: silentMs === null ? null : ago(silentMs),
    silentMs,
    maintenanceUntil: maintenanceLeftMs === null ? null : utc(Date.now() + maintenanceLeftMs),
    recordProblem: found.problem,
    stateProblem: box.statePartition.problem(),
    heartbeatProblem: box.heartbeatPort.problem(),
    ...problemWords(found, { ...summary, alarms: [...summary.alarms, ...troubles(box)] }),
    record: state.record === null ? null : { ...state.record, lsn: state.record.lsn.toString() },
    pairKey: box.keys.status(),
    paths: paths.statistics().map((path) => pathStatus(path, ago, now)),
    database: { ...databaseStatus(state.database), problem: databaseProblem(box) },
    databaseFindings: box.care.findings().map(({ name, text }) => ({ name, text })),
    databaseFigures: box.care.figures(),
    pairingPause: box.care.pairingPause(),
    guardian: guardianStatus(box),
    boot: bootStatus(box),
    preferred: settings.preferred,
    failback: box.inForce().stability.failback,
    quarantine: box.quarantine.state(),
    port: { device: ground.config.service.port, ...state.port },
    portProblems: servicePort.refusedSettings(),
    ports: box.portWatch.ports(),
    watchdog: {
      armed: watchdog.armed,
      effectiveMs: watchdog.effectiveMs,
      name: watchdog.identity,
      problem: watchdog.problem,
      /** What was asked for; drivers round it. */
      wantedMs: ground.config.watchdog.timeoutMs,
      pretimeoutMs: watchdog.pretimeoutMs,
      noWayOut: watchdog.noWayOut,
      lastReset: watchdog.lastReset,
    },
    peerStatus: peerStatus(state.contact.standing),
    flight: box.flight.figures(),
    agentStart: state.agentStart,
    pid: process.pid,
  };
}

function bootStatus({ boot }: Box) {
  const { reason, boots, agentStarts, unexpectedInRow } = boot;
  return { reason, text: startReasonText[reason], boots, agentStarts, unexpectedInRow };
}

/** The services and hooks of this box; null where none are configured. */
export function guardianStatus({ guardian }: Box) {
  const status = guardian.status();
  if (status === null) return null;
  const { services, ...rest } = status;
  return {
    ...rest,
    services: services.map(({ forMs, ...service }) => ({
      ...service,
      since: utc(Date.now() - forMs),
    })),
  };
}

/** What the parts around the core know to be wrong, as alarms beside those of the core. */
function troubles(box: Box): readonly string[] {
  const { database } = box.loop.state();
  const known = [
    databaseProblem(box) !== null && !database.running ? 'databaseFault' : '',
    box.statePartition.problem() === null ? '' : 'statePartition',
    box.heartbeatPort.problem() === null ? '' : 'heartbeatPort',
    box.watchdog.problem === null ? '' : 'watchdog',
    box.quarantine.state() === null ? '' : 'quarantined',
    box.care.pairingPause() === null ? '' : 'pairingPaused',
    ...box.care.findings().map(({ name }) => name),
    ...box.guardian.alarms(),
    isFenceTroubled(box) ? 'fenceDevice' : '',
    ...new Set(box.paths.statistics().flatMap(({ alarms }) => alarms)),
  ].filter((name) => name !== '');
  return known.filter((name) => !Object.hasOwn(box.loop.state().alarms, name));
}

/** A power switch that fails is news before it is needed. */
function isFenceTroubled({ arbiter }: Box): boolean {
  const { type, problem } = arbiter.status();
  return type === 'fence' && problem !== null;
}

/** What keeps the database from being used, as closely as it is known. */
function databaseProblem({ loop, database, ground }: Box): DatabaseObservation['problem'] {
  const { record, database: seen } = loop.state();
  const own = record?.databaseSystemId;
  if (own !== undefined && seen.systemId !== null && own !== seen.systemId) {
    const { dataDirectory } = ground.config.database;
    const text = `the data in ${dataDirectory} is of another cluster (${seen.systemId}) than the record of this box (${own})`;
    return { code: 'DATABASE_FOREIGN', text };
  }
  return seen.problem ?? (seen.running ? null : database.hindrance());
}

/** A record that cannot be used is not the same as none: the core only knows that it has nothing to go by. */
function problemWords(
  { problem }: RecordAtStart,
  {
    reason,
    reasonCode,
    waitingFor,
    alarms,
  }: Pick<Summary, 'reason' | 'reasonCode' | 'waitingFor' | 'alarms'>,
) {
  if (problem === null) return { reason, reasonCode, waitingFor, alarms };
  const { code, text } = problem;
  const remedy = 'an operator must restore the record or set this box up anew';
  return {
    reason: text,
    reasonCode: code,
    waitingFor: remedy,
    alarms: [...alarms, 'recordUnusable'],
  };
}

/** The reign that the agent found at its start is older than the agent. */
function modeBeganAt(state: State, found: RecordAtStart): number | null {
  const isTheOneFound = state.record !== null && state.record === found.record;
  return isTheOneFound ? found.writtenAt : null;
}

type Standing = NonNullable<ReturnType<Box['loop']['state']>['contact']['standing']>;

/** What the peer said last. */
function peerStatus(said: Standing | null) {
  if (said === null) return null;
  const { stateName, record, eligible, fitness, preferred, database } = said;
  return {
    state: stateName,
    epoch: record?.epoch ?? null,
    mode: record?.mode ?? null,
    holder: record?.holder ?? null,
    eligible,
    fitness,
    preferred,
    lsn: database.lsn?.toString() ?? null,
    timeline: database.timeline,
    receiving: database.receiving,
  };
}

function databaseStatus(database: DatabaseObservation) {
  const { lsn, standbyFlushLsn } = database;
  const lagBytes =
    lsn === null || standbyFlushLsn === null ? null : Math.max(0, Number(lsn - standbyFlushLsn));
  return {
    ...database,
    lsn: lsn?.toString() ?? null,
    standbyFlushLsn: standbyFlushLsn?.toString() ?? null,
    /** How far the standby's disk is behind the end of the primary's log. */
    lagBytes,
  };
}

function pathStatus(path: PathStatistics, ago: (ms: number) => string, now: number): PathStatus {
  const { lastReceivedAt, since, ...figures } = path;
  return {
    ...figures,
    since: ago(now - since),
    jitterMs: Math.round(path.jitterMs * 10) / 10,
    lastReceived: lastReceivedAt === null ? null : ago(now - lastReceivedAt),
  };
}

function utc(ms: number): string {
  return new Date(ms).toISOString();
}
