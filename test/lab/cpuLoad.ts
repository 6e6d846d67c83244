// Both cores kept busy: stress-ng inside both boxes for the time of a trial. Its processes belong
// to the boxes, so a power cut takes them along and a power on needs them anew.

import { spawn, type ChildProcess } from 'node:child_process';
import { succeeds } from './command.ts';
import { boxPid } from './databaseSession.ts';
import { enterBox } from './insideBox.ts';
import { LabError } from './labError.ts';
import { boxNames, type BoxName } from './layout.ts';

export type CpuLoad = {
  /** Starts the load in every powered box where it does not run. */
  readonly keepUp: () => void;
  readonly stop: () => void;
};

export const noLoad: CpuLoad = { keepUp: () => undefined, stop: () => undefined };

/** @throws {LabError} exit status 2 when stress-ng is missing */
export function cpuLoad(): CpuLoad {
  if (!succeeds('sh', ['-c', 'command -v stress-ng'])) {
    throw new LabError('the program stress-ng is missing (package stress-ng)', 2);
  }
  const running = new Map<BoxName, ChildProcess>();
  return {
    keepUp: () => {
      for (const box of boxNames) {
        const child = running.get(box);
        const alive = child !== undefined && child.exitCode === null && child.signalCode === null;
        if (alive || boxPid(box) === undefined) continue;
        running.set(box, startLoad(box));
      }
    },
    stop: () => {
      for (const child of running.values()) child.kill('SIGTERM');
      running.clear();
    },
  };
}

function startLoad(box: BoxName): ChildProcess {
  const command = ['stress-ng', '--cpu', '4', '--timeout', '0', '--temp-path', '/dev/shm'];
  // nsenter itself stays in front of the program it starts in a PID namespace; stress-ng ends with
  // its parent or with the box.
  const child = spawn('nsenter', [...enterBox(box), ...command], { stdio: 'ignore' });
  child.on('error', () => undefined);
  return child;
}
