// Figures of a guardian process on this machine, printed: `node test/daemon/guardian/figures.ts [KILLS] [SECONDS] [EXECUTABLE]`.
// How long a service that was killed is away, and what fifty services at rest cost.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { processStat } from '../../../src/kernel/processes.ts';
import type {
  CheckDescription,
  ServiceDescription,
} from '../../../src/protocol/guardianMessages.ts';
import { aScript, aService } from '../../io/service/someServices.ts';
import { until } from '../until.ts';
import { aGuardian, aSite } from './aGuardian.ts';

const kills = Number(process.argv[2] ?? 50);
const restSeconds = Number(process.argv[3] ?? 30);
const executable = process.argv[4];
const words = executable === undefined ? undefined : [executable, 'guardian'];

/** What is taken away at the end, by whoever made it. */
const teardowns: (() => unknown)[] = [];
const t = {
  teardown: (act: () => unknown) => teardowns.push(act),
} as unknown as ExecutionContext;

const restart = {
  firstMs: 10,
  longestMs: 10,
  limit: 1_000,
  windowMs: 60_000,
  steadyMs: 10,
  quarantineMs: 1_000,
};

async function restarts(): Promise<void> {
  const site = aSite(t);
  const started = `${site.folder}/started`;
  const script = `date +%s%N >>${started}; exec sleep 600`;
  const guardian = aGuardian(t, site, { services: [aScript(script, { restart })] }, words);
  const awayMs: number[] = [];
  for (let round = 0; round < kills; round += 1) {
    const { pid } = await guardian.untilState('pbx', 'up');
    await until('it noted its start', () => site.lines('started').length === round + 1);
    await delay(50);
    const killedAt = Date.now();
    process.kill(pid ?? 0, 'SIGKILL');
    await until('it noted its next start', () => site.lines('started').length === round + 2);
    awayMs.push(Number(site.lines('started').at(-1)) / 1e6 - killedAt);
    await until('it is another one', () => guardian.service('pbx')?.pid !== pid);
  }
  const sorted = awayMs.toSorted((a, b) => a - b);
  const at = (part: number): string =>
    (sorted[Math.floor(part * (sorted.length - 1))] ?? 0).toFixed(1);
  print(`kill -9 to the first line of the next start, ${kills} times, ms:`);
  print(`  median ${at(0.5)}, 95 % ${at(0.95)}, longest ${at(1)}`);
}

async function atRest(): Promise<void> {
  const site = aSite(t);
  const guardian = aGuardian(t, site, { services: fiftyServices() }, words);
  await until('all are up', () => upCount() === 50, 60_000);
  function upCount(): number {
    return guardian.state()?.services.filter(({ state }) => state === 'up').length ?? 0;
  }
  // The first looks and what was compiled for them are over then.
  await delay(10_000);
  const before = cpuTicks(guardian.pid);
  await delay(restSeconds * 1_000);
  const usedSeconds = (cpuTicks(guardian.pid) - before) / ticksPerSecond;
  const part = ((100 * usedSeconds) / restSeconds).toFixed(2);
  print(`50 services at rest, a check each every 5 s, memory limits: ${part} % of a core`);
  const { privateMb, residentMb } = memoryOf(guardian.pid);
  print(`  private memory ${privateMb} MB, resident ${residentMb} MB`);
}

/** Ten of each kind of check; a server of this process answers them. */
function fiftyServices(): readonly ServiceDescription[] {
  const times = { intervalMs: 5_000, timeoutMs: 2_000, threshold: 3 } as const;
  const checks: readonly CheckDescription[] = [
    { ...times, type: 'process' },
    { ...times, type: 'tcp', address: '127.0.0.1', port: tcpPort },
    { ...times, type: 'http', url: `http://127.0.0.1:${tcpPort}/`, status: 200 },
    { ...times, type: 'sip', address: '127.0.0.1', port: sipPort },
    { ...times, type: 'command', command: ['/bin/true'] },
  ];
  return Array.from({ length: 50 }, (_, index) => {
    const check = checks[index % checks.length];
    return aService({
      name: `service-${index}`,
      checks: check === undefined ? [] : [check],
      memoryLimitBytes: 512 * 1024 * 1024,
    });
  });
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const ticksPerSecond = 100; // sysconf(_SC_CLK_TCK) of Linux

function cpuTicks(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function memoryOf(pid: number): { readonly privateMb: number; readonly residentMb: number } {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const kilobytes = [...text.matchAll(/^Private_\w+:\s+(\d+) kB/gm)].map(([, found]) =>
    Number(found),
  );
  const privateKb = kilobytes.reduce((sum, each) => sum + each, 0);
  return {
    privateMb: Math.round(privateKb / 1024),
    residentMb: Math.round((processStat(pid)?.residentBytes ?? 0) / 1024 / 1024),
  };
}

const { tcpPort, sipPort } = await servers();

async function servers(): Promise<{ readonly tcpPort: number; readonly sipPort: number }> {
  const http = createServer((_request, response) => response.end());
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const sip = createSocket('udp4');
  sip.on('message', (bytes, { port, address }) => {
    const copied = bytes
      .toString()
      .split('\r\n')
      .filter((line) => /^(Via|From|To|Call-ID|CSeq):/.test(line));
    sip.send(['SIP/2.0 200 OK', ...copied, '', ''].join('\r\n'), port, address);
  });
  sip.bind(0, '127.0.0.1');
  await once(sip, 'listening');
  teardowns.push(
    () => http.close(),
    () => sip.close(),
  );
  const bound = http.address();
  if (bound === null || typeof bound === 'string') throw new Error('no port');
  return { tcpPort: bound.port, sipPort: sip.address().port };
}

try {
  await restarts();
  await atRest();
} finally {
  for (const act of teardowns.toReversed()) await act();
}
