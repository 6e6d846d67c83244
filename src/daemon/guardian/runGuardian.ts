// The guardian process from its first line to its last: it is told what to do over stdin, says what happens over stdout, and ends
// when nobody speaks to it any more, leaving every service running.
import { readFileSync, writeFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { HotpairError } from '../../protocol/hotpairError.ts';
import type { ToGuardian } from '../../protocol/guardianMessages.ts';
import { openGuardian } from './guardian.ts';
import type { Guardian, Told } from './guardian.ts';
import { becomeGuardian } from './guardianLock.ts';
import { readLines } from './lineInput.ts';
import { openLineOutput } from './lineOutput.ts';
import type { LineOutput } from './lineOutput.ts';

/** A disk that hangs keeps a thread for each file that is waited for. Read when the pool is first used. */
const poolThreads = '12';

const brokenInvariant = 70; // EX_SOFTWARE of sysexits.h
const flushMs = 100;
const usualUmask = 0o022;
const oomScore = '/proc/self/oom_score_adj';

/** Ends the process when stdin has ended. Throws HotpairError USAGE where it is not an agent that speaks. */
export async function runGuardian(): Promise<never> {
  process.env['UV_THREADPOOL_SIZE'] ??= poolThreads;
  becomeOrdinary();
  const out = openLineOutput(process.stdout);
  endOnDefects(out);
  let guardian: Guardian | null = null;
  const early: Told[] = [];
  let isBegun = false;

  const hear = (message: ToGuardian): void => {
    if (message.type !== 'configure') {
      if (guardian !== null && isBegun) guardian.tell(message);
      else early.push(message);
      return;
    }
    if (guardian !== null) throw new Error('a guardian is configured once');
    const one = openGuardian(message, out);
    guardian = one;
    void (async () => {
      await becomeGuardian(message.runDirectory);
      await one.begin();
      isBegun = true;
      for (const told of early.splice(0)) one.tell(told);
    })();
  };

  const why = await new Promise<string | null>((resolve) => {
    readLines(process.stdin, { heard: hear, broken: resolve, ended: () => resolve(null) });
  });
  (guardian as Guardian | null)?.close();
  // What was told to end is killed in this turn of the loop.
  await setImmediate();
  // At once: what waits for an agent that does not read is never taken.
  if (why === null) process.exit(0);
  throw new HotpairError('USAGE', `the agent speaks to its guardian, nobody else: ${why}`);
}

/** Services begin as they would under an init system, whatever the agent was given: it may be the last to be killed, they may not. */
function becomeOrdinary(): void {
  process.umask(usualUmask);
  try {
    if (Number(readFileSync(oomScore, 'utf8')) < 0) writeFileSync(oomScore, '0');
  } catch {
    // A kernel that does not know it kills by other rules.
  }
}

/** The agent starts another one, which goes on with everything that runs. */
function endOnDefects(out: LineOutput): void {
  let isEnding = false;
  const end = (error: unknown): void => {
    if (isEnding) return;
    isEnding = true;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    out.say({ type: 'event', level: 'error', event: 'guardianBroke', detail: { text } });
    process.stdout.write('', endBroken);
    setTimeout(endBroken, flushMs);
  };
  process.on('uncaughtException', end);
  process.on('unhandledRejection', end);
}

function endBroken(): void {
  process.exit(brokenInvariant);
}
