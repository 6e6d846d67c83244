// The parts of a running agent, opened around the loop that decides. Everything that happens outside becomes a happening
// for the loop; everything that the core wants goes through the executors.
import { formatInterfaceAddress } from '../config/address.ts';
import type { Config } from '../config/config.ts';
import type { Report } from '../core/effects.ts';
import type { Reason } from '../core/reasons.ts';
import type { Settings } from '../core/settings.ts';
import { openDatabase } from '../io/database/database.ts';
import type { Database } from '../io/database/database.ts';
import { openServicePort } from '../io/link/servicePort.ts';
import type { ServicePort } from '../io/link/servicePort.ts';
import { openRecordStore } from '../io/record/recordStore.ts';
import type { RecordStore } from '../io/record/recordStore.ts';
import type { Watchdog } from '../io/watchdog/watchdog.ts';
import { monotonicMs } from '../kernel/clock.ts';
import { openAnnouncing } from './announcing.ts';
import type { Announcing } from './announcing.ts';
import type { Arbiter } from './arbiter.ts';
import type { BootRecord } from './bootRecord.ts';
import { rebootAtOnce } from './boxReset.ts';
import { openCommands } from './commands.ts';
import { openConfigurations } from './configurations.ts';
import type { Configurations } from './configurations.ts';
import type { Commands } from './commands.ts';
import { openDatabaseCare } from './databaseCare.ts';
import type { DatabaseCare } from './databaseCare.ts';
import { openDatabaseWatch } from './databaseWatch.ts';
import type { DatabaseWatch } from './databaseWatch.ts';
import { effectPerformer } from './executors.ts';
import type { Resources } from './executors.ts';
import { FlightRecorder } from './flightRecorder.ts';
import { databaseOptionsOf } from './ground.ts';
import type { PairGround } from './ground.ts';
import { openPortWatch } from './portWatch.ts';
import type { PortWatch } from './portWatch.ts';
import { openArbiter } from './openArbiter.ts';
import { guardianDescription } from './guardianDescription.ts';
import { GuardianKeeper } from './guardianKeeper.ts';
import { wordsOf } from './guardianProcess.ts';
import { syncSecrets } from './syncDescription.ts';
import { openKeys } from './openKeys.ts';
import type { HeartbeatPaths } from './heartbeatPaths.ts';
import type { KeyExchange } from './keyExchange.ts';
import type { HeartbeatPort } from './heartbeatPort.ts';
import type { Log } from './log.ts';
import type { Happening } from './mailbox.ts';
import { noteCarriers, openPaths } from './openPaths.ts';
import { openQuarantine } from './quarantine.ts';
import type { Quarantine } from './quarantine.ts';
import { openReportLog, reasonFields } from './reporting.ts';
import { openRoleHistory } from './roleHistory.ts';
import type { RoleChange, RoleHistory } from './roleHistory.ts';
import { openResource } from './resource.ts';
import { watchStatePartition } from './statePartition.ts';
import type { StatePartition } from './statePartition.ts';
import { openStepLoop } from './stepLoop.ts';
import type { StepLoop } from './stepLoop.ts';

/** A look at the database that takes longer says that it does not answer. */
export const observeDeadlineMs = 400;

/** However calm it is: how soon a standby sees that the primary's log goes further rests on it. */
const mostObservationMs = 200;

/** More than the core ever asks for at once of one resource. */
const queueLimit = 8;

export type Box = {
  readonly ground: PairGround;
  /** The configuration with what reloads have taken over since the start. */
  readonly inForce: () => Config;
  readonly putInForce: (config: Config) => void;
  readonly log: Log;
  readonly watchdog: Watchdog;
  readonly loop: StepLoop;
  readonly flight: FlightRecorder;
  readonly records: RecordStore;
  readonly database: Database;
  readonly care: DatabaseCare;
  /** How the agent came up. */
  readonly boot: BootRecord;
  readonly quarantine: Quarantine;
  readonly servicePort: ServicePort;
  /** Both ports as people are shown them. */
  readonly portWatch: PortWatch;
  readonly paths: HeartbeatPaths;
  readonly keys: KeyExchange;
  readonly configurations: Configurations;
  readonly heartbeatPort: HeartbeatPort;
  readonly statePartition: StatePartition;
  readonly commands: Commands;
  readonly announcing: Announcing;
  readonly arbiter: Arbiter;
  readonly guardian: GuardianKeeper;
  readonly roles: RoleHistory;
  /** Begins to look at the database; before that nothing is observed by itself. */
  watchDatabase(): void;
  /** Ends everything that runs by itself; PostgreSQL and the addresses stay as they are. */
  close(): void;
};

export type BoxOptions = {
  readonly ground: PairGround;
  readonly settings: Settings;
  readonly log: Log;
  readonly watchdog: Watchdog;
  readonly roleChange: RoleChange | null;
  readonly boot: BootRecord;
  readonly broken: (error: unknown) => void;
};

