// Running things inside a box, and finding the processes of a box from outside.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { outcomeOf, type Outcome } from './command.ts';
import { boxPid } from './databaseSession.ts';
import { LabError } from './labError.ts';
import type { BoxName } from './layout.ts';

/** Arguments for nsenter that put a program into every namespace of a powered box. */
export function enterBox(box: BoxName): readonly string[] {
  const pid = boxPid(box);
  if (pid === undefined) throw new LabError(`${box} has no power`);
  const namespaces = ['--pid', '--mount', '--net', '--ipc', '--uts'];
  return ['--target', String(pid), ...namespaces, '--wd=/', '--'];
}

/** Runs a program in a box. */
export async function runInBox(
  box: BoxName,
  command: readonly string[],
  deadlineMs: number,
  onProgress?: (text: string) => void,
): Promise<Outcome> {
  return outcomeOf('nsenter', [...enterBox(box), ...command], deadlineMs, onProgress);
}

export type BoxProcess = {
  /** The number on this machine, which signals from outside need. */
  readonly pid: number;
  /** The number inside the box. */
  readonly insidePid: number;
  readonly parent: number;
  readonly command: readonly string[];
};

/** All processes of a box's PID namespace. */
export function boxProcesses(box: BoxName): readonly BoxProcess[] {
  const init = boxPid(box);
  if (init === undefined) return [];
  const namespace = linkOf(`/proc/${init}/ns/pid`);
  return readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/u.test(entry) || linkOf(`/proc/${entry}/ns/pid`) !== namespace) return [];
    const process = describe(entry);
    return process === undefined ? [] : [process];
  });
}

/** The agent: the child of the box's init that runs the binary with the word `agent`. */
export function agentOf(box: BoxName): BoxProcess | undefined {
  const init = boxPid(box);
  return boxProcesses(box).find(
    (process) => process.parent === init && process.command.includes('agent'),
  );
}

/** The postmaster, by the number in its own lock file. */
export function postmasterOf(box: BoxName): BoxProcess | undefined {
  const init = boxPid(box);
  if (init === undefined) return undefined;
  try {
    const file = `/proc/${init}/root/var/lib/hotpair/pgdata/postmaster.pid`;
    const inside = Number(readFileSync(file, 'utf8').split('\n')[0]);
    return boxProcesses(box).find((process) => process.insidePid === inside);
  } catch {
    return undefined;
  }
}

function describe(entry: string): BoxProcess | undefined {
  try {
    const status = readFileSync(`/proc/${entry}/status`, 'utf8');
    const field = (name: string): readonly string[] =>
      new RegExp(`^${name}:\\s+(.*)$`, 'mu').exec(status)?.[1]?.split(/\s+/u) ?? [];
    return {
      pid: Number(entry),
      insidePid: Number(field('NSpid').at(-1)),
      parent: Number(field('PPid')[0]),
      command: readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0').slice(0, -1),
    };
  } catch {
    return undefined;
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
