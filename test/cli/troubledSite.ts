// Two boxes that trouble is made for: network namespaces joined by the heartbeat cable, a LAN in which two references answer
// box-a, and a mount namespace for each, in which a partition can be full or read-only without anybody else noticing.
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { StatusJson } from '../../src/daemon/status.ts';
import { hotpairWords, runProgram } from './callHotpair.ts';
import type { Outcome } from './callHotpair.ts';

export type TroubledBox = {
  readonly directory: string;
  readonly data: string;
  readonly state: string;
  readonly key: string;
  readonly config: string;
  /** Sections that take the place of the usual ones until the next call. */
  readonly configure: (sections?: Readonly<Record<string, string>>) => void;
  readonly hotpair: (...argv: readonly string[]) => Promise<Outcome>;
  /** Runs a program in the namespaces of the box; throws when it fails. */
  readonly run: (...words: readonly string[]) => string;
  readonly startAgent: () => RunningAgent;
  /** Every file of the box with what a change would change. */
  readonly inventory: () => readonly string[];
};

export type RunningAgent = {
  readonly log: () => string;
  /** Waits for the status to be as wanted, twenty seconds at most. */
  readonly untilStatus: (wanted: (status: StatusJson) => boolean) => Promise<StatusJson>;
  /** Ends the agent as an init system does, then PostgreSQL and the address; resolves with the agent's exit status. */
  readonly end: () => Promise<number | null>;
};

export type TroubledSite = {
  readonly a: TroubledBox;
  readonly b: TroubledBox;
  readonly remove: () => void;
};

const deadlineMs = 20_000;

