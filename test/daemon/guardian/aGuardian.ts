// A guardian process of a test with its agent's side: what it is told, what it says, and its death in every way.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { killAll, markedProcesses, membersOf } from '../../../src/io/service/members.ts';
import { readRunFile } from '../../../src/io/service/runFile.ts';
import type {
  FromGuardian,
  GuardianPlace,
  HookDescription,
  ServiceDescription,
  ServiceStatus,
  SyncDescription,
  ToGuardian,
} from '../../../src/protocol/guardianMessages.ts';
import { hotpairWords } from '../../cli/callHotpair.ts';
import { aService } from '../../io/service/someServices.ts';
import { until } from '../until.ts';

type Of<T extends FromGuardian['type']> = Extract<FromGuardian, { readonly type: T }>;

export type Site = {
  readonly folder: string;
  readonly runDirectory: string;
  readonly stateDirectory: string;
  readonly put: (name: string, text: string) => string;
  readonly read: (name: string) => string;
  readonly lines: (name: string) => readonly string[];
};

/** State and run directory; what a guardian of this place has started is killed at the end of the test. */
export function aSite(t: ExecutionContext): Site {
  const folder = mkdtempSync(join(tmpdir(), 'hotpair-guardian-'));
  const runDirectory = join(folder, 'run');
  const stateDirectory = join(folder, 'state');
  for (const directory of [runDirectory, stateDirectory]) mkdirSync(directory);
  t.teardown(async () => {
    await killEverything(runDirectory);
    rmSync(folder, { recursive: true, force: true });
  });
  const read = (name: string): string => {
    try {
      return readFileSync(join(folder, name), 'utf8').trim();
    } catch {
      return '';
    }
  };
  return {
    folder,
    runDirectory,
    stateDirectory,
    read,
    lines: (name) => read(name).split('\n').filter(Boolean),
    put(name, text) {
      const path = join(folder, name);
      writeFileSync(path, text, { mode: 0o755 });
      return path;
    },
  };
}

export type Told = {
  readonly services?: readonly ServiceDescription[];
  readonly hooks?: readonly HookDescription[];
  readonly sync?: SyncDescription;
  readonly place?: Partial<GuardianPlace>;
};

export type GuardianOfTest = {
  readonly pid: number;
  readonly process: ChildProcess;
  readonly said: readonly FromGuardian[];
  readonly events: () => readonly Of<'event'>[];
  readonly state: () => Of<'state'> | undefined;
  readonly service: (name: string) => ServiceStatus | undefined;
  readonly tell: (message: ToGuardian) => void;
  readonly role: (role: 'primary' | 'standby' | 'none', epoch: number) => void;
  readonly order: (order: 'start' | 'stop' | 'restart', service: string) => Promise<Of<'answer'>>;
  readonly shutDown: (deadlineMs?: number) => Promise<Of<'answer'>>;
  readonly untilState: (service: string, state: ServiceStatus['state']) => Promise<ServiceStatus>;
  readonly untilEvent: (event: string, name?: string) => Promise<Of<'event'>>;
  /** kill -9 */
  readonly kill: () => Promise<void>;
  /** Its agent has gone; returns what it took to end, and its status. */
  readonly end: () => Promise<{ readonly tookMs: number; readonly code: number | null }>;
};

/** Starts a guardian and configures it. */
export function aGuardian(
  t: ExecutionContext,
  site: Site,
  told: Told,
  words = hotpairWords(['guardian']),
): GuardianOfTest {
  const [program = '', ...argv] = words;
  const child = spawn(program, argv, { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  const said: FromGuardian[] = [];
  child.stdin.on('error', () => {});
  createInterface({ input: child.stdout }).on('line', (line) => {
    said.push(JSON.parse(line) as FromGuardian);
  });
  t.teardown(() => child.kill('SIGKILL'));
  const tell = (message: ToGuardian): void => {
    child.stdin.write(`${JSON.stringify(message)}\n`);
  };
  tell({
    type: 'configure',
    services: told.services ?? [],
    hooks: told.hooks ?? [],
    sync: told.sync ?? null,
    place: {
      node: 'box-a',
      heartbeatAddress: '10.0.0.1',
      peerAddress: '10.0.0.2',
      serviceAddresses: ['192.0.2.50', '2001:db8::50'],
      ...told.place,
    },
    stateDirectory: site.stateDirectory,
    runDirectory: site.runDirectory,
  });
  return { pid: child.pid ?? 0, process: child, said, tell, ...conversation(child, said, tell) };
}

function isOf<T extends FromGuardian['type']>(type: T): (each: FromGuardian) => each is Of<T> {
  return (each): each is Of<T> => each.type === type;
}

function conversation(
  child: ReturnType<typeof spawn>,
  said: readonly FromGuardian[],
  tell: (message: ToGuardian) => void,
) {
  let id = 0;
  const events = () => said.filter(isOf('event'));
  const state = () => said.findLast(isOf('state'));
  const service = (name: string) => state()?.services.find((each) => each.name === name);
  const answered = async (own: number): Promise<Of<'answer'>> => {
    const answer = () => said.filter(isOf('answer')).find((each) => each.id === own);
    await until(`order ${own} is answered`, () => answer() !== undefined, 20_000);
    return answer() ?? { type: 'answer', id: own, ok: false, text: '' };
  };
  return {
    events,
    state,
    service,
    role(role: 'primary' | 'standby' | 'none', epoch: number) {
      tell({ type: 'role', role, epoch, reason: { code: 'peerSilent', text: 'nobody answered' } });
    },
    async order(order: 'start' | 'stop' | 'restart', name: string) {
      id += 1;
      tell({ type: 'order', id, order, service: name });
      return answered(id);
    },
    async shutDown(deadlineMs = 20_000) {
      id += 1;
      tell({ type: 'shutdown', id, deadlineMs });
      return answered(id);
    },
    async untilState(name: string, wanted: ServiceStatus['state']) {
      await until(`${name} is ${wanted}`, () => service(name)?.state === wanted, 15_000);
      return service(name) as ServiceStatus;
    },
    async untilEvent(event: string, name?: string) {
      const found = () =>
        events().find(
          (each) =>
            each.event === event &&
            (name === undefined || each.detail['service'] === name || each.detail['hook'] === name),
        );
      await until(`${event} ${name ?? ''}`, () => found() !== undefined, 15_000);
      return found() as Of<'event'>;
    },
    async kill() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
    async end() {
      const begun = performance.now();
      const ended = once(child, 'exit');
      child.stdin?.end();
      const [code] = (await ended) as [number | null];
      return { tookMs: performance.now() - begun, code };
    },
  };
}

export function aHook(changes: Partial<HookDescription>): HookDescription {
  return {
    name: 'role',
    on: ['primary', 'standby'],
    required: false,
    deadlineMs: 5_000,
    command: ['/bin/true'],
    user: null,
    ...changes,
  };
}

/** A shell script as a hook. */
export function aHookScript(script: string, changes: Partial<HookDescription> = {}) {
  return aHook({ command: ['/bin/sh', '-c', script], ...changes });
}

export { aService };

async function killEverything(runDirectory: string): Promise<void> {
  const { services, hooks } = readRunFile(runDirectory);
  const mains = new Map(services.map(({ main, description }) => [description.name, main]));
  const names = new Set([...mains.keys(), ...markedProcesses(runDirectory).services]);
  for (const service of names) {
    const belonging = { service, main: mains.get(service) ?? null, runDirectory };
    await killAll(() => membersOf(belonging), 5_000);
  }
  for (const { pid } of hooks) {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  }
}
