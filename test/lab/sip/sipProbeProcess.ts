// The asking phone as the lab sees it: starts it among the phones, and tells when the service address answered.

import { until } from '../clock.ts';
import { runDirectory } from '../layout.ts';
import { endProcess, growingFile, startInLan } from '../lanProcess.ts';

export type SipAnswer = { readonly askedMs: number; readonly atMs: number };

export type RunningSipProbe = {
  readonly answers: () => readonly SipAnswer[];
  /** Waits for an answer to something asked after `sinceMs`, and gives its instant. */
  readonly untilAnswered: (sinceMs: number, deadlineMs: number) => Promise<number>;
  readonly stop: () => Promise<void>;
};

let started = 0;

export function startSipProbe(): RunningSipProbe {
  started += 1;
  const path = `${runDirectory}/probe-${process.pid}-${started}.answers`;
  const file = growingFile(path, sipAnswerOf);
  const child = startInLan('sip/sipProbe.ts', [path]);
  return {
    answers: file.items,
    untilAnswered: async (sinceMs, deadlineMs) => {
      const first = (): SipAnswer | undefined => file.items().find((one) => one.askedMs > sinceMs);
      await until('an answer to OPTIONS', deadlineMs, () => first() !== undefined);
      return first()?.atMs ?? NaN;
    },
    stop: async () => {
      await endProcess('the asking phone', child);
      file.remove();
    },
  };
}

function sipAnswerOf(line: string): SipAnswer {
  const [askedMs = '', atMs = ''] = line.split(' ');
  return { askedMs: Number(askedMs), atMs: Number(atMs) };
}

/** Waits until the service address answers phones. */
export async function untilTelephoneAnswers(deadlineMs: number): Promise<void> {
  const probe = startSipProbe();
  try {
    await probe.untilAnswered(0, deadlineMs);
  } finally {
    await probe.stop();
  }
}

/**
 * The longest time without an answer that began at `sinceMs` or later, or was going on then; in ms. Without an answer after
 * `sinceMs` it has no end: null.
 */
export function longestSilenceMs(answers: readonly SipAnswer[], sinceMs: number): number | null {
  const instants = answers.map(({ atMs }) => atMs);
  const after = instants.filter((atMs) => atMs > sinceMs);
  if (after.length === 0) return null;
  const before = instants.filter((atMs) => atMs <= sinceMs).at(-1) ?? sinceMs;
  return Math.max(...after.map((atMs, index) => atMs - (after[index - 1] ?? before)));
}
