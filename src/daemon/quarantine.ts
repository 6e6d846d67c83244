// A box that comes up again and again without having been stopped follows, and does not take over: what shakes it would shake
// the service too. The core knows it as a maintenance of its own making; it ends by time, by a person, or when the box is
// made primary all the same.
import { servesIn } from '../core/roles.ts';
import { monotonicMs } from '../kernel/clock.ts';
import type { StartReport } from './bootRecord.ts';
import type { Log } from './log.ts';
import type { StepLoop } from './stepLoop.ts';

export type Quarantine = {
  /** Begins it where the starts give reason to, unless this box is the one that serves: nobody else could. */
  readonly begin: (serves: boolean) => void;
  /** Milliseconds that are left, and why; null where there is none. */
  readonly state: () => { readonly leftMs: number; readonly text: string } | null;
  /** A person has ended the maintenance. */
  readonly lift: () => void;
  readonly close: () => void;
};

export type QuarantineOptions = {
  readonly loop: Pick<StepLoop, 'post' | 'state'>;
  readonly log: Pick<Log, 'history'>;
  readonly start: StartReport;
  /** So many unexpected starts in a row are too many. */
  readonly unexpectedStarts: number;
  readonly quarantineMs: number;
};

const lookMs = 1_000;

export function openQuarantine(options: QuarantineOptions): Quarantine {
  const { loop, log, start, quarantineMs } = options;
  let until: number | null = null;
  const text = `${start.unexpectedInRow} unexpected starts in a row: this box follows and does not take over`;

  const tell = (untilMs: number | null): void => {
    const command = { type: 'maintenance', untilMs } as const;
    loop.post({ type: 'operatorCommanded', commandId: 0, command });
  };

  const end = (why: string): void => {
    if (until === null) return;
    until = null;
    log.history('info', 'quarantineEnded', { text: why });
  };

  const look = (): void => {
    if (until === null) return;
    const serves = servesIn(loop.state().name);
    if (!serves && monotonicMs() < until) return;
    // As a primary it must not keep the other box from taking over.
    if (serves) tell(null);
    end(serves ? 'the box was made primary' : 'its time is over');
  };
  const timer = setInterval(look, lookMs);
  timer.unref();

  return {
    begin: (serves) => {
      if (start.unexpectedInRow < options.unexpectedStarts || quarantineMs === 0 || serves) return;
      until = monotonicMs() + quarantineMs;
      log.history('warning', 'quarantined', { text, starts: start.unexpectedInRow });
      tell(until);
    },
    state: () => (until === null ? null : { leftMs: Math.max(0, until - monotonicMs()), text }),
    lift: () => end('a person ended the maintenance'),
    close: () => clearInterval(timer),
  };
}
