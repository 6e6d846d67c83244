// Two boxes with real agents and real PostgreSQL in network namespaces: the heartbeat cable between them, and a LAN with a bridge
// on which two references answer. Each box may be of another hotpair.
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { StatusJson } from '../../src/daemon/status.ts';
import { hotpairWords, runProgram } from './callHotpair.ts';
import type { Outcome } from './callHotpair.ts';

/** The words that call a hotpair with these arguments. */
export type Caller = (argv: readonly string[]) => readonly string[];

export type PairBox = {
  readonly name: string;
  readonly directory: string;
  readonly config: string;
  readonly state: string;
  readonly data: string;
  readonly run: string;
  readonly key: string;
  /** From now on this box is called with another hotpair. */
  use(caller: Caller): void;
  hotpair(...argv: readonly string[]): Promise<Outcome>;
  /** Starts the agent; what it printed can be asked for. */
  startAgent(): PairAgent;
  status(): Promise<StatusJson | null>;
  untilStatus(what: string, wanted: (status: StatusJson) => boolean): Promise<StatusJson>;
  /** Runs SQL in the database of this box and returns what psql prints. */
  sql(text: string): string;
};

export type PairAgent = {
  readonly process: ChildProcess;
  readonly ended: Promise<number | null>;
  readonly log: () => string;
};

export type APair = {
  readonly a: PairBox;
  readonly b: PairBox;
  /** Makes the pair with both agents running, box-a primary; throws where it does not come up. */
  bringUp(): Promise<{ readonly a: PairAgent; readonly b: PairAgent }>;
  remove(): void;
};

const deadlineMs = 90_000;

