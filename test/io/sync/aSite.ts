// Two boxes on loopback: a real daemon of rsync that hands out one directory, and a puller that copies it into another one.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { PullEnd } from '../../../src/core/guardian/sync.ts';
import { SetPuller } from '../../../src/io/sync/pull.ts';
import type { PulledSet } from '../../../src/io/sync/pull.ts';
import { findRsync } from '../../../src/io/sync/rsyncRun.ts';
import { serverCommand, writeServerFiles } from '../../../src/io/sync/syncServer.ts';
import type { Measure } from '../../../src/io/sync/tree.ts';
import type { SyncSecret } from '../../../src/protocol/guardianMessages.ts';

export const rightSecret: SyncSecret = { name: 'pair-0001', secret: 'a'.repeat(64) };
export const never = new AbortController().signal;

const address = '127.0.0.1';

export type SyncSite = {
  readonly there: string;
  readonly here: string;
  readonly state: string;
  readonly port: number;
  readonly puller: SetPuller;
  /** What was told of files put aside. */
  readonly told: { readonly folder: string; readonly kept: Measure }[];
  readonly write: (path: string, text: string | Buffer) => void;
  readonly serve: (secrets?: readonly SyncSecret[]) => Promise<void>;
  readonly stopServing: () => Promise<void>;
  readonly pull: (signal?: AbortSignal) => Promise<PullEnd>;
  /** A puller as a guardian that begins anew has it. */
  readonly anotherPuller: () => SetPuller;
};

export async function aSite(
  t: ExecutionContext,
  changes: Partial<PulledSet> = {},
  place: string = tmpdir(),
): Promise<SyncSite> {
  const top = mkdtempSync(join(place, 'hotpair-sync-'));
  const within = (name: string): string => join(top, name);
  for (const name of ['there', 'here', 'state', 'run-there', 'run-here']) {
    mkdirSync(within(name), { mode: 0o755 });
  }
  const port = await freePort();
  const set: PulledSet = {
    name: 'prompts',
    directory: within('here'),
    settleMs: 0,
    keepBytes: 1024 * 1024,
    rateKilobytes: 100 * 1024,
    exclude: [],
    ...changes,
  };
  const told: { folder: string; kept: Measure }[] = [];
  const anotherPuller = (): SetPuller =>
    new SetPuller({
      set,
      address,
      peer: address,
      port,
      stateDirectory: within('state'),
      runDirectory: within('run-here'),
      mark: {},
      onKept: (folder, kept) => told.push({ folder, kept }),
    });
  const puller = anotherPuller();
  let daemon: ChildProcess | null = null;
  const write = (path: string, text: string | Buffer): void => {
    const file = join(within('there'), path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  };
  const stopServing = async (): Promise<void> => {
    if (daemon === null) return;
    const ended = once(daemon, 'exit');
    daemon.kill('SIGKILL');
    await ended;
    daemon = null;
  };
  t.teardown(async () => {
    await stopServing();
    rmSync(top, { recursive: true, force: true });
  });
  return {
    there: within('there'),
    here: within('here'),
    state: within('state'),
    port,
    puller,
    told,
    write,
    stopServing,
    anotherPuller,
    async serve(secrets = [rightSecret]) {
      const sets = [{ name: set.name, directory: within('there') }];
      const runDirectory = within('run-there');
      writeServerFiles({ address, port, peer: address, sets, runDirectory }, secrets);
      if (daemon !== null) return;
      const [path = '', ...args] = serverCommand(findRsync() ?? 'rsync', runDirectory);
      daemon = spawn(path, args, { stdio: 'ignore' });
      await untilListening(port);
    },
    pull: (signal = never) => puller.pull(rightSecret, signal),
  };
}

/** Every file below a directory with its content, links as `-> target`, directories with a slash. */
export function contentOf(directory: string, at = ''): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(join(directory, at), { withFileTypes: true })) {
    const path = join(at, entry.name);
    if (entry.isSymbolicLink()) found[path] = `-> ${readlinkSync(join(directory, path))}`;
    else if (entry.isDirectory()) Object.assign(found, contentOf(directory, path));
    else found[path] = readFileSync(join(directory, path), 'latin1');
  }
  return found;
}

export function modeOf(path: string): string {
  return (lstatSync(path).mode & 0o7777).toString(8);
}

export function setMode(path: string, mode: number): void {
  chmodSync(path, mode);
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const given = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (given === null || typeof given === 'string') throw new Error('no port');
  return given.port;
}

async function untilListening(port: number): Promise<void> {
  const end = performance.now() + 5_000;
  for (;;) {
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = connect(port, address);
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('close', () => socket.destroy());
      socket.once('connect', () => socket.destroy());
    });
    if (isThere) return;
    if (performance.now() > end) throw new Error('the daemon of rsync does not listen');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
