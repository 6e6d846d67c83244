// The one loop in which the core decides: takes happenings from the mailbox, gives each its time, hands the effects to
// their executors and sleeps until the core wants to be asked again.
import type { Effect } from '../core/effects.ts';
import type { CoreEvent } from '../core/events.ts';
import type { Settings } from '../core/settings.ts';
import type { State } from '../core/state.ts';
import { initialState, nextWakeAt, step } from '../core/step.ts';
import { monotonicMs } from '../kernel/clock.ts';
import type { FlightRecorder, Step } from './flightRecorder.ts';
import { openMailbox } from './mailbox.ts';
import type { Happening } from './mailbox.ts';

const mailboxCapacity = 1024;

/** A tick this much later than asked for is worth a line: the machine is overloaded or was asleep. */
const lateMs = 40;

export type StepLoopOptions = {
  readonly settings: Settings;
  /** Carries out one effect; must return at once. */
  perform(effect: Effect): void;
  /** What can only be seen by looking is looked at before a tick. */
  look(): void;
  /** Every decision after it was carried out, and the event upon which the core threw. */
  readonly flight: Pick<FlightRecorder, 'stepped' | 'undecided'>;
  /** Whatever waited is decided upon and carried out. */
  decided(state: State): void;
  /** The loop woke up `lateByMs` after the moment that the core asked for. */
  late(lateByMs: number): void;
  /** An invariant broke; the loop is stopped already. */
  broken(error: unknown): void;
};

export type StepLoop = {
  post(happening: Happening): void;
  state(): State;
  settings(): Settings;
  /** Other settings from the next event on. */
  configure(settings: Settings): void;
  /** Nothing is decided any more. */
  halt(): void;
};

export function openStepLoop(options: StepLoopOptions): StepLoop {
  const mailbox = openMailbox(mailboxCapacity);
  let { settings } = options;
  let state = initialState(settings);
  let deciding = false;
  let halted = false;
  let timer: NodeJS.Timeout | undefined;
  let armedFor = -1;

  function decide(): void {
    deciding = true;
    try {
      for (let next = mailbox.take(); next !== undefined && !halted; next = mailbox.take()) {
        // The spread of a union with one more field is that union's member again, which tsc cannot see.
        const event = { ...next, at: monotonicMs() } as CoreEvent;
        const before = state;
        const { state: after, effects } = stepped(event, before, settings, options.flight);
        state = after;
        carryOut({ before, event, after, effects, settings }, options);
      }
    } finally {
      deciding = false;
    }
    options.decided(state);
    sleep();
  }

  function sleep(): void {
    if (halted) return;
    const wakeAt = nextWakeAt(state, settings);
    if (wakeAt === armedFor) return;
    clearTimeout(timer);
    armedFor = wakeAt;
    timer = setTimeout(wake, Math.max(1, Math.ceil(wakeAt - monotonicMs())));
  }

  function wake(): void {
    const lateByMs = monotonicMs() - armedFor;
    armedFor = -1;
    if (lateByMs > lateMs) options.late(lateByMs);
    options.look();
    post({ type: 'tick' });
  }

  function post(happening: Happening): void {
    if (halted) return;
    try {
      mailbox.put(happening);
      // An executor may post while a decision is being carried out; that event waits for its turn.
      if (!deciding) decide();
    } catch (error) {
      halt();
      options.broken(error);
    }
  }

  function halt(): void {
    halted = true;
    clearTimeout(timer);
  }

  return {
    post,
    halt,
    state: () => state,
    settings: () => settings,
    configure(changed) {
      settings = changed;
    },
  };
}

function stepped(
  event: CoreEvent,
  before: State,
  settings: Settings,
  flight: StepLoopOptions['flight'],
): ReturnType<typeof step> {
  try {
    return step(before, event, settings);
  } catch (error) {
    flight.undecided(before, event, settings);
    throw error;
  }
}

function carryOut(done: Step, options: StepLoopOptions): void {
  try {
    for (const effect of done.effects) options.perform(effect);
  } finally {
    options.flight.stepped(done);
  }
}
