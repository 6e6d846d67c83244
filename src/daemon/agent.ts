// The agent from its first breath to its last: what must not be late comes first (lock, real-time priority, watchdog,
// record), then the ports and the database are looked at, and only then is anything decided.
import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { toCoreSettings } from '../config/coreSettings.ts';
import type { DatabaseObservation } from '../core/events.ts';
import { checkSettings } from '../io/database/reconfigure.ts';
import { openErrorStream } from '../io/events/errorStream.ts';
import { openEventLog } from '../io/events/eventLog.ts';
import { openWatchdog } from '../io/watchdog/watchdog.ts';
import type { Watchdog } from '../io/watchdog/watchdog.ts';
import { monotonicMs } from '../kernel/clock.ts';
import { setRealtime } from '../kernel/scheduler.ts';
import { openInitSystem } from '../kernel/initSystem.ts';
import type { InitSystem } from '../kernel/initSystem.ts';
import { takeAgentLock } from './agentLock.ts';
import { bootId, noteStart } from './bootRecord.ts';
import { lowerQuietly, observeDeadlineMs, openBox } from './box.ts';
import type { Box } from './box.ts';
import { openControl } from './control/control.ts';
import { asInput, asInputLater, makeStateDirectory, readPairGround } from './ground.ts';
import type { PairGround } from './ground.ts';
import { openLog } from './log.ts';
import type { Log } from './log.ts';
import { readMaintenance } from './maintenanceStore.ts';
import { recordAtStart } from './recordAtStart.ts';
import type { RecordAtStart } from './recordAtStart.ts';
import { reloader } from './reload.ts';
import { lastRoleChange } from './roleHistory.ts';
import { shutDownBox } from './shutdown.ts';
import { supervisedBy } from './supervision.ts';

const realtimePriority = 10;
const flushMs = 500;

/**
 * A disk that hangs keeps a thread of the pool for each write: both copies of the record, history, flight record, the look at
 * the state partition. As many again are left for the log and the looks at the database. Read when the pool is first used.
 */
const poolThreads = '10';

/** Exit status of a broken invariant, EX_SOFTWARE of sysexits.h: the init system starts the agent again. */
const brokenInvariant = 70;

/** Runs until it is told to stop; returns the exit status. Throws HotpairError where it cannot start. */
export async function runAgent(configPath: string): Promise<number> {
  process.env['UV_THREADPOOL_SIZE'] ??= poolThreads;
  const ground = readPairGround(configPath);
  const { state, log: logging } = ground.config;
  makeStateDirectory(state.directory);
  const lock = takeAgentLock(state.runDirectory);
  const log = openLog(openErrorStream(), openEventLog(state.directory), logging.level);
  const realtime = setRealtime(realtimePriority);
  if (!realtime.granted) log.history('warning', 'realtimeRefused', { errno: realtime.errno });
  const initSystem = openInitSystem(process.env, monotonicMs);
  const device = asInput(() => openWatchdog(ground.config.watchdog));
  const watchdog = supervisedBy(device, initSystem);
  try {
    return await asInputLater(async () => live(ground, log, watchdog, initSystem));
  } catch (error) {
    // A refusal at the start must not end in a reset of the box, again and again.
    watchdog.disarm();
    throw error;
  } finally {
    await log.flush(flushMs);
    lock.release();
  }
}

async function live(
  ground: PairGround,
  log: Log,
  watchdog: Watchdog,
  initSystem: InitSystem,
): Promise<number> {
  const effectiveMs = watchdog.armed ? watchdog.effectiveMs : ground.config.watchdog.timeoutMs;
  const settings = toCoreSettings(ground.config, effectiveMs, ground.identity);
  let last: Box | null = null;
  const broken = (error: unknown): void => crash(error, last);
  process.on('uncaughtException', broken);
  process.on('unhandledRejection', broken);
  // A setting that PostgreSQL does not know would keep it from every later change of its settings.
  const {
    dataDirectory,
    user,
    binDirectory = null,
    settings: extraSettings,
  } = ground.config.database;
  await checkSettings({ dataDirectory, user, binDirectory, extraSettings });
  watchdog.kick();
  const { directory } = ground.config.state;
  const roleChange = await lastRoleChange(directory);
  const boot = await noteStart(directory, bootId(), byWatchdog(watchdog));
  const box = openBox({ ground, settings, log, watchdog, roleChange, boot, broken });
  last = box;
  watchdog.kick();
  logStart(box);
  const found = await recordAtStart(box.records, ground.identity, log);
  watchdog.kick();
  const database = await settleDatabase(box, found.problem !== null);
  watchdog.kick();
  const { servicePort, loop } = box;
  box.watchDatabase();
  loop.post({
    type: 'agentStarted',
    agentStart: randomBytes(8).toString('hex'),
    record: found.record,
    database,
    port: servicePort.state(),
    heartbeatCarrier: servicePort.heartbeatCarrier(),
  });
  box.guardian.begin();
  await resumeMaintenance(box);
  const quarantine = beginQuarantine(box, found);
  try {
    return await untilStopped(box, found, initSystem);
  } finally {
    quarantine.close();
  }
}

