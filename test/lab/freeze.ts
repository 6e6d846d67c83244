// Processes that stand still (SIGSTOP) and go on: a hung agent, a hung database.

import { nowMs } from './clock.ts';
import { agentOf, boxProcesses, postmasterOf } from './insideBox.ts';
import { LabError } from './labError.ts';
import { boxNames, type BoxName } from './layout.ts';

/** Stops the agent; what it has started goes on. Gives the instant. */
export function stopAgent(box: BoxName): number {
  const agent = agentOf(box);
  if (agent === undefined) throw new LabError(`no agent runs on ${box}`);
  return signalled([agent.pid], 'SIGSTOP');
}

/** Stops the postmaster and all its children, the postmaster first, so that it starts none. */
export function stopPostgres(box: BoxName): number {
  const postmaster = postmasterOf(box);
  if (postmaster === undefined) throw new LabError(`no postmaster runs on ${box}`);
  const atMs = signalled([postmaster.pid], 'SIGSTOP');
  signalled(childrenOf(box, postmaster.pid), 'SIGSTOP');
  return atMs;
}

/** Stops those processes of PostgreSQL whose title begins so: `walreceiver`, `startup`. */
export function stopBackends(box: BoxName, ...titles: readonly string[]): number {
  const postmaster = postmasterOf(box);
  const children = childrenOf(box, postmaster?.pid ?? 0);
  const named = boxProcesses(box).filter(
    ({ pid, command }) =>
      children.includes(pid) && titles.some((title) => command[0]?.includes(`: ${title}`)),
  );
  if (named.length === 0) throw new LabError(`${box} has no process ${titles.join(' or ')}`);
  return signalled(
    named.map(({ pid }) => pid),
    'SIGSTOP',
  );
}

/** Everything in both boxes goes on. */
export function thawAll(): void {
  for (const box of boxNames) {
    signalled(
      boxProcesses(box).map(({ pid }) => pid),
      'SIGCONT',
    );
  }
}

function childrenOf(box: BoxName, parent: number): readonly number[] {
  return boxProcesses(box)
    .filter((process) => process.parent === parent)
    .map(({ pid }) => pid);
}

function signalled(pids: readonly number[], signal: 'SIGSTOP' | 'SIGCONT'): number {
  const atMs = nowMs();
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended in the meantime.
    }
  }
  return atMs;
}
