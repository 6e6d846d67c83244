// Orders of people that the core decides about: each waits here for its answer, for a bounded time.
import { reasonText } from '../core/reasons.ts';
import type { Reason } from '../core/reasons.ts';
import type { OperatorCommand } from '../core/events.ts';
import { HotpairError } from '../protocol/hotpairError.ts';
import type { Happening } from './mailbox.ts';

const maximumWaiting = 32;

export type Verdict = { readonly ok: boolean; readonly code: string; readonly text: string };

export type Commands = {
  /** Hands the order to the core; rejects with COMMAND_DEADLINE or COMMAND_BUSY. */
  give(command: OperatorCommand, deadlineMs: number): Promise<Verdict>;
  readonly answer: (commandId: number, ok: boolean, reason: Reason) => void;
};

type Waiting = { readonly resolve: (verdict: Verdict) => void; readonly timer: NodeJS.Timeout };

export function openCommands(post: (happening: Happening) => void): Commands {
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  return {
    give(command, deadlineMs) {
      if (waiting.size >= maximumWaiting) {
        return Promise.reject(
          new HotpairError('COMMAND_BUSY', 'too many orders wait for an answer'),
        );
      }
      lastId += 1;
      const commandId = lastId;
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(commandId);
          const message = `${command.type} was not finished within ${deadlineMs / 1000} s`;
          reject(new HotpairError('COMMAND_DEADLINE', message));
        }, deadlineMs);
        waiting.set(commandId, { resolve, timer });
        post({ type: 'operatorCommanded', commandId, command });
      });
    },
    answer(commandId, ok, reason) {
      const entry = waiting.get(commandId);
      if (entry === undefined) return;
      waiting.delete(commandId);
      clearTimeout(entry.timer);
      entry.resolve({ ok, code: reason.code, text: reasonText(reason) });
    },
  };
}
