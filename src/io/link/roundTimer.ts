// The beat of a probe round: its questions evenly over the round, and its end, once.

import { monotonicMs } from '../../kernel/clock.ts';

export type RoundTimes = {
  readonly startedAtMs: number;
  readonly probes: number;
  readonly roundMs: number;
};

/**
 * Calls `ask` at once and then evenly so that the last question has as long to be answered as lies
 * between two (3 in 90 ms: 0, 30, 60), and `end` once at startedAtMs + roundMs, never earlier.
 * Questions whose time passed while the process was held up are left out. Returns what stops it.
 */
export function runRound(times: RoundTimes, ask: () => void, end: () => void): () => void {
  const gapMs = times.roundMs / times.probes;
  const endAtMs = times.startedAtMs + times.roundMs;
  const dueAtMs = (question: number): number => times.startedAtMs + question * gapMs;
  let question = 0;
  let timer: NodeJS.Timeout | undefined;
  const wait = (untilMs: number, then: () => void): void => {
    // Node's timers count whole milliseconds and can be up to one early.
    timer = setTimeout(then, Math.max(0, Math.ceil(untilMs - monotonicMs())));
  };
  const finish = (): void => {
    if (monotonicMs() < endAtMs) wait(endAtMs, finish);
    else end();
  };
  const turn = (): void => {
    if (monotonicMs() < endAtMs) ask();
    question += 1;
    while (question < times.probes && dueAtMs(question) < monotonicMs()) question += 1;
    if (question < times.probes) wait(dueAtMs(question), turn);
    else wait(endAtMs, finish);
  };
  turn();
  return () => clearTimeout(timer);
}
