// Tells the agent how the services are: at once when something changed, and every second, because times go on.
import type { GuardianState } from '../../core/guardian/state.ts';
import { summarizeGuardian } from '../../core/guardian/summary.ts';
import { monotonicMs } from '../../kernel/clock.ts';
import type { FromGuardian, SyncStatus, ToGuardian } from '../../protocol/guardianMessages.ts';
import type { LineOutput } from './lineOutput.ts';

type Configure = Extract<ToGuardian, { readonly type: 'configure' }>;
type StateMessage = Extract<FromGuardian, { readonly type: 'state' }>;

export type StateTeller = {
  /** Something may have changed; what many events of one turn change is told once. */
  readonly note: () => void;
  readonly close: () => void;
};

export type Shown = {
  readonly state: () => GuardianState;
  readonly pid: (service: string) => number | null;
  readonly sync: () => readonly SyncStatus[];
};

const everyMs = 1_000;

export function openStateTeller(configure: Configure, out: LineOutput, shown: Shown): StateTeller {
  let last = '';
  let isNoted = false;
  let isClosed = false;

  const message = (): StateMessage => {
    const summary = summarizeGuardian(shown.state(), configure, monotonicMs());
    const services = summary.services.map((each) => ({ ...each, pid: shown.pid(each.name) }));
    return { type: 'state', ...summary, services, sync: shown.sync() };
  };
  const timer = setInterval(() => {
    // Before it knows what the guardian before it held against the services it would call them fit.
    if (shown.state().begun) out.sayState(message());
  }, everyMs);

  return {
    note() {
      if (isNoted) return;
      isNoted = true;
      setImmediate(() => {
        isNoted = false;
        if (isClosed) return;
        const now = message();
        const text = withoutTimes(now);
        if (text === last) return;
        last = text;
        out.sayState(now);
      });
    },
    close() {
      isClosed = true;
      clearInterval(timer);
    },
  };
}

/** What changes with every millisecond is no news. */
function withoutTimes(message: StateMessage): string {
  return JSON.stringify(message, (name, value: unknown) =>
    name === 'forMs' ||
    (name === 'lagMs' && value !== null) ||
    (name === 'unfitForMs' && value !== null)
      ? 0
      : value,
  );
}
