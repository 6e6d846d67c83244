// A box of its own for tests of the whole agent: network namespaces with a LAN in which one reference answers, a heartbeat
// port without anybody at its other end, and directories that PostgreSQL's user can reach.
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { aPlace, hotpairWords, runProgram } from '../cli/callHotpair.ts';
import type { Outcome, Place } from '../cli/callHotpair.ts';
import type { StatusJson } from '../../src/daemon/status.ts';
import { setTimeout as delay } from 'node:timers/promises';

export type ABox = Place & {
  /** Calls the command line on this box. */
  readonly hotpair: (...argv: readonly string[]) => Promise<Outcome>;
  /** Starts an agent; its log is collected. */
  readonly startAgent: () => Agent;
  readonly status: () => Promise<StatusJson | null>;
  /** Waits until the status is as wanted. */
  readonly untilStatus: (
    what: string,
    wanted: (status: StatusJson) => boolean,
  ) => Promise<StatusJson>;
  /** Addresses of the service port, as `ip` prints them. */
  readonly addresses: () => string;
  readonly postmaster: () => number;
  readonly remove: () => void;
};

export type Agent = {
  readonly process: ChildProcess;
  readonly lines: () => readonly Readonly<Record<string, unknown>>[];
  readonly ended: Promise<number | null>;
};

const deadlineMs = 30_000;

/** Needs root, PostgreSQL and `ip`; `words` call the program, from its sources where nothing else is said. */
export function aBox(
  t: { teardown(end: () => void): void },
  sections: Readonly<Record<string, string>> = {},
  words: (argv: readonly string[]) => readonly string[] = hotpairWords,
): ABox {
  const name = `agentbox-${process.pid}`;
  const lan = `${name}-lan`;
  const place = aPlace(t, {
    log: '{ level: info }',
    arbiter: '{ type: lan }',
    timing: '{ referenceIdleInterval: 1s }',
    ...sections,
  });
  chmodSync(place.directory, 0o755);
  const agents: Agent[] = [];
  ip(`netns add ${name}`);
  ip(`netns add ${lan}`);
  ip(`-n ${name} link set lo up`);
  ip(`-n ${name} link add eth0 type veth peer name eth0 netns ${lan}`);
  ip(`-n ${name} link add eth1 type veth peer name eth1 netns ${lan}`);
  for (const device of ['eth0', 'eth1']) {
    ip(`-n ${name} link set ${device} up`);
    ip(`-n ${lan} link set ${device} up`);
  }
  for (const address of ['192.0.2.1/24', '192.0.2.2/24'])
    ip(`-n ${lan} addr add ${address} dev eth0`);

  const inside = (argv: readonly string[]): readonly string[] => [
    'ip',
    'netns',
    'exec',
    name,
    ...words([...argv, '--config', place.config]),
  ];
  const hotpair = (...argv: readonly string[]): Promise<Outcome> => runProgram(inside(argv));
  const postmaster = (): number =>
    Number(readFileSync(join(place.directory, 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);
  const status = async (): Promise<StatusJson | null> => {
    const { code, stdout } = await hotpair('status', '--json');
    return code === 0 ? (JSON.parse(stdout) as StatusJson) : null;
  };
  return {
    ...place,
    hotpair,
    status,
    postmaster,
    startAgent() {
      const agent = runAgent(inside(['agent']));
      agents.push(agent);
      return agent;
    },
    async untilStatus(what, wanted) {
      const end = performance.now() + deadlineMs;
      for (;;) {
        const seen = await status();
        if (seen !== null && wanted(seen)) return seen;
        if (performance.now() > end)
          throw new Error(`waited in vain until ${what}: ${JSON.stringify(seen)}`);
        await delay(50);
      }
    },
    addresses: () => ip(`-n ${name} -br addr show dev eth0`),
    remove() {
      for (const { process: child } of agents) child.kill('SIGKILL');
      stopPostgres(postmaster);
      for (const namespace of [name, lan]) ip(`netns del ${namespace}`);
    },
  };
}

function ip(words: string): string {
  return execFileSync('ip', words.split(' '), { encoding: 'utf8' });
}

function stopPostgres(postmaster: () => number): void {
  try {
    process.kill(postmaster(), 'SIGQUIT');
  } catch {
    // It is stopped already, or was never started.
  }
}

function runAgent([program = '', ...argv]: readonly string[]): Agent {
  const child = spawn(program, argv, { stdio: ['ignore', 'ignore', 'pipe'] });
  let text = '';
  child.stderr.on('data', (bytes: Buffer) => {
    text += bytes.toString();
  });
  return {
    process: child,
    lines: () =>
      text
        .split('\n')
        .filter((line) => line.startsWith('{') && line.endsWith('}'))
        .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>),
    ended: new Promise((resolve) => {
      child.on('close', (code) => resolve(code));
    }),
  };
}
