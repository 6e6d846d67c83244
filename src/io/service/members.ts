// Everything that belongs to a service, and its end. A process belongs to it that is in the session of its main process, that
// carries its mark in the environment, or that was started by one of these. Kamailio whose main process was killed leaves
// children that hold its port: they go before it is started again.
import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '../../kernel/clock.ts';
import { signalProcess } from '../../kernel/processHandle.ts';
import { environmentOf, isRunning, ownLine, runningProcesses } from '../../kernel/processes.ts';
import type { ProcessIdentity, ProcessStat } from '../../kernel/processes.ts';

export type Belonging = {
  readonly service: string;
  /** Its main process, also one that has ended: its session may outlive it. */
  readonly main: ProcessIdentity | null;
  /** With the name it makes the mark: another pair of this machine may have a service of the same name. */
  readonly runDirectory: string;
};

/** The variables by which a process is known to belong to a service or to a check, wherever it went. */
export const markOfService = 'HOTPAIR_SERVICE';
export const markOfCheck = 'HOTPAIR_CHECK';
export const markOfPair = 'HOTPAIR_RUN_DIRECTORY';

const lookAgainMs = 2;
/** A search costs more than a look at those that were found. */
const firstPauseMs = 100;
const longestPauseMs = 2_000;

/** All processes at one moment, but this one and those above it, whatever they carry; environments are read when asked for. */
export type ProcessTable = {
  readonly processes: readonly ProcessStat[];
  /** The service whose mark a process carries. */
  readonly serviceOf: (process: ProcessStat) => string | null;
};

export function processTable(runDirectory: string): ProcessTable {
  const known = new Map<number, string | null>();
  return {
    processes: strangers(),
    serviceOf({ pid }) {
      const found = known.get(pid);
      if (found !== undefined) return found;
      const environment = environmentOf(pid);
      const isOurs = environment.includes(`${markOfPair}=${runDirectory}`);
      const service = isOurs ? valueOf(environment, markOfService) : null;
      known.set(pid, service);
      return service;
    },
  };
}

export function membersOf(
  { service, main, runDirectory }: Belonging,
  table = processTable(runDirectory),
): readonly ProcessStat[] {
  const { processes } = table;
  // The number of a session stays taken while it has members; with another leader it is another session.
  const leader = processes.find(({ pid }) => pid === main?.pid);
  const isOther = leader !== undefined && leader.startTime !== main?.startTime;
  const session = main === null || isOther ? null : main.pid;
  const belongs = (each: ProcessStat): boolean =>
    each.session === session || each.pid === session || table.serviceOf(each) === service;
  return withDescendants(processes.filter(belongs), processes);
}

/** The names of all services of which something runs with their mark; and the pids of checks that were left. */
export function markedProcesses(runDirectory: string): {
  readonly services: ReadonlySet<string>;
  readonly checks: readonly ProcessStat[];
} {
  const services = new Set<string>();
  const checks: ProcessStat[] = [];
  for (const each of strangers()) {
    const environment = environmentOf(each.pid);
    if (!environment.includes(`${markOfPair}=${runDirectory}`)) continue;
    const service = valueOf(environment, markOfService);
    if (service !== null) services.add(service);
    else if (valueOf(environment, markOfCheck) !== null) checks.push(each);
  }
  return { services, checks };
}

/**
 * Kills all that `find` finds, again and again until it finds nothing: true; or until `mostMs` are over, because a process that
 * hangs in the kernel cannot be killed.
 */
export async function killAll(
  find: () => readonly ProcessStat[],
  mostMs = Infinity,
): Promise<boolean> {
  const end = monotonicMs() + mostMs;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    const found = find();
    if (found.length === 0) return true;
    if (monotonicMs() > end) return false;
    for (const each of found) signalProcess(each, 'SIGKILL');
    await untilGone(found, pauseMs);
  }
}

/** True when all of them have ended by then. */
export async function untilGone(
  processes: readonly ProcessIdentity[],
  mostMs: number,
): Promise<boolean> {
  const end = monotonicMs() + mostMs;
  while (processes.some(isRunning)) {
    if (monotonicMs() > end) return false;
    await delay(lookAgainMs);
  }
  return true;
}

function strangers(): readonly ProcessStat[] {
  const own = ownLine();
  return runningProcesses().filter(({ pid }) => pid > 1 && !own.has(pid));
}

function withDescendants(
  members: readonly ProcessStat[],
  processes: readonly ProcessStat[],
): readonly ProcessStat[] {
  const found = new Map(members.map((each) => [each.pid, each]));
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const each of processes) {
      if (found.has(each.parent)) found.set(each.pid, each);
    }
  }
  return [...found.values()];
}

function valueOf(environment: readonly string[], name: string): string | null {
  return environment.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1) ?? null;
}