export function openBox(options: BoxOptions): Box {
  const { ground, log, watchdog } = options;
  const post = postNoting(
    () => speech.paths,
    (happening) => loop.post(happening),
  );
  const watch = lateWatch();
  const { flight, records } = openStores(ground);
  const { servicePort, portWatch } = openPorts(ground.config, post);
  const announcing = openAnnouncing(() => servicePort.announce());
  const database = openOwnDatabase(ground, log, post, watch);
  const keys = openKeys(ground, log, database, () => ({ paths: speech.paths, loop, guardian }));
  const care = openCare(options, database, watch, () => commands);
  const speech = openSpeech(ground, log, post, keys);
  const commands = openCommands(post);
  const arbiter = openArbiter({ ground, log, paths: speech.paths, state: () => loop.state() });
  const roles = openRoleHistory(log, options.roleChange);
  const perform = effectPerformer({
    log,
    paths: speech.paths,
    records,
    database,
    databaseWatch: watch,
    servicePort,
    announcing,
    arbiter,
    resources: openResources(post, log),
    settings: () => loop.settings(),
    ...resetter(log, watchdog, servicePort),
    answerCommand: commands.answer,
    report: reportsTo(log, roles),
  });
  const loop = openStepLoop({
    settings: options.settings,
    perform,
    look: () => servicePort.refresh(),
    decided: (state) => guardian.follow(state),
    flight,
    late: (lateByMs) => log.line('warning', 'loopLate', { lateByMs: Math.round(lateByMs) }),
    broken: options.broken,
  });
  const guardian = openGuardian(ground, log, (fit) => loop.post({ type: 'servicesObserved', fit }));
  const statePartition = watchStatePartition(ground.config.state.directory, log);
  const closing = [portWatch, guardian, care, statePartition, arbiter, keys];
  return {
    loop,
    flight,
    records,
    ...speech,
    statePartition,
    database,
    servicePort,
    portWatch,
    keys,
    commands,
    announcing,
    arbiter,
    guardian,
    roles,
    care,
    ...givenParts(options, loop),
    watchDatabase: () => watch.begin({ database, care, loop, log }),
    close() {
      loop.halt();
      for (const part of [watch, announcing]) part.stop();
      for (const part of [speech.heartbeatPort, speech.paths]) part.close();
      for (const part of [...closing, servicePort, database]) void part.close();
    },
  };
}

type GivenParts = Pick<Box, 'ground' | 'log' | 'watchdog' | 'boot' | 'quarantine'>;

function givenParts({ boot, ground, log, watchdog }: BoxOptions, loop: StepLoop): GivenParts {
  const { unexpectedStarts, quarantineMs } = ground.config.stability;
  const quarantine = openQuarantine({ loop, log, start: boot, unexpectedStarts, quarantineMs });
  return { ground, log, watchdog, boot, quarantine };
}

function openGuardian(
  { config, keys }: PairGround,
  log: Log,
  fitnessChanged: (fit: boolean) => void,
): GuardianKeeper {
  const description = guardianDescription(config);
  const secrets = syncSecrets(keys);
  return new GuardianKeeper({
    words: wordsOf('guardian'),
    description,
    secrets,
    log,
    fitnessChanged,
  });
}

function openStores(ground: PairGround): Pick<Box, 'flight' | 'records'> {
  const records = openRecordStore(ground.config.state.directory);
  return { records, flight: openFlight(ground) };
}

function openFlight({ config }: PairGround): FlightRecorder {
  return new FlightRecorder({
    stateDirectory: config.state.directory,
    node: config.node.name,
    wallOffsetMs: () => Date.now() - monotonicMs(),
  });
}

function configInForce(atStart: Config): Pick<Box, 'inForce' | 'putInForce'> {
  let config = atStart;
  return {
    inForce: () => config,
    putInForce(changed) {
      config = changed;
    },
  };
}

function reportsTo(log: Log, roles: RoleHistory): (report: Report) => void {
  const logged = openReportLog(log);
  return (report) => {
    logged(report);
    roles.note(report);
  };
}

type LateWatch = Omit<DatabaseWatch, 'setInterval' | 'changed'> & {
  readonly setInterval: (intervalMs: number) => void;
  readonly changed: () => void;
  readonly lookSoon: (afterMs: number) => void;
  readonly begin: (parts: Pick<Box, 'database' | 'care' | 'loop' | 'log'>) => void;
};

/** The watch of the database is there from the beginning, and looks only from `begin` on. */
function lateWatch(): LateWatch {
  let watch: DatabaseWatch | null = null;
  return {
    setInterval: (intervalMs) => watch?.setInterval(Math.min(intervalMs, mostObservationMs)),
    changed: () => watch?.changed(),
    stop: () => watch?.stop(),
    lookSoon: (afterMs) => void setTimeout(() => watch?.changed(), afterMs).unref(),
    begin({ database, care, loop, log }) {
      watch = openDatabaseWatch({
        intervalMs: mostObservationMs,
        observe: () => database.observe(observeDeadlineMs),
        deliver: (look) =>
          loop.post({ type: 'databaseObserved', database: care.judged(look, loop.state()) }),
        failed: (error) => log.line('warning', 'databaseNotObserved', { text: String(error) }),
      });
    },
  };
}

