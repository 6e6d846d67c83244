// Does a command that looks at a service succeed: it ends in time, with status 0.
import { describeEnd, runProgram, succeeded } from '../../kernel/programRun.ts';
import type { Program } from '../../kernel/programStart.ts';
import type { CheckOutcome } from './check.ts';

export async function checkCommand(
  program: Program,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<CheckOutcome> {
  const end = await runProgram({ ...program, deadlineMs: timeoutMs, signal });
  const what = program.command[0] ?? 'the command';
  return succeeded(end)
    ? { ok: true, text: 'status 0' }
    : { ok: false, text: describeEnd(what, end) };
}
