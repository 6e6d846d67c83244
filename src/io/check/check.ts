// One look at a service from outside: does its process run, does it take a connection, does it answer. Every kind of look ends
// within its time and never throws; what went wrong is a sentence.
import type { CheckDescription } from '../../protocol/guardianMessages.ts';
import type { ProcessIdentity } from '../../kernel/processes.ts';
import type { Program } from '../../kernel/programStart.ts';
import { checkCommand } from './commandCheck.ts';
import { checkHttp } from './httpCheck.ts';
import { checkProcess } from './processCheck.ts';
import { checkSip } from './sipCheck.ts';
import { checkTcp } from './tcpCheck.ts';

export type CheckOutcome = { readonly ok: boolean; readonly text: string };

export type CheckSurroundings = {
  /** The main process of the service, null where none is known. */
  readonly main: ProcessIdentity | null;
  /** How a command runs: as the service does. May throw, for instance for an unknown user. */
  readonly program: () => Omit<Program, 'command'>;
  /** Ends the look at once. */
  readonly signal: AbortSignal;
};

export async function runCheck(
  check: CheckDescription,
  timeoutMs: number,
  surroundings: CheckSurroundings,
): Promise<CheckOutcome> {
  const { main, program, signal } = surroundings;
  if (check.type === 'process') return checkProcess(main);
  if (check.type === 'tcp') return checkTcp(check, timeoutMs, signal);
  if (check.type === 'http') return checkHttp(check, timeoutMs, signal);
  if (check.type === 'sip') return checkSip(check, timeoutMs, signal);
  return checkCommand(() => ({ ...program(), command: check.command }), timeoutMs, signal);
}