function openOwnDatabase(
  ground: PairGround,
  log: Log,
  post: (happening: Happening) => void,
  watch: LateWatch,
): Database {
  return openDatabase(
    databaseOptionsOf(ground.config, ground.key, {
      onExit: (exit) => {
        log.history('warning', 'databaseExited', exit);
        post({ type: 'databaseExited' });
        watch.changed();
      },
      onProgress: (progress) => log.line('info', 'databaseProgress', progress),
    }),
  );
}

function openCare(
  { ground, log }: BoxOptions,
  database: Database,
  watch: LateWatch,
  commands: () => Commands,
): DatabaseCare {
  return openDatabaseCare({
    database,
    log,
    longestPauseMs: ground.config.stability.pairingPauseMs,
    lookAgain: watch.lookSoon,
    handOver: () => {
      const said = commands().give({ type: 'switchover' }, handOverDeadlineMs);
      said.then(
        (verdict) => log.history('info', 'diskHandover', verdict),
        (error: unknown) => log.history('warning', 'diskHandover', { text: String(error) }),
      );
    },
  });
}

const handOverDeadlineMs = 120_000;

type Resetter = {
  readonly kickWatchdog: () => void;
  readonly resetBox: (reason: Reason) => void;
};

/** Kicks until a reset was asked for, and never again: where the kernel may not be asked, the watchdog resets the box. */
function resetter(log: Log, watchdog: Watchdog, servicePort: ServicePort): Resetter {
  let isResetting = false;
  return {
    kickWatchdog() {
      if (!isResetting) watchdog.kick();
    },
    resetBox(reason) {
      isResetting = true;
      log.history('error', 'boxReset', { ...reasonFields(reason), watchdog: watchdog.armed });
      lowerQuietly(servicePort, log);
      rebootAtOnce();
    },
  };
}

/** Links that come and go are news to the core, and to what people are told of the paths. */
function postNoting(
  paths: () => HeartbeatPaths,
  post: (happening: Happening) => void,
): (happening: Happening) => void {
  return (happening) => {
    noteCarriers(paths(), happening);
    post(happening);
  };
}

function openPorts(
  { service, heartbeat }: Config,
  post: (happening: Happening) => void,
): Pick<Box, 'servicePort' | 'portWatch'> {
  const devices = [
    ['service', service.port],
    ['heartbeat', heartbeat.port],
  ] as const;
  const portWatch = openPortWatch({ devices, now: monotonicMs });
  const servicePort = openServicePort({
    device: service.port,
    addresses: service.addresses.map(formatInterfaceAddress),
    references: service.references,
    heartbeatDevice: heartbeat.port,
    heartbeatPeer: heartbeat.peer,
    onPortChange: (port) => post({ type: 'servicePortChanged', port }),
    onHeartbeatCarrier: (carrier) => post({ type: 'heartbeatCarrierChanged', carrier }),
    onForeignClaim: (mac, _address, how) => post({ type: 'addressClaimed', mac, how }),
  });
  return { servicePort, portWatch };
}

type Speech = Pick<Box, 'paths' | 'heartbeatPort' | 'configurations' | 'inForce' | 'putInForce'>;

/** What is said to the other box, and what is shown to it of the configuration in force. */
function openSpeech(
  ground: PairGround,
  log: Log,
  post: (happening: Happening) => void,
  keys: KeyExchange,
): Speech {
  const given = configInForce(ground.config);
  const configurations = openConfigurations(ground, keys, given.inForce, () => opened.paths);
  const opened = openPaths(ground, log, post, keys, configurations.take);
  return { ...given, ...opened, configurations };
}

function openResources(deliver: (happening: Happening) => void, log: Log): Resources {
  const logLine = (event: string, detail: Readonly<Record<string, string | number>>): void =>
    log.line('warning', event, detail);
  const common = { queueLimit, deliver, log: logLine };
  return {
    record: openResource({ name: 'record', abandons: false, ...common }),
    database: openResource({ name: 'database', abandons: true, ...common }),
    checkpoint: openResource({ name: 'checkpoint', abandons: true, ...common }),
    servicePort: openResource({ name: 'servicePort', abandons: true, ...common }),
    probe: openResource({ name: 'probe', abandons: true, ...common }),
    arbiter: openResource({ name: 'arbiter', abandons: true, ...common }),
  };
}

/** Takes the service addresses off where nothing may go wrong any more because of a refusal. */
export function lowerQuietly(servicePort: ServicePort, log: Log): void {
  try {
    servicePort.lower({ link: false });
  } catch (error) {
    log.history('error', 'addressNotLowered', { text: String(error) });
  }
}
