// Orders on their way to the guardian process: each waits here for its answer, for a bounded time, or until the process ends.
import type { FromGuardian, ToGuardian } from '../protocol/guardianMessages.ts';
import { HotpairError } from '../protocol/hotpairError.ts';
import type { GuardianProcess } from './guardianProcess.ts';

type Answer = Omit<FromGuardian & { readonly type: 'answer' }, 'type' | 'id'>;

type Waiting = {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: HotpairError) => void;
  readonly timer: NodeJS.Timeout;
};

const mostWaiting = 32;

export class GuardianOrders {
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  /** Rejects with GUARDIAN_DOWN, COMMAND_BUSY or COMMAND_DEADLINE. */
  give(
    to: GuardianProcess | null,
    deadlineMs: number,
    message: (id: number) => ToGuardian,
  ): Promise<Answer> {
    if (to === null) return Promise.reject(down('it is not running'));
    if (this.#waiting.size >= mostWaiting) {
      return Promise.reject(new HotpairError('COMMAND_BUSY', 'too many orders wait for an answer'));
    }
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        const text = `the guardian has not answered within ${deadlineMs / 1000} s`;
        reject(new HotpairError('COMMAND_DEADLINE', text));
      }, deadlineMs);
      this.#waiting.set(id, { resolve, reject, timer });
      to.send(message(id));
    });
  }

  answer({ id, ok, text }: FromGuardian & { readonly type: 'answer' }): void {
    this.#take(id)?.resolve({ ok, text });
  }

  /** The process has ended: nobody answers any more. */
  fail(how: string): void {
    for (const id of this.#waiting.keys()) this.#take(id)?.reject(down(how));
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return undefined;
    clearTimeout(waiting.timer);
    this.#waiting.delete(id);
    return waiting;
  }
}

function down(how: string): HotpairError {
  return new HotpairError('GUARDIAN_DOWN', `the guardian does not answer: ${how}`);
}
