// A real etcd on the loopback: started, stopped, hung, wiped and put back to an older copy by the test that uses it. Its ports
// are free ones, its data lies in a folder of its own, and it is ended by its process id.
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export type ServerFiles = { readonly ca: string; readonly cert: string; readonly key: string };

export type RealEtcd = {
  readonly url: string;
  /** The same server under its own certificate's name or another. */
  readonly port: number;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** SIGSTOP and SIGCONT: connections stay, nothing is answered. */
  hang(): Promise<void>;
  goOn(): void;
  /** Its data is gone, its flags are the same. */
  wipe(): void;
  /** Copies its data, or puts the copy in the place of the data; for one that is stopped. */
  save(): void;
  restore(): void;
  /** etcdctl against it. */
  control(...words: readonly string[]): string;
};

export type RealEtcdOptions = {
  readonly tls?: ServerFiles & { readonly asksClients?: boolean };
  /** Another token makes another cluster of the same data. */
  readonly token?: string;
};

const startMs = 20_000;

/** Needs the Debian packages etcd-server and etcd-client. Started; ended with the test. */
export async function realEtcd(
  t: { teardown(end: () => unknown): void },
  options: RealEtcdOptions = {},
): Promise<RealEtcd> {
  const folder = mkdtempSync(join(tmpdir(), 'hotpair-etcd-'));
  const [port, peerPort] = [await freePort(), await freePort()];
  const data = join(folder, 'data');
  const copy = join(folder, 'copy');
  const url = `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  let running: ChildProcess | null = null;

  async function start(): Promise<void> {
    running = spawn('etcd', argumentsOf(data, url, peerPort, options), { stdio: 'ignore' });
    const end = performance.now() + startMs;
    while (!isHealthy(url, options.tls)) {
      if (performance.now() > end) throw new Error('the etcd of this test does not start');
      await delay(50);
    }
  }

  async function stop(): Promise<void> {
    const child = running;
    running = null;
    await endOf(child ?? undefined);
  }

  const remove = (): void => rmSync(data, { recursive: true, force: true });
  t.teardown(async () => {
    await stop();
    rmSync(folder, { recursive: true, force: true });
  });
  await start();
  return {
    url,
    port,
    start,
    stop,
    async hang() {
      running?.kill('SIGSTOP');
      // All of its threads stand still a moment later.
      while (!isStopped(running?.pid ?? 0)) await delay(5);
    },
    goOn: () => running?.kill('SIGCONT'),
    wipe: remove,
    save() {
      rmSync(copy, { recursive: true, force: true });
      cpSync(data, copy, { recursive: true });
    },
    restore() {
      remove();
      cpSync(copy, data, { recursive: true });
    },
    control: (...words) => control(url, options.tls, words),
  };
}

function argumentsOf(
  data: string,
  url: string,
  peerPort: number,
  { tls, token = 'test' }: RealEtcdOptions,
): string[] {
  const peer = `http://127.0.0.1:${peerPort}`;
  const plain = {
    name: 'one',
    'data-dir': data,
    'listen-client-urls': url,
    'advertise-client-urls': url,
    'listen-peer-urls': peer,
    'initial-advertise-peer-urls': peer,
    'initial-cluster': `one=${peer}`,
    'initial-cluster-token': token,
  };
  const secure = tls === undefined ? {} : { 'cert-file': tls.cert, 'key-file': tls.key };
  const asking =
    tls?.asksClients === true ? { 'client-cert-auth': 'true', 'trusted-ca-file': tls.ca } : {};
  return Object.entries({ ...plain, ...secure, ...asking }).map(
    ([name, value]) => `--${name}=${value}`,
  );
}

function isHealthy(url: string, tls: RealEtcdOptions['tls']): boolean {
  try {
    control(url, tls, ['endpoint', 'status']);
    return true;
  } catch {
    return false;
  }
}

function control(url: string, tls: RealEtcdOptions['tls'], words: readonly string[]): string {
  const trust =
    tls === undefined ? [] : [`--cacert=${tls.ca}`, `--cert=${tls.cert}`, `--key=${tls.key}`];
  const argv = [
    `--endpoints=${url}`,
    '--command-timeout=1s',
    '--dial-timeout=1s',
    ...trust,
    ...words,
  ];
  return execFileSync('etcdctl', argv, {
    encoding: 'utf8',
    env: { ...process.env, ETCDCTL_API: '3' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

/** A port of the loopback that nobody listens on just now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export type EtcdCluster = {
  readonly urls: readonly string[];
  /** Ends the member that leads; gives its URL. */
  killLeader(): Promise<string>;
};

/** Three members on the loopback, with an election in a fifth of a second; ended with the test. */
export async function etcdCluster(t: { teardown(end: () => unknown): void }): Promise<EtcdCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'hotpair-etcds-'));
  const members = await Promise.all(
    ['one', 'two', 'three'].map(async (name) => {
      const [url, peer] = [await freePort(), await freePort()].map(
        (port) => `http://127.0.0.1:${port}`,
      );
      return { name, url: url ?? '', peer: peer ?? '' };
    }),
  );
  const all = members.map(({ name, peer }) => `${name}=${peer}`).join(',');
  const children = new Map<string, ChildProcess>();
  for (const { name, url, peer } of members) {
    const words = [
      `--name=${name}`,
      `--data-dir=${join(folder, name)}`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=${all}`,
      '--heartbeat-interval=20',
      '--election-timeout=200',
    ];
    children.set(url, spawn('etcd', words, { stdio: 'ignore' }));
  }
  t.teardown(async () => {
    await Promise.all([...children.values()].map(endOf));
    rmSync(folder, { recursive: true, force: true });
  });
  const urls = members.map(({ url }) => url);
  const deadline = performance.now() + startMs;
  while (!urls.every((url) => isHealthy(url, undefined))) {
    if (performance.now() > deadline) throw new Error('the etcds of this test do not start');
    await delay(50);
  }
  return {
    urls,
    async killLeader() {
      const leader = urls.find((url) => isLeader(url)) ?? '';
      await endOf(children.get(leader));
      return leader;
    },
  };
}

/** Whether the state of each thread is T, as proc(5) has it. */
function isStopped(pid: number): boolean {
  return readdirSync(`/proc/${pid}/task`).every((thread) => {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
  });
}

async function endOf(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}

function isLeader(url: string): boolean {
  const [status] = JSON.parse(
    control(url, undefined, ['endpoint', 'status', '--write-out=json']),
  ) as readonly { Status: { leader: number; header: { member_id: number } } }[];
  return status?.Status.leader === status?.Status.header.member_id;
}
