// The companion process from its first line to its last: a client of the agent at normal priority, started by the guardian, that
// holds whatever may be slow. The agent does not know it; killed or stopped, it takes nothing with it but the panel.
import { writeFileSync } from 'node:fs';
import { askAgent } from '../daemon/control/controlClient.ts';
import type { CompanionSettings } from '../daemon/companionDescription.ts';
import { settingsVariable } from '../daemon/companionDescription.ts';
import type { Verdict } from '../daemon/commands.ts';
import { openErrorStream } from '../io/events/errorStream.ts';
import type { BoundedWriter } from '../io/events/boundedWriter.ts';
import { HotpairError } from '../protocol/hotpairError.ts';
import { openCompanion } from './companion.ts';

const answerDeadlineMs = 3_000;
/** A switchover that the core has not answered is told as unfinished by the agent before that. */
const orderDeadlineMs = 150_000;
const flushMs = 300;
const brokenInvariant = 70; // EX_SOFTWARE of sysexits.h
/** Where memory is short this process is the first that can be done without. */
const oomScore = '500';

/** Runs until SIGTERM; returns the exit status. Throws HotpairError USAGE where the guardian has not started it. */
export async function runCompanion(): Promise<number> {
  const settings = settingsOf(process.env[settingsVariable]);
  beFirstToGo();
  const stream = openErrorStream();
  endOnDefects(stream);
  const { runDirectory } = settings;
  const companion = await openCompanion({
    settings,
    ask: () => askAgent(runDirectory, { command: 'status' }, answerDeadlineMs),
    order: async () =>
      (await askAgent(runDirectory, { command: 'switchover' }, orderDeadlineMs)) as Verdict,
    report: (level, event, detail) => say(stream, level, event, detail),
  });
  const signal = await new Promise<string>((resolve) => {
    for (const each of ['SIGTERM', 'SIGINT'] as const) process.once(each, () => resolve(each));
  });
  await companion.close();
  say(stream, 'info', 'companionStopped', { signal });
  await stream.flush(flushMs);
  return 0;
}

/** It is the same build of the same program that wrote it. */
function settingsOf(text: string | undefined): CompanionSettings {
  if (text !== undefined) return JSON.parse(text) as CompanionSettings;
  throw new HotpairError('USAGE', 'the guardian starts the companion, nobody else', {
    exitCode: 2,
  });
}

function beFirstToGo(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', oomScore);
  } catch {
    // A kernel that does not know it kills by other rules.
  }
}

function say(
  stream: BoundedWriter,
  level: string,
  event: string,
  detail: Readonly<Record<string, unknown>>,
): void {
  stream.write(JSON.stringify({ time: new Date().toISOString(), level, event, ...detail }));
}

async function flushAndEnd(stream: BoundedWriter): Promise<void> {
  await stream.flush(flushMs);
  process.exit(brokenInvariant);
}

/** The guardian starts another one. */
function endOnDefects(stream: BoundedWriter): void {
  const end = (error: unknown): void => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    say(stream, 'error', 'companionBroke', { text });
    void flushAndEnd(stream);
  };
  process.once('uncaughtException', end);
  process.once('unhandledRejection', end);
}
