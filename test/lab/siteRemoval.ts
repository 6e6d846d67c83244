// Removes a site, also one whose lab was killed, and looks for what could have been left behind.

import { readdirSync, readFileSync, rmdirSync, rmSync, existsSync } from 'node:fs';
import { nowMs, pause } from './clock.ts';
import { dataWord } from './etcdServer.ts';
import { askKeeper } from './keeperProtocol.ts';
import { boxNames, diskDirectory, labFile, runDirectory } from './layout.ts';
import { removeNetwork, siteNamespaces } from './network.ts';
import { phonesWord } from './sip/phones.ts';
import { readState } from './siteState.ts';

/** Ends every process of the site, removes its namespaces and files. Nothing there: nothing done. */
export async function removeSite(): Promise<void> {
  const state = readState();
  await askKeeper({ type: 'stop' }).catch(() => undefined);
  for (const pid of siteProcesses()) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself in the meantime.
    }
  }
  const end = nowMs() + 10_000;
  while (siteProcesses().length > 0 && nowMs() < end) await pause(20);
  removeNetwork();
  rmSync(runDirectory, { recursive: true, force: true });
  await removeDisks();
  if (anotherSiteStands()) return;
  for (const directory of [...(state?.createdDirectories ?? [])].toReversed()) {
    removeIfEmpty(directory);
  }
}

/** Removing a mount point would detach what the boxes of another site have mounted over it. */
function anotherSiteStands(): boolean {
  return readdirSync('/run').some(
    (name) => name.startsWith('hotpair-lab') && existsSync(`/run/${name}/site.json`),
  );
}

/** What a site has left behind, one sentence each; empty after a proper removal. */
export function leftovers(): readonly string[] {
  const files = [runDirectory, diskDirectory].filter((path) => existsSync(path));
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.includes(`${diskDirectory}/`) || line.includes(`${runDirectory}/`));
  return [
    ...siteProcesses().map((pid) => `process ${pid}`),
    ...siteNamespaces().map((name) => `network namespace ${name}`),
    ...mounts.map((line) => `mount ${line}`),
    ...files.map((path) => `files in ${path}`),
  ];
}

/**
 * Processes of this site: those that use its network namespaces' boxes or run one of the lab's own
 * scripts on its directories. They are known by what they were started with, never by name alone.
 */
function siteProcesses(): readonly number[] {
  const marks = [
    ...boxNames.map((box) => `${labFile('boxInit.sh')}\0${box}\0${runDirectory}\0`),
    `${dataWord}\0`,
    `${labFile('client.ts')}\0${runDirectory}/`,
    `${labFile('forger.ts')}\0${runDirectory}\0`,
    `${labFile('keeper.ts')}\0${runDirectory}\0`,
    `${labFile('observer.ts')}\0${runDirectory}\0`,
    ...['heartbeatRecorder.ts', 'sip/sipProbe.ts', 'sip/rtpPhones.ts'].map(
      (name) => `${labFile(name)}\0${runDirectory}/`,
    ),
    `${phonesWord}\0${runDirectory}/`,
  ];
  return readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/u.test(entry) || Number(entry) === process.pid) return [];
    try {
      const command = readFileSync(`/proc/${entry}/cmdline`, 'utf8');
      return marks.some((mark) => command.includes(mark)) ? [Number(entry)] : [];
    } catch {
      return [];
    }
  });
}

/** Processes that were just killed may still be writing their last page. */
async function removeDisks(): Promise<void> {
  const end = nowMs() + 5000;
  for (;;) {
    try {
      rmSync(diskDirectory, { recursive: true, force: true });
      return;
    } catch (error) {
      if (nowMs() > end) throw error;
      await pause(50);
    }
  }
}

function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch {
    // Somebody else has put something there: it is theirs now.
  }
}
