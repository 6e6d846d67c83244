// All services of the box in one place: what the last guardian left is found and goes on, the others are started and stopped as
// the core asks, and everything that runs stands in the run file at any moment.
import { setTimeout as delay } from 'node:timers/promises';
import { findGroup, findUser } from '../../kernel/systemUser.ts';
import type { SystemUser } from '../../kernel/systemUser.ts';
import type { Program } from '../../kernel/programStart.ts';
import { isRunning } from '../../kernel/processes.ts';
import type { ProcessIdentity } from '../../kernel/processes.ts';
import type { FoundService } from '../../core/guardian/events.ts';
import type { ServiceDescription } from '../../protocol/guardianMessages.ts';
import { childService } from './childService.ts';
import type { Driver, DriverOptions } from './driver.ts';
import { killAll, markOfCheck, markOfService, markedProcesses, membersOf } from './members.ts';
import { watchMemory } from './memoryWatch.ts';
import type { MemoryLimit } from './memoryWatch.ts';
import { launchKey } from './runFile.ts';
import type { RunningService } from './runFile.ts';
import { boundServiceLogs, makeLogDirectory } from './serviceLog.ts';
import type { ServiceEvent } from './serviceEvent.ts';
import { supervise } from './supervised.ts';
import type { Supervised } from './supervised.ts';
import type { Kind } from './serviceRun.ts';
import { systemdService } from './systemdService.ts';
import { sysvService } from './sysvService.ts';

export type ServicesOptions = {
  readonly descriptions: readonly ServiceDescription[];
  readonly logDirectory: string;
  readonly runDirectory: string;
  /** All of a service's environment, as it is now. */
  readonly environment: (description: ServiceDescription, user: SystemUser | null) => Environment;
  readonly onEvent: (event: ServiceEvent) => void;
  /** What `running` gives has changed. */
  readonly onChange: () => void;
};

type Environment = Readonly<Record<string, string>>;

export type Services = {
  /**
   * Finds what the last guardian left running, and ends what nobody knows. Resolves within some seconds: what is no longer
   * configured is asked to stop and may take its time, in which nothing else is started, but everything is watched.
   */
  readonly begin: (left: readonly RunningService[]) => Promise<readonly FoundService[]>;
  readonly start: (service: string, token: number) => void;
  readonly stop: (service: string, token: number, kill: boolean, deadlineMs: number) => void;
  readonly main: (service: string) => ProcessIdentity | null;
  /** How a check's command runs: as the user of the service, in its directory and environment. Throws for an unknown user. */
  readonly programOfCheck: (service: string) => Omit<Program, 'command'>;
  readonly running: () => readonly RunningService[];
  /** All at once, whatever was asked of them: the time in which they might have ended in order is over. */
  readonly killAll: () => void;
  /** Everything runs on. */
  readonly close: () => void;
};

/** What hangs in the kernel must not keep the guardian from beginning. */
const killMs = 2_000;

export function openServices(options: ServicesOptions): Services {
  // No longer configured and still there. A service that was given another name wants the port that its former self holds.
  const leaving = new Set<RunningService>();
  let left: Promise<unknown> = Promise.resolve();
  const services = new Map(
    options.descriptions.map((each) => [each.name, superviseOne(options, each, () => left)]),
  );

  const running = (): readonly RunningService[] => [
    ...[...services.values()].flatMap((each) => {
      const run = each.running();
      return run === null ? [] : [{ main: run.main, description: run.kind.description }];
    }),
    ...leaving,
  ];

  const remove = async (gone: RunningService): Promise<void> => {
    leaving.add(gone);
    await endRemoved(options, gone);
    leaving.delete(gone);
    options.onChange();
  };

  const memory = watchMemory(
    options.runDirectory,
    () => [...services.values()].flatMap(memoryLimit),
    (service, token, text) => options.onEvent({ type: 'limitExceeded', service, token, text }),
  );
  const logs = boundServiceLogs(options.logDirectory, () =>
    options.descriptions.map(({ name: service, logBytes }) => ({ service, logBytes })),
  );

  return {
    running,
    async begin(before) {
      await makeLogDirectory(options.logDirectory);
      const known = new Map(before.map((each) => [each.description.name, each]));
      const marked = markedProcesses(options.runDirectory);
      const removed = before.filter(({ description }) => !services.has(description.name));
      left = Promise.all(removed.map(remove));
      const unknown = [...marked.services].filter(
        (name) => !services.has(name) && !known.has(name),
      );
      await endUnknown(options, unknown);
      await killAll(() => marked.checks.filter(isRunning), killMs);
      const found = await Promise.all(
        [...services].map(async ([name, each]) => {
          return adopt(options, each, known.get(name), !marked.services.has(name));
        }),
      );
      return found.flatMap((each) => (each === null ? [] : [each]));
    },
    start: (service, token) => services.get(service)?.start(token),
    stop: (service, token, kill, deadlineMs) =>
      services.get(service)?.stop(token, kill, deadlineMs),
    main: (service) => services.get(service)?.running()?.main ?? null,
    programOfCheck(service) {
      const each = services.get(service);
      if (each === undefined) throw new Error(`there is no service ${service}`);
      const { environment, ...rest } = surroundings(options, each.description);
      // It is no part of the service: it would be counted with it, and outlive a guardian that dies.
      const { [markOfService]: _name, ...others } = environment;
      return { ...rest, environment: { ...others, [markOfCheck]: service } };
    },
    killAll() {
      for (const each of services.values()) each.kill();
    },
    close() {
      memory.close();
      logs.close();
      for (const each of services.values()) each.close();
    },
  };
}

