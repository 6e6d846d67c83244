// One resource of the box (record, database, service port, probe): its effects are carried out one at a time, each with a
// deadline that counts from when it was asked for, and each answered by exactly one event.
import { HotpairError } from '../protocol/hotpairError.ts';
import type { Happening } from './mailbox.ts';

/** An effect reported as failed may still be running; so long after its deadline the next one may begin all the same. */
const abandonMs = 1_000;

export type ResourceOptions = {
  readonly name: string;
  /** How many effects may wait; one more is answered with EFFECT_QUEUE. */
  readonly queueLimit: number;
  /** False where an effect that comes late must never overtake a newer one (the record): the next then waits for its end. */
  readonly abandons: boolean;
  deliver(happening: Happening): void;
  log(event: string, detail: Readonly<Record<string, string | number>>): void;
};

export type Task = {
  readonly token: number;
  /** Name of the effect, for the log. */
  readonly effect: string;
  readonly deadlineMs: number;
  /** Begins at once, whatever is under way; what still waits is given up. For the ways out of everything. */
  readonly urgent?: boolean;
  /** Does the work and returns the event that answers it. Rejections become `effectFailed`. */
  work(): Promise<Happening>;
};

export type Resource = { run(task: Task): void };

type Entry = { readonly task: Task; answered: boolean; timer: NodeJS.Timeout | undefined };

export function openResource(options: ResourceOptions): Resource {
  const queue: Entry[] = [];
  const running = new Set<Entry>();

  function run(task: Task): void {
    if (queue.length >= options.queueLimit) {
      options.deliver(failure(task, 'EFFECT_QUEUE', `${options.name} is busy`));
      return;
    }
    const entry: Entry = { task, answered: false, timer: undefined };
    entry.timer = setTimeout(() => miss(entry), task.deadlineMs);
    if (task.urgent === true) {
      giveUpWaiting(task);
      void carryOut(entry);
      return;
    }
    queue.push(entry);
    next();
  }

  function giveUpWaiting(task: Task): void {
    for (const entry of queue.splice(0)) {
      answer(entry, failure(entry.task, 'EFFECT_OVERTAKEN', `${task.effect} came first`));
    }
  }

  function next(): void {
    if (running.size > 0) return;
    const entry = queue.shift();
    if (entry !== undefined) void carryOut(entry);
  }

  async function carryOut(entry: Entry): Promise<void> {
    running.add(entry);
    let happening: Happening;
    try {
      happening = await entry.task.work();
    } catch (error) {
      happening = failureOf(entry.task, error);
    }
    answer(entry, happening);
    release(entry);
  }

  function answer(entry: Entry, happening: Happening): void {
    clearTimeout(entry.timer);
    if (entry.answered) {
      const { effect, token } = entry.task;
      options.log('effectLate', { resource: options.name, effect, token, result: happening.type });
      return;
    }
    entry.answered = true;
    options.deliver(happening);
  }

  function miss(entry: Entry): void {
    const { deadlineMs } = entry.task;
    const at = queue.indexOf(entry);
    // What was reported as failed before it began is never begun.
    if (at >= 0) queue.splice(at, 1);
    else if (options.abandons) entry.timer = setTimeout(() => release(entry), abandonMs);
    entry.answered = true;
    const text = `not done within ${deadlineMs} ms`;
    options.deliver(failure(entry.task, 'EFFECT_DEADLINE', text));
  }

  function release(entry: Entry): void {
    clearTimeout(entry.timer);
    if (running.delete(entry)) next();
  }

  return { run };
}

function failureOf(task: Task, error: unknown): Happening {
  if (error instanceof HotpairError) return failure(task, error.code, error.message);
  return failure(task, 'EFFECT_ERROR', error instanceof Error ? error.message : String(error));
}

function failure(task: Task, code: string, text: string): Happening {
  return { type: 'effectFailed', token: task.token, code, text: `${task.effect}: ${text}` };
}
