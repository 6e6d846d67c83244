// Two real PostgreSQL servers on loopback, as the two boxes of a pair have them: own directories,
// ports and socket directories, all fresh, all removed at the end.
import { spawn } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { openDatabase } from '../../../src/io/database/database.ts';
import type { Database } from '../../../src/io/database/database.ts';
import type { DatabaseExit, DatabaseOptions } from '../../../src/io/database/databaseOptions.ts';
import { cloneFromPeer, initCluster } from '../../../src/io/database/init.ts';
import type { DatabaseObservation } from '../../../src/io/database/observe.ts';
import { systemUser } from '../../../src/io/database/systemUser.ts';

export type Box = {
  readonly options: DatabaseOptions;
  readonly exits: DatabaseExit[];
  readonly progress: string[];
  database: Database;
};

export type LoopbackPair = { readonly root: string; readonly a: Box; readonly b: Box };

export const clientLine = 'host all postgres 127.0.0.1/32 trust';

/** Options for two boxes; nothing is made or started yet. */
export async function layOutPair(change: Partial<DatabaseOptions> = {}): Promise<LoopbackPair> {
  const root = mkdtempSync(join(tmpdir(), 'hotpair-database-'));
  giveAway(root);
  const [portA, portB] = await freePorts();
  return {
    root,
    a: layOutBox(root, 'box-a', 'box-b', portA, portB, change),
    b: layOutBox(root, 'box-b', 'box-a', portB, portA, change),
  };
}

/** A primary and its streaming standby, clients admitted. */
export async function startPair(change: Partial<DatabaseOptions> = {}): Promise<LoopbackPair> {
  const pair = await layOutPair(change);
  await initCluster(pair.a.options, () => {});
  await pair.a.database.start({ role: 'primary', synchronous: false, admitted: true });
  await cloneFromPeer(pair.b.options, () => {});
  await pair.b.database.start({ role: 'standby', synchronous: false, admitted: false });
  await until(pair.a, (look) => look.standbyStreaming);
  await ask(pair.a, 'CREATE TABLE row (number bigint PRIMARY KEY)');
  return pair;
}

/** Stops both servers and removes everything. */
export async function removePair(pair: LoopbackPair): Promise<void> {
  for (const box of [pair.a, pair.b]) {
    await box.database.stop({ how: 'now', deadlineMs: 5_000 });
    await box.database.close();
  }
  rmSync(pair.root, { recursive: true, force: true });
}

/** Opens the box's database anew, as a restarted agent does. */
export async function reopen(box: Box): Promise<void> {
  await box.database.close();
  box.database = openDatabase(box.options);
}

/** Looks until the claim holds; fails after ten seconds with the last look. */
export async function until(
  box: Box,
  claim: (look: DatabaseObservation) => boolean,
): Promise<DatabaseObservation> {
  const end = performance.now() + 10_000;
  for (;;) {
    const look = await box.database.observe(1_000);
    if (claim(look)) return look;
    if (performance.now() > end)
      throw new Error(`not seen in time: ${JSON.stringify(look, showBigint)}`);
    await delay(5);
  }
}

/** Waits for a condition of any kind; fails after ten seconds. */
export async function untilTrue(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 10_000;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error('the condition did not come true in time');
    await delay(5);
  }
}

/** One statement as a client from the LAN sends it. */
export async function ask(box: Box, text: string): Promise<readonly Record<string, unknown>[]> {
  const client = await connectClient(box);
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

export async function connectClient(box: Box): Promise<pg.Client> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: box.options.port,
    user: 'postgres',
    database: 'postgres',
    connectionTimeoutMillis: 2_000,
  });
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** The code of what a promise is refused with. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'no refusal';
  } catch (error) {
    return String((error as { code?: unknown }).code ?? error);
  }
}

/** A process of PostgreSQL's user that has nothing to do with PostgreSQL; ended by the caller. */
export function foreignProcess(user: string): { pid: number; end: () => void } {
  const { uid, gid } = systemUser(user);
  const child = spawn('/bin/sleep', ['600'], { uid, gid, stdio: 'ignore' });
  return { pid: child.pid ?? -1, end: () => void child.kill('SIGKILL') };
}

/** For JSON, which has no bigint. */
export function showBigint(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

function layOutBox(
  root: string,
  selfName: string,
  peerName: string,
  port: number,
  peerPort: number,
  change: Partial<DatabaseOptions>,
): Box {
  const home = join(root, selfName);
  mkdirSync(home);
  giveAway(home);
  const exits: DatabaseExit[] = [];
  const progress: string[] = [];
  const options: DatabaseOptions = {
    dataDirectory: join(home, 'data'),
    binDirectory: null,
    user: 'postgres',
    port,
    socketDirectory: home,
    selfName,
    peerName,
    heartbeatAddress: '127.0.0.1',
    peerAddress: '127.0.0.1',
    peerPort,
    listenAddresses: '127.0.0.1',
    replicationPassword: "correct horse: battery' staple",
    extraSettings: { shared_buffers: '16MB' },
    hba: [clientLine],
    slotDiskBudgetMb: 256,
    divergenceDirectory: join(home, 'divergence'),
    logFile: join(home, 'postgres.log'),
    onExit: (info) => void exits.push(info),
    onProgress: ({ job, text: line }) => void progress.push(`${job}: ${line}`),
    ...change,
  };
  return { options, exits, progress, database: openDatabase(options) };
}

function giveAway(path: string): void {
  const { uid, gid } = systemUser('postgres');
  chownSync(path, uid, gid);
}

async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()];
  const ports = await Promise.all(
    servers.map(
      async (server) =>
        new Promise<number>((resolve) => {
          server.listen(0, '127.0.0.1', () => {
            const address = server.address();
            resolve(typeof address === 'object' && address !== null ? address.port : 0);
          });
        }),
    ),
  );
  for (const server of servers) server.close();
  return [ports[0] ?? 0, ports[1] ?? 0];
}