function superviseOne(
  options: ServicesOptions,
  description: ServiceDescription,
  mayStart: () => Promise<unknown>,
): Supervised {
  const { logDirectory, runDirectory, onEvent, onChange } = options;
  const kind = kindOf(options, description);
  return supervise({ ...kind, logDirectory, runDirectory, onEvent, onChange, mayStart });
}

function kindOf(options: ServicesOptions, description: ServiceDescription): Kind {
  return { description, driver: driverOf(options, description) };
}

function driverOf(options: ServicesOptions, description: ServiceDescription): Driver {
  const forDriver: DriverOptions = {
    description,
    logDirectory: options.logDirectory,
    program: (command) => ({ command, ...surroundings(options, rightsOf(description)) }),
  };
  const { program } = description;
  if (program.type === 'process') return childService(forDriver, program.command);
  if (program.type === 'sysv') return sysvService(forDriver, program);
  return systemdService(forDriver, program.unit);
}

/** Only root may order systemd about; as whom a unit runs is said in the unit. */
function rightsOf(description: ServiceDescription): ServiceDescription {
  const isUnit = description.program.type === 'systemd';
  return isUnit ? { ...description, user: null, group: null } : description;
}

function surroundings(
  options: ServicesOptions,
  description: ServiceDescription,
): Omit<Program, 'command'> {
  const user = userOf(description);
  return {
    user,
    directory: description.directory,
    environment: options.environment(description, user),
    openFiles: description.openFiles,
  };
}

/** The user of a service with the group that it is to have. */
function userOf({ user, group }: ServiceDescription): SystemUser | null {
  if (user === null && group === null) return null;
  const found = findUser(user ?? 'root');
  if (found === null) throw new Error(`there is no user ${user}`);
  if (group === null) return found;
  const gid = findGroup(group);
  if (gid === null) throw new Error(`there is no group ${group}`);
  return { ...found, gid };
}

async function adopt(
  options: ServicesOptions,
  service: Supervised,
  before: RunningService | undefined,
  isClear: boolean,
): Promise<FoundService | null> {
  const { description } = service;
  const kind = kindOf(options, before?.description ?? description);
  // A script or unit may run although no guardian started it; a child cannot.
  const isLookedFor = before !== undefined || description.program.type !== 'process';
  const known = before?.main ?? null;
  const found = isLookedFor ? await kind.driver.find(known) : null;
  service.adopt({ found, known, kind, isClear: isClear && before === undefined });
  if (found === null) return null;
  const isCurrent = launchKey(kind.description) === launchKey(description);
  return { service: description.name, current: isCurrent };
}

/** Nothing is in the way of what is never started. */
async function onlyStopped(): Promise<void> {}

/** A service that is no longer configured is stopped in its own way, then killed. */
async function endRemoved(options: ServicesOptions, gone: RunningService): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const kind = kindOf(options, gone.description);
  const { logDirectory, runDirectory } = options;
  const onEvent = ({ type }: ServiceEvent): void => {
    if (type === 'serviceStopped') resolve();
  };
  const mayStart = onlyStopped;
  const surrounded = { logDirectory, runDirectory, onEvent, onChange() {}, mayStart };
  const service = supervise({ ...kind, ...surrounded });
  const found = await kind.driver.find(gone.main);
  service.adopt({ found, known: gone.main, kind, isClear: false });
  const { stopDeadlineMs } = gone.description;
  service.stop(0, false, stopDeadlineMs);
  await Promise.race([promise, delay(stopDeadlineMs + killMs, null, { ref: false })]);
}

/** What carries the mark of a service that nobody knows: a guardian died in the middle of something. */
async function endUnknown(
  { runDirectory }: ServicesOptions,
  unknown: readonly string[],
): Promise<void> {
  await Promise.all(
    unknown.map(async (service) =>
      killAll(() => membersOf({ service, main: null, runDirectory }), killMs),
    ),
  );
}

function memoryLimit(service: Supervised): readonly MemoryLimit[] {
  const run = service.running();
  const { name, memoryLimitBytes: limitBytes } = service.description;
  if (run === null || limitBytes === null) return [];
  return [{ service: name, limitBytes, token: run.token, main: run.main }];
}
