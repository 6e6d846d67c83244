// How this box and its agent came up, and how often that was not expected: a mark on disk says how the last run ended. Only
// what a mark can tell is counted, never wall time: a box without a battery clock starts in the wrong year.
import { promises as fs, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Why the agent starts: the box was switched on, came up although nobody stopped it, or only the agent was started. */
export type StartReason =
  | 'firstStart'
  | 'boot'
  | 'unexpectedBoot'
  | 'watchdogReset'
  | 'agentStart'
  | 'agentDied';

export type StartReport = {
  readonly reason: StartReason;
  /** Boots and starts of the agent since the box was set up. */
  readonly boots: number;
  readonly agentStarts: number;
  /** Unexpected starts without a steady run in between, this one included. */
  readonly unexpectedInRow: number;
};

export type BootRecord = StartReport & {
  /** The run has lasted: what came before it no longer counts. Never rejects. */
  readonly noteSteady: () => Promise<void>;
  /** The agent ends because somebody wants it to. Never rejects. */
  readonly noteStop: () => Promise<void>;
};

type Mark = {
  readonly bootId: string;
  readonly boots: number;
  readonly agentStarts: number;
  readonly unexpectedInRow: number;
  readonly running: boolean;
};

const fileName = 'boots.json';
const none: Mark = { bootId: '', boots: 0, agentStarts: 0, unexpectedInRow: 0, running: false };

/** The kernel makes a new one at every boot. */
export function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}

/**
 * Reads the mark of the last run and writes the one of this run. `watchdogReset`: what the watchdog's device says of the last
 * reset, null where it says nothing. Never rejects: on a disk that refuses, the next start knows less.
 */
export async function noteStart(
  directory: string,
  boot: string,
  watchdogReset: boolean | null,
): Promise<BootRecord> {
  const last = await readMark(directory);
  const isBoot = last === null || last.bootId !== boot;
  const reason = reasonOf(last, isBoot, watchdogReset);
  const before = last ?? none;
  const isExpected = !unexpectedReasons.has(reason);
  let mark: Mark = {
    bootId: boot,
    boots: before.boots + (isBoot ? 1 : 0),
    agentStarts: before.agentStarts + 1,
    unexpectedInRow: before.unexpectedInRow + (isExpected ? 0 : 1),
    running: true,
  };
  const put = async (change: Partial<Mark>): Promise<void> => {
    mark = { ...mark, ...change };
    await writeMark(directory, mark);
  };
  await put({});
  const { boots, agentStarts, unexpectedInRow } = mark;
  return {
    reason,
    boots,
    agentStarts,
    unexpectedInRow,
    noteSteady: async () => put({ unexpectedInRow: 0 }),
    noteStop: async () => put({ running: false }),
  };
}

const unexpectedReasons: ReadonlySet<StartReason> = new Set([
  'unexpectedBoot',
  'watchdogReset',
  'agentDied',
]);

function reasonOf(last: Mark | null, isBoot: boolean, watchdogReset: boolean | null): StartReason {
  if (last === null) return 'firstStart';
  if (!isBoot) return last.running ? 'agentDied' : 'agentStart';
  if (!last.running) return 'boot';
  return watchdogReset === true ? 'watchdogReset' : 'unexpectedBoot';
}

/** For people. */
export const startReasonText = {
  firstStart: 'the first start of this box',
  boot: 'the box was switched on after an orderly stop',
  unexpectedBoot: 'the box came up without an orderly stop before: power loss, reset or crash',
  watchdogReset: 'the watchdog had reset the box',
  agentStart: 'the agent was started again after an orderly stop, on a box that runs on',
  agentDied: 'the agent had died, on a box that runs on',
} as const satisfies Record<StartReason, string>;

async function readMark(directory: string): Promise<Mark | null> {
  try {
    const text = await fs.readFile(join(directory, fileName), 'utf8');
    const read = { ...none, ...(JSON.parse(text) as Partial<Mark>) };
    const numbers = [read.boots, read.agentStarts, read.unexpectedInRow];
    const isWhole = numbers.every((value) => Number.isSafeInteger(value) && value >= 0);
    return isWhole && typeof read.bootId === 'string' ? read : null;
  } catch {
    return null;
  }
}

async function writeMark(directory: string, mark: Mark): Promise<void> {
  const path = join(directory, fileName);
  try {
    await fs.writeFile(`${path}.new`, `${JSON.stringify(mark)}\n`, { mode: 0o600, flush: true });
    await fs.rename(`${path}.new`, path);
  } catch {
    // The state partition has an alarm of its own.
  }
}