/** Null where the device tells nothing of the last reset. */
function byWatchdog({ lastReset }: Watchdog): boolean | null {
  return lastReset === null ? null : lastReset.includes('watchdog');
}

/** The row of unexpected starts ends with a run that lasts; the quarantine of a long row begins here. */
function beginQuarantine(box: Box, { record }: RecordAtStart): { close(): void } {
  const { steadyAfterMs } = box.ground.config.stability;
  const steady = setTimeout(() => void box.boot.noteSteady(), steadyAfterMs);
  steady.unref();
  // Whoever held the service last is the only one who may hold it alone.
  box.quarantine.begin(record !== null && record.holder === box.ground.identity.nodeId);
  return {
    close() {
      clearTimeout(steady);
      box.quarantine.close();
    },
  };
}

/** What runs is looked at before anything is decided; nothing is left on the port that nobody stands behind. */
async function settleDatabase(box: Box, unusableRecord: boolean): Promise<DatabaseObservation> {
  const { database, servicePort, log, ground } = box;
  const observed = await database.observe(observeDeadlineMs);
  if (!observed.running) lowerQuietly(servicePort, log);
  if (!unusableRecord || !observed.running) return observed;
  lowerQuietly(servicePort, log);
  const { shutdownDeadlineMs } = ground.config.database;
  const kicking = setInterval(() => box.watchdog.kick(), shutdownDeadlineMs / 20);
  try {
    await database.stop({ how: 'now', deadlineMs: shutdownDeadlineMs });
  } finally {
    clearInterval(kicking);
  }
  return database.observe(observeDeadlineMs);
}

async function resumeMaintenance({ ground, loop }: Box): Promise<void> {
  const now = Date.now();
  const until = await readMaintenance(ground.config.state.directory, now);
  if (until === null) return;
  const untilMs = monotonicMs() + (until - now);
  loop.post({ type: 'operatorCommanded', commandId: 0, command: { type: 'maintenance', untilMs } });
}

function logStart({ log, ground, watchdog, servicePort, boot }: Box): void {
  const { config, identity, warnings } = ground;
  for (const warning of warnings) log.line('warning', 'configWarning', { text: warning });
  for (const refused of servicePort.refusedSettings())
    log.history('warning', 'portSettingRefused', { refused });
  if (watchdog.problem !== null)
    log.history('warning', 'watchdogProblem', { text: watchdog.problem });
  const { armed, effectiveMs, identity: watchdogName, lastReset } = watchdog;
  log.history('info', 'agentStarting', {
    node: config.node.name,
    nodeId: identity.nodeId,
    pairId: identity.pairId,
    pid: process.pid,
    start: boot.reason,
    boots: boot.boots,
    agentStarts: boot.agentStarts,
    unexpectedInRow: boot.unexpectedInRow,
    watchdog: armed ? { name: watchdogName, effectiveMs, lastReset } : null,
  });
}

async function untilStopped(
  box: Box,
  found: RecordAtStart,
  initSystem: InitSystem,
): Promise<number> {
  const { log, watchdog } = box;
  const reload = reloader(box);
  const wishes = stopWishes();
  const control = await openControl({ box, found, stop: wishes.wish });
  process.on('SIGHUP', reload);
  initSystem.ready();
  try {
    const wish = await wishes.first;
    log.history('info', 'agentStopping', { wish, text: stopText[wish] });
    // Nobody decides any more from here on, so nobody would kick.
    box.loop.halt();
    watchdog.disarm();
    if (wish === 'shutdown') await shutDownBox(box);
    await box.boot.noteStop();
    return 0;
  } finally {
    process.off('SIGHUP', reload);
    control.close();
    box.close();
    await box.flight.close(flushMs);
  }
}

export type StopWish = 'stop' | 'shutdown';

const stopText = {
  stop: 'the agent stops alone: PostgreSQL and the service addresses stay as they are, nobody watches them',
  shutdown: 'the box is shut down: PostgreSQL is stopped and the service addresses are taken off',
} as const satisfies Record<StopWish, string>;

type StopWishes = { readonly first: Promise<StopWish>; readonly wish: (wish: StopWish) => void };

/** Where wishes to end come together: signals and the control socket. The first counts. */
function stopWishes(): StopWishes {
  const { promise, resolve } = Promise.withResolvers<StopWish>();
  const stop = (): void => resolve('stop');
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  return { first: promise, wish: resolve };
}

/** The process ends at once: a state that broke an invariant must not decide anything more. */
function crash(error: unknown, box: Box | null): never {
  const kept = box?.flight.crash(error) ?? { problem: 'nothing is recorded yet' };
  const text = error instanceof Error ? error.message : String(error);
  const time = new Date().toISOString();
  try {
    // Straight to stderr: nothing that is queued is written any more.
    const line = { time, level: 'error', event: 'agentBroken', text, ...kept };
    writeSync(2, `${JSON.stringify(line)}\n`);
  } catch {
    // Nobody reads it; the flight record stays.
  }
  process.exit(brokenInvariant);
}
