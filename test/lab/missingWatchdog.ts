// A box whose watchdog is not there when its agent starts again.

import { readFileSync, writeFileSync } from 'node:fs';
import { until } from './clock.ts';
import { agentOf, runInBox } from './insideBox.ts';
import { LabError } from './labError.ts';
import { paths, type BoxName } from './layout.ts';

/** Takes the device away and ends the agent in order, so that it disarms the watchdog; init starts it again. */
export async function loseWatchdog(box: BoxName): Promise<void> {
  const agent = agentOf(box);
  if (agent === undefined) throw new LabError(`no agent runs on ${box}`);
  for (const words of [
    // The agent has it open: the name goes at once, the rest when it has ended.
    ['umount', '--lazy', '/dev/watchdog'],
    ['rm', '/dev/watchdog'],
  ]) {
    const { exitCode, stderr } = await runInBox(box, words, 5000);
    if (exitCode !== 0) throw new LabError(`${words.join(' ')}: ${stderr.trim()}`);
  }
  process.kill(agent.pid, 'SIGTERM');
  await until('the end of the agent', 5000, () => agentOf(box)?.pid !== agent.pid, 20);
}

/** From the next start on the agent of a box wants a watchdog; the function takes that back. */
export function requireWatchdog(box: BoxName): () => void {
  const file = `${paths.etc(box)}/hotpair.yaml`;
  const before = readFileSync(file, 'utf8');
  writeFileSync(file, `${before}watchdog: { policy: required }\n`);
  return () => writeFileSync(file, before);
}