/** Needs root, PostgreSQL and `ip`. `sections` replace those of both configurations. */
export function aPair(sections: Readonly<Record<string, string>> = {}): APair {
  const name = `pair-${process.pid}`;
  const directory = mkdtempSync(join(tmpdir(), 'hotpair-pair-'));
  chmodSync(directory, 0o755);
  const spaces = { a: `${name}-a`, b: `${name}-b`, lan: `${name}-lan` };
  layNetwork(spaces);
  const ends: (() => void)[] = [];
  const box = (own: 1 | 2, space: string): PairBox =>
    pairBox({ place: join(directory, `box-${own}`), space, own, sections }, ends);
  const a = box(1, spaces.a);
  const b = box(2, spaces.b);
  return {
    a,
    b,
    bringUp: async () => bringUp(a, b),
    remove() {
      for (const end of ends) end();
      for (const space of Object.values(spaces)) ip(`netns del ${space}`);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function bringUp(a: PairBox, b: PairBox): Promise<{ a: PairAgent; b: PairAgent }> {
  demand(await a.hotpair('init'));
  const agentA = a.startAgent();
  await a.untilStatus(
    'box-a serves',
    ({ state, database }) => state === 'solo' && database.admitted,
  );
  copyFileSync(a.key, b.key);
  chmodSync(b.key, 0o600);
  demand(await b.hotpair('join'));
  const agentB = b.startAgent();
  await b.untilStatus(
    'box-b can take over',
    ({ role, eligible }) => role === 'standby' && eligible,
  );
  await a.untilStatus('box-a is paired', ({ mode }) => mode === 'paired');
  return { a: agentA, b: agentB };
}

function demand({ code, stdout, stderr }: Outcome): void {
  if (code !== 0) throw new Error(`${stdout}${stderr}`);
}

function layNetwork(spaces: {
  readonly a: string;
  readonly b: string;
  readonly lan: string;
}): void {
  for (const space of Object.values(spaces)) {
    ip(`netns add ${space}`);
    ip(`-n ${space} link set lo up`);
  }
  ip(`-n ${spaces.lan} link add lan type bridge`);
  ip(`-n ${spaces.lan} link set lan up`);
  ip(`-n ${spaces.a} link add eth1 type veth peer name eth1 netns ${spaces.b}`);
  for (const [space, port] of [
    [spaces.a, 'boxa'],
    [spaces.b, 'boxb'],
  ] as const) {
    ip(`-n ${space} link add eth0 type veth peer name ${port} netns ${spaces.lan}`);
    ip(`-n ${spaces.lan} link set ${port} master lan`);
    ip(`-n ${spaces.lan} link set ${port} up`);
    for (const device of ['eth0', 'eth1']) ip(`-n ${space} link set ${device} up`);
  }
  for (const address of ['192.0.2.1/24', '192.0.2.2/24'])
    ip(`-n ${spaces.lan} addr add ${address} dev lan`);
}

type Wiring = {
  readonly place: string;
  readonly space: string;
  readonly own: 1 | 2;
  readonly sections: Readonly<Record<string, string>>;
};

function pairBox({ place, space, own, sections }: Wiring, ends: (() => void)[]): PairBox {
  mkdirSync(place, { mode: 0o755 });
  const config = join(place, 'hotpair.yaml');
  writeFileSync(config, configurationText(place, own, sections));
  const data = join(place, 'data');
  const agents: ChildProcess[] = [];
  let caller: Caller = hotpairWords;
  const called: Caller = (argv) => [
    'ip',
    'netns',
    'exec',
    space,
    ...caller([...argv, '--config', config]),
  ];
  const hotpair = (...argv: readonly string[]): Promise<Outcome> => runProgram(called(argv));
  const status = async (): Promise<StatusJson | null> => {
    const { code, stdout } = await hotpair('status', '--json');
    return code === 0 ? (JSON.parse(stdout) as StatusJson) : null;
  };
  ends.push(() => {
    for (const agent of agents) agent.kill('SIGKILL');
    stopPostgres(data);
  });
  return {
    name: `box-${own}`,
    directory: place,
    config,
    state: join(place, 'state'),
    run: join(place, 'run'),
    key: join(place, 'pair.key'),
    data,
    use(other) {
      caller = other;
    },
    hotpair,
    status,
    startAgent() {
      const [program = '', ...argv] = called(['agent']);
      const child = spawn(program, argv, { stdio: ['ignore', 'ignore', 'pipe'] });
      agents.push(child);
      return pairAgent(child);
    },
    async untilStatus(what, wanted) {
      const end = performance.now() + deadlineMs;
      for (;;) {
        const seen = await status();
        if (seen !== null && wanted(seen)) return seen;
        if (performance.now() > end)
          throw new Error(`waited in vain until ${what}: ${JSON.stringify(seen)}`);
        await delay(100);
      }
    },
    sql: (text) =>
      execFileSync(
        'setpriv',
        [
          '--reuid=postgres',
          '--regid=postgres',
          '--init-groups',
          'psql',
          '-XAtq',
          '-h',
          join(place, 'socket'),
          '-U',
          'postgres',
          '-c',
          text,
          'postgres',
        ],
        { encoding: 'utf8' },
      ),
  };
}

function pairAgent(child: ChildProcess): PairAgent {
  let text = '';
  child.stderr?.on('data', (bytes: Buffer) => {
    text += bytes.toString();
  });
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', (code) => resolve(code));
  });
  return { process: child, ended, log: () => text };
}

/** Ends the server at once and waits for it. */
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
  place: string,
  own: number,
  sections: Readonly<Record<string, string>>,
): string {
  const peer = 3 - own;
  const all = {
    node: `{ name: box-${own} }`,
    pair: `{ keyFile: ${place}/pair.key }`,
    heartbeat: `{ port: eth1, address: 169.254.69.${own}/30, peer: 169.254.69.${peer} }`,
    service: '{ port: eth0, addresses: [192.0.2.10/24], references: [192.0.2.1, 192.0.2.2] }',
    watchdog: '{ policy: off }',
    database: `{ dataDirectory: ${place}/data, socketDirectory: ${place}/socket }`,
    state: `{ directory: ${place}/state, runDirectory: ${place}/run }`,
    ...sections,
  };
  return Object.entries(all)
    .map(([name, text]) => `${name}: ${text}\n`)
    .join('');
}

function ip(words: string): string {
  return execFileSync('ip', words.split(' '), { encoding: 'utf8' });
}
