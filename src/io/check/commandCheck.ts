// Does a command that looks at a service succeed: it ends in time, with status 0.
import { describeEnd, runProgram, succeeded } from '../../kernel/programRun.ts';
import type { Program } from '../../kernel/programStart.ts';
import type { CheckOutcome } from './check.ts';
import { sentenceOf } from './timed.ts';

export async function checkCommand(
  program: () => Program,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<CheckOutcome> {
  try {
    const described = program();
    const end = await runProgram({ ...described, deadlineMs: timeoutMs, signal });
    if (succeeded(end)) return { ok: true, text: 'status 0' };
    return { ok: false, text: describeEnd(described.command[0] ?? 'the command', end) };
  } catch (error) {
    return { ok: false, text: sentenceOf(error) };
  }
}
