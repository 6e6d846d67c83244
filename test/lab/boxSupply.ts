// One box's power: starting its process tree in its own namespaces, cutting it, and its watchdog.

import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { until } from './clock.ts';
import { succeeds } from './command.ts';
import { openNamespace } from './kernelCalls.ts';
import type { BoxPower } from './keeperProtocol.ts';
import { LabError } from './labError.ts';
import { labFile, namespaces, paths, runDirectory, type BoxName } from './layout.ts';
import { openStandInWatchdog } from './standInWatchdog.ts';

const ports = ['eth0', 'eth1'] as const;

export type BoxSupply = {
  readonly powerOn: () => Promise<void>;
  readonly takeLinksDown: () => void;
  /** Kills PID 1 and with it, by the kernel's rule for PID namespaces, every process of the box. */
  readonly kill: () => void;
  /** Resolves when no process of the box is left. */
  readonly gone: () => Promise<void>;
  readonly shutDown: () => Promise<void>;
  readonly watchdogRanOut: (nowMs: number) => boolean;
  readonly report: () => Omit<BoxPower, 'lanConnected'>;
};

/** The power supply of a box whose network namespace and directories exist already. */
export function boxSupply(box: BoxName, binary: string): BoxSupply {
  const links = openNamespace(namespaces[box]);
  const watchdog = openStandInWatchdog(paths.watchdog(box));
  let tree: ChildProcess | undefined;
  let pid: number | undefined;
  let resets = 0;

  const takeLinksDown = (): void => {
    for (const port of ports) links.setUp(port, false);
  };
  const kill = (): void => {
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
    pid = undefined;
    rmSync(paths.pid(box), { force: true });
    watchdog.reset();
  };
  const gone = async (): Promise<void> => {
    await until(`the end of ${box}`, 15_000, () => tree === undefined, 2);
    watchdog.reset();
  };
  const powerOn = async (): Promise<void> => {
    if (pid !== undefined) return;
    await gone();
    forgetAddresses(box);
    const started = startTree(box, binary);
    tree = started;
    started.once('exit', () => {
      tree = undefined;
      pid = undefined;
      rmSync(paths.pid(box), { force: true });
    });
    await until(
      `PID 1 of ${box} (${paths.log(box)})`,
      5000,
      () => started.exitCode !== null || existsSync(paths.pid(box)),
      2,
    );
    if (started.exitCode !== null) throw new LabError(`${box} did not start: ${paths.log(box)}`);
    pid = Number(readFileSync(paths.pid(box), 'utf8'));
  };
  const shutDown = async (): Promise<void> => {
    if (pid === undefined) return;
    process.kill(pid, 'SIGTERM');
    await until(`the orderly end of ${box}`, 20_000, () => tree === undefined).catch(() => {
      kill();
    });
    await gone();
    takeLinksDown();
  };
  return {
    powerOn,
    takeLinksDown,
    kill,
    gone,
    shutDown,
    watchdogRanOut: (nowMs) => {
      const ranOut = watchdog.poll(nowMs) && pid !== undefined;
      if (ranOut) resets += 1;
      return ranOut;
    },
    report: () => ({
      pid: pid ?? null,
      watchdog: watchdog.isArmed() ? 'armed' : 'disarmed',
      resets,
    }),
  };
}

/** A box that boots has no addresses and its ports are down until the agent raises them. */
function forgetAddresses(box: BoxName): void {
  for (const port of ports) {
    succeeds('ip', ['-n', namespaces[box], 'link', 'set', port, 'down']);
    succeeds('ip', ['-n', namespaces[box], 'addr', 'flush', 'dev', port]);
  }
}

function startTree(box: BoxName, binary: string): ChildProcess {
  rmSync(paths.pid(box), { force: true });
  const log = openSync(paths.log(box), 'a');
  const inside = ['--pid', '--mount', '--ipc', '--uts', '--fork', '--propagation', 'private'];
  const init = ['sh', labFile('boxInit.sh'), box, runDirectory, paths.disk(box), binary];
  const child = spawn(
    'nsenter',
    [`--net=/run/netns/${namespaces[box]}`, 'unshare', ...inside, ...init],
    { stdio: ['ignore', log, log], detached: true },
  );
  child.on('error', () => undefined);
  closeSync(log);
  return child;
}
