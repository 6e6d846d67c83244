// Services of a test: their descriptions, the hands that run them in a folder of their own, and what was told of them. All that
// was started is killed at the end of the test.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { killAll, membersOf } from '../../../src/io/service/members.ts';
import { openRunFile, readRunFile } from '../../../src/io/service/runFile.ts';
import type { ServiceEvent } from '../../../src/io/service/serviceEvent.ts';
import { openServices } from '../../../src/io/service/services.ts';
import type { Services } from '../../../src/io/service/services.ts';
import { processStat } from '../../../src/kernel/processes.ts';
import type { ServiceDescription } from '../../../src/protocol/guardianMessages.ts';
import { until } from '../../daemon/until.ts';

export function aService(changes: Partial<ServiceDescription> = {}): ServiceDescription {
  return {
    name: 'pbx',
    runs: 'always',
    after: [],
    required: true,
    startDeadlineMs: 5_000,
    stopDeadlineMs: 2_000,
    restart: {
      firstMs: 200,
      longestMs: 30_000,
      limit: 5,
      windowMs: 60_000,
      steadyMs: 60_000,
      quarantineMs: 1_800_000,
    },
    program: { type: 'process', command: ['/bin/sleep', '600'] },
    user: null,
    group: null,
    directory: '/',
    environment: {},
    stopSignal: 'SIGTERM',
    memoryLimitBytes: null,
    openFiles: null,
    logBytes: 100_000,
    checks: [],
    ...changes,
  };
}

/** A service that is a shell script. */
export function aScript(script: string, changes: Partial<ServiceDescription> = {}) {
  return aService({ program: { type: 'process', command: ['/bin/sh', '-c', script] }, ...changes });
}

export type Place = {
  readonly folder: string;
  readonly logDirectory: string;
  readonly runDirectory: string;
  /** Writes an executable script; returns its path. */
  readonly put: (name: string, text: string) => string;
  readonly read: (name: string) => string;
  readonly log: (service?: string) => string;
};

export function aPlace(t: ExecutionContext): Place {
  const folder = mkdtempSync(join(tmpdir(), 'hotpair-service-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const place = { folder, logDirectory: join(folder, 'logs'), runDirectory: folder };
  mkdirSync(place.logDirectory, { mode: 0o700 });
  const read = (name: string): string => {
    try {
      return readFileSync(join(folder, name), 'utf8').trim();
    } catch {
      return '';
    }
  };
  return {
    ...place,
    read,
    log: (service = 'pbx') => read(`logs/${service}.log`),
    put(name, text) {
      const path = join(folder, name);
      writeFileSync(path, text, { mode: 0o755 });
      return path;
    },
  };
}

export type Told = ServiceEvent['type'];

export type Hands = Services & {
  readonly events: readonly ServiceEvent[];
  /** Waits for the next event of this type that was not waited for. */
  readonly next: <T extends Told>(type: T) => Promise<Extract<ServiceEvent, { type: T }>>;
  /** Starts `pbx`, or another one, and waits until it was started; returns its pid. */
  readonly run: (service?: string) => Promise<number>;
};

/** The hands of a guardian with its run file; `path` is where programs are looked for. */
export function someHands(
  t: ExecutionContext,
  place: Place,
  descriptions: readonly ServiceDescription[],
  path = '/usr/bin:/bin',
): Hands {
  const { logDirectory, runDirectory } = place;
  const events: ServiceEvent[] = [];
  const waiting: ServiceEvent[] = [];
  const file = openRunFile(runDirectory);
  const services = openServices({
    descriptions,
    logDirectory,
    runDirectory,
    environment: ({ name, environment }) => ({
      PATH: path,
      ...environment,
      HOTPAIR_SERVICE: name,
      HOTPAIR_RUN_DIRECTORY: runDirectory,
    }),
    onEvent(event) {
      events.push(event);
      waiting.push(event);
    },
    onChange: () => file.write({ services: services.running(), remembered: null, hooks: [] }),
  });
  const next: Hands['next'] = async (type) => {
    const isIt = (event: ServiceEvent): event is Extract<ServiceEvent, { type: typeof type }> =>
      event.type === type;
    await until(`${type} is told`, () => waiting.some(isIt), 10_000);
    const found = waiting.find(isIt);
    if (found === undefined) throw new Error(`${type} was not told`);
    waiting.splice(waiting.indexOf(found), 1);
    return found;
  };
  let token = 1_000;
  t.teardown(async () => {
    services.close();
    for (const { name: service } of descriptions) await killService(place, service);
  });
  return {
    ...services,
    events,
    next,
    async run(service = 'pbx') {
      token += 1;
      const own = token;
      services.start(service, own);
      await until(`${service} is started`, () =>
        events.some((event) => event.type === 'serviceStarted' && event.token === own),
      );
      const main = services.main(service);
      if (main === null) throw new Error(`${service} has ended already`);
      return main.pid;
    },
  };
}

/** What a guardian of the same place finds that begins now. */
export function left(place: Place) {
  return readRunFile(place.runDirectory).services;
}

async function killService({ runDirectory }: Place, service: string): Promise<void> {
  const main = readRunFile(runDirectory).services.find(
    ({ description }) => description.name === service,
  );
  const belonging = { service, main: main?.main ?? null, runDirectory };
  await killAll(() => membersOf(belonging), 5_000);
}

export function lives(pid: number): boolean {
  const stat = processStat(pid);
  return stat !== null && stat.state !== 'Z' && stat.state !== 'X';
}