/** Needs root, PostgreSQL and `ip`. */
export function troubledSite(): TroubledSite {
  const name = `trouble-${process.pid}`;
  const directory = mkdtempSync(join(tmpdir(), 'hotpair-trouble-'));
  chmodSync(directory, 0o755);
  const spaces = { a: `${name}-a`, b: `${name}-b`, lan: `${name}-lan` };
  for (const space of Object.values(spaces)) ip(`netns add ${space}`);
  ip(`-n ${spaces.a} link add eth1 type veth peer name eth1 netns ${spaces.b}`);
  ip(`-n ${spaces.a} link add eth0 type veth peer name eth0 netns ${spaces.lan}`);
  for (const [space, device] of [
    [spaces.a, 'eth0'],
    [spaces.a, 'eth1'],
    [spaces.b, 'eth1'],
    [spaces.lan, 'eth0'],
  ])
    ip(`-n ${space} link set ${device} up`);
  for (const address of ['192.0.2.1/24', '192.0.2.2/24'])
    ip(`-n ${spaces.lan} addr add ${address} dev eth0`);
  const ends: (() => void)[] = [];
  return {
    a: troubledBox({ place: join(directory, 'a'), space: spaces.a, own: 1, peer: 2 }, ends),
    b: troubledBox({ place: join(directory, 'b'), space: spaces.b, own: 2, peer: 1 }, ends),
    remove() {
      for (const end of ends) end();
      for (const space of Object.values(spaces)) ip(`netns del ${space}`);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

type Wiring = {
  readonly place: string;
  readonly space: string;
  /** Last numbers of the heartbeat addresses. */
  readonly own: number;
  readonly peer: number;
};

function troubledBox(wiring: Wiring, ends: (() => void)[]): TroubledBox {
  const { place, space } = wiring;
  mkdirSync(place, { mode: 0o755 });
  // `ip netns exec` gives what it runs a mount namespace of its own; this process holds it.
  const holder = spawn('ip', ['netns', 'exec', space, 'sleep', '600'], { stdio: 'ignore' });
  const inside = (words: readonly string[]): readonly string[] => [
    'nsenter',
    `--target=${holder.pid}`,
    '--mount',
    '--net',
    '--',
    ...words,
  ];
  const config = join(place, 'hotpair.yaml');
  const configure = (sections: Readonly<Record<string, string>> = {}): void =>
    writeFileSync(config, configurationText(wiring, sections));
  configure();
  const called = (argv: readonly string[]): readonly string[] =>
    inside(hotpairWords([...argv, '--config', config]));
  const data = join(place, 'data');
  const agents: ChildProcess[] = [];
  ends.push(() => {
    for (const agent of agents) agent.kill('SIGKILL');
    stopPostgres(data);
    holder.kill('SIGKILL');
  });
  const hotpair = (...argv: readonly string[]): Promise<Outcome> => runProgram(called(argv));
  return {
    directory: place,
    data,
    state: join(place, 'state'),
    key: join(place, 'pair.key'),
    config,
    configure,
    hotpair,
    run(...words) {
      const [program = '', ...argv] = inside(words);
      return execFileSync(program, argv, { encoding: 'utf8' });
    },
    startAgent() {
      const [program = '', ...argv] = called(['agent']);
      const child = spawn(program, argv, { stdio: ['ignore', 'ignore', 'pipe'] });
      agents.push(child);
      return runningAgent(child, hotpair, data, space);
    },
    inventory: () => inventoryOf(place),
  };
}

function runningAgent(
  child: ChildProcess,
  hotpair: TroubledBox['hotpair'],
  data: string,
  space: string,
): RunningAgent {
  let text = '';
  child.stderr?.on('data', (bytes: Buffer) => {
    text += bytes.toString();
  });
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', (code) => resolve(code));
  });
  return {
    log: () => text,
    async untilStatus(wanted) {
      const end = performance.now() + deadlineMs;
      for (;;) {
        const { code, stdout } = await hotpair('status', '--json');
        const status = code === 0 ? (JSON.parse(stdout) as StatusJson) : null;
        if (status !== null && wanted(status)) return status;
        if (performance.now() > end) throw new Error(`not seen in time: ${stdout}\n${text}`);
        await delay(20);
      }
    },
    async end() {
      child.kill('SIGTERM');
      const code = await ended;
      stopPostgres(data);
      ip(`-n ${space} addr flush dev eth0 scope global`);
      return code;
    },
  };
}

/** Ends the server at once and waits for it; the next start recovers. */
function stopPostgres(data: string): void {
  let pid: number;
  try {
    pid = Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0]);
    process.kill(pid, 'SIGQUIT');
  } catch {
    return;
  }
  execFileSync('tail', [`--pid=${pid}`, '--sleep-interval=0.02', '-f', '/dev/null']);
}

function configurationText(
  { place, own, peer }: Wiring,
  sections: Readonly<Record<string, string>>,
): string {
  const all = {
    node: `{ name: box-${own} }`,
    pair: `{ keyFile: ${place}/pair.key }`,
    heartbeat: `{ port: eth1, address: 169.254.69.${own}/30, peer: 169.254.69.${peer} }`,
    service: '{ port: eth0, addresses: [192.0.2.10/24], references: [192.0.2.1, 192.0.2.2] }',
    watchdog: '{ policy: off }',
    database: databaseSection(place),
    state: `{ directory: ${place}/state, runDirectory: ${place}/run }`,
    ...sections,
  };
  return Object.entries(all)
    .map(([name, text]) => `${name}: ${text}\n`)
    .join('');
}

/** The usual database section of the box whose files are in `place`, with more keys before its end. */
export function databaseSection(place: string, more = ''): string {
  return `{ dataDirectory: ${place}/data, socketDirectory: ${place}/socket${more} }`;
}

function inventoryOf(place: string): readonly string[] {
  const names = readdirSync(place, { recursive: true, encoding: 'utf8' });
  // What is in the run directory goes with every boot.
  const lasting = names.filter((name) => !/^run(\/|$)/.test(name));
  return lasting.toSorted().map((name) => {
    const { size, mtimeMs, mode, uid } = statSync(join(place, name));
    return `${name} ${size} ${mtimeMs} ${mode} ${uid}`;
  });
}

function ip(words: string): string {
  return execFileSync('ip', words.split(' '), { encoding: 'utf8' });
}
