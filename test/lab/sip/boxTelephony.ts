// The processes of the telephone service of a box, and what can be done to them.

import { appendFileSync, copyFileSync } from 'node:fs';
import { nowMs, until } from '../clock.ts';
import { boxProcesses, type BoxProcess } from '../insideBox.ts';
import { LabError } from '../labError.ts';
import { labFile, type BoxName } from '../layout.ts';
import { telephonyFiles } from './telephony.ts';

export const telephonyServices = ['kamailio', 'rtpengine', 'redis'] as const;

export type TelephonyService = (typeof telephonyServices)[number];

/** All processes of a service. */
export function processesOf(box: BoxName, service: TelephonyService): readonly BoxProcess[] {
  // Redis writes its address behind its name.
  const isIt = ([program = '']: readonly string[]): boolean =>
    new RegExp(`(?:^|/)${service}(?:-server)?(?: |$)`, 'u').test(program);
  return boxProcesses(box).filter(({ command }) => isIt(command));
}

/** The one that started the others; undefined where it does not run. */
export function mainProcessOf(box: BoxName, service: TelephonyService): BoxProcess | undefined {
  const all = processesOf(box, service);
  return all.find(({ parent }) => !all.some(({ pid }) => pid === parent));
}

/** kill -9 of the main process. Gives the instant. */
export function killMain(box: BoxName, service: TelephonyService): number {
  return signalled([needMain(box, service)], 'SIGKILL');
}

/** The same; waits until another one has begun. Gives the instant. */
export async function killService(box: BoxName, service: TelephonyService): Promise<number> {
  return replaced(box, service, (main) => signalled([main], 'SIGKILL'));
}

/** Every process of it stands still; waits until others have begun. Gives the instant. */
export async function stopService(box: BoxName, service: TelephonyService): Promise<number> {
  return replaced(box, service, (main) =>
    signalled([main, ...processesOf(box, service)], 'SIGSTOP'),
  );
}

const replacedWithinMs = 15_000;

async function replaced(
  box: BoxName,
  service: TelephonyService,
  act: (main: BoxProcess) => number,
): Promise<number> {
  const main = needMain(box, service);
  const before = new Set(processesOf(box, service).map(({ pid }) => pid));
  const atMs = act(main);
  await until(`${service} of ${box} begun again`, replacedWithinMs, () =>
    processesOf(box, service).some(({ pid }) => !before.has(pid)),
  );
  return atMs;
}

/** From its next start on Kamailio finds something in its configuration that it does not understand. */
export function spoilKamailio(box: BoxName): void {
  appendFileSync(`${telephonyFiles(box)}/kamailio.cfg`, '\nthis is no Kamailio\n');
}

export function mendKamailio(box: BoxName): void {
  copyFileSync(labFile('sip/kamailio.cfg'), `${telephonyFiles(box)}/kamailio.cfg`);
}

function needMain(box: BoxName, service: TelephonyService): BoxProcess {
  const main = mainProcessOf(box, service);
  if (main === undefined) throw new LabError(`${service} does not run on ${box}`);
  return main;
}

function signalled(processes: readonly BoxProcess[], signal: 'SIGKILL' | 'SIGSTOP'): number {
  const atMs = nowMs();
  for (const { pid } of processes) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended in the meantime.
    }
  }
  return atMs;
}
