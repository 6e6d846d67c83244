// A wall clock of its own for the agent of a box, which jumps when it is told to. Nothing but
// CLOCK_REALTIME is another one: the agent runs with libfaketime (Debian package of that name),
// which reads the difference from a file at every look at the clock.

import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { until } from './clock.ts';
import { succeeds } from './command.ts';
import { statusOf } from './hotpairCommand.ts';
import { agentOf } from './insideBox.ts';
import { LabError } from './labError.ts';
import { boxNames, paths, type BoxName } from './layout.ts';

/** Puts the clock of a box so many days away from that of the machine; its agent must be started anew once. */
export function setClock(box: BoxName, days: number): void {
  writeFileSync(clockFile(box), `${days < 0 ? '' : '+'}${days}d\n`);
}

/** @throws {LabError} exit status 2 when libfaketime is missing */
export async function giveOwnClocks(binary: string): Promise<void> {
  if (!succeeds('dpkg-query', ['--status', 'libfaketime'])) {
    throw new LabError('the Debian package libfaketime is missing', 2);
  }
  for (const box of boxNames) setClock(box, 0);
  await restartAgents(binary, boxNames);
}

/** Ends what `giveOwnClocks` began; nothing is done where it was not called. */
export async function giveClocksBack(binary: string): Promise<void> {
  const own = boxNames.filter((box) => existsSync(clockFile(box)));
  for (const box of own) rmSync(clockFile(box));
  await restartAgents(binary, own);
}

function clockFile(box: BoxName): string {
  return `${paths.disk(box)}/clock`;
}

/** One after the other, as an update would; the box's init starts each again. */
async function restartAgents(binary: string, boxes: readonly BoxName[]): Promise<void> {
  for (const box of boxes) {
    const before = agentOf(box);
    if (before === undefined) continue;
    process.kill(before.pid, 'SIGTERM');
    await until(`a new agent on ${box}`, 10_000, async () => {
      const agent = agentOf(box);
      if (agent === undefined || agent.pid === before.pid) return false;
      return typeof (await statusOf(binary, box)) !== 'string';
    });
  }
}
