// What a trial has in its hands while it runs: the pair, the client, the observer, the faults.

import { nowMs, pause, until } from './clock.ts';
import { openEvents, type BoxEvent, type BoxEvents } from './boxEvents.ts';
import type { RunningClient } from './clientProcess.ts';
import type { HealthyPair } from './health.ts';
import { askKeeper } from './keeperProtocol.ts';
import { watchDivergences } from './keptDivergences.ts';
import type { BoxName } from './layout.ts';
import type { RunningObserver } from './observerProcess.ts';
import { isLeading } from './sight.ts';
import type { SiteOptions } from './siteState.ts';
import type { CpuLoad } from './cpuLoad.ts';

export type TrialOptions = {
  readonly load: 'none' | 'cpu';
  readonly duringCheckpoint: boolean;
  /** How long a trial that takes as long as it is told to is to take. */
  readonly minutes: number | undefined;
};

export type Field = {
  readonly site: SiteOptions;
  readonly options: TrialOptions;
  readonly run: number;
  /** The roles before the fault. */
  readonly primary: BoxName;
  readonly standby: BoxName;
  readonly client: RunningClient;
  readonly observer: RunningObserver;
  /** What each box's agent has written to its history since the run began. */
  readonly events: Readonly<Record<BoxName, BoxEvents>>;
  /** Names of what a box has kept aside since the run began. */
  readonly newlyKept: (box: BoxName) => readonly string[];
  /** Notes the instant of the fault; with a box named, its first accepted write is waited for. */
  readonly noteFault: (atMs: number, takesOver?: BoxName) => void;
  /** Notes that something else than the figures speaks against this run. */
  readonly object: (why: string) => void;
  /** Notes something for the report that does not speak against the run. */
  readonly remark: (what: string) => void;
  /** Notes a figure of this trial's own; its name ends in its unit. */
  readonly measure: (name: string, value: number) => void;
  readonly powerOn: (...boxes: readonly BoxName[]) => Promise<void>;
  readonly noteHealed: () => void;
};

export type Notes = {
  readonly faultAtMs: () => number | undefined;
  readonly healedAtMs: () => number | undefined;
  readonly objections: () => readonly string[];
  readonly remarks: () => readonly string[];
  readonly measured: () => Readonly<Record<string, number>>;
};

/** The field of one run, and what has been noted on it. */
export function openField(
  given: Pick<Field, 'site' | 'options' | 'run' | 'client' | 'observer'>,
  pair: HealthyPair,
  load: CpuLoad,
): { readonly field: Field; readonly notes: Notes } {
  let faultAtMs: number | undefined;
  let healedAtMs: number | undefined;
  const objections: string[] = [];
  const remarks: string[] = [];
  const measured: Record<string, number> = {};
  const noteHealed = (): void => {
    healedAtMs = nowMs();
  };
  const field: Field = {
    ...given,
    events: { 'box-a': openEvents('box-a'), 'box-b': openEvents('box-b') },
    newlyKept: watchDivergences(),
    primary: pair.primary,
    standby: pair.standby,
    noteFault: (atMs, takesOver) => {
      faultAtMs = atMs;
      if (takesOver !== undefined) given.observer.awaitPromotion(takesOver);
    },
    object: (why) => objections.push(why),
    remark: (what) => remarks.push(what),
    measure: (name, value) => {
      measured[name] = Math.round(value * 10) / 10;
    },
    powerOn: async (...boxes) => {
      noteHealed();
      await Promise.all(boxes.map(async (box) => askKeeper({ type: 'powerOn', box })));
      load.keepUp();
    },
    noteHealed,
  };
  return {
    field,
    notes: {
      faultAtMs: () => faultAtMs,
      healedAtMs: () => healedAtMs,
      objections: () => objections,
      remarks: () => remarks,
      measured: () => measured,
    },
  };
}

/** Waits until a box leads and the client's rows have been acknowledged there for a while. */
export async function untilTakenOver(
  field: Field,
  box: BoxName,
  faultAtMs: number,
  deadlineMs = 20_000,
): Promise<void> {
  await untilLeading(field, box, deadlineMs);
  await field.client.untilFlowing('rows acknowledged again', faultAtMs, 700, deadlineMs);
}

/** Waits until a box's database is out of recovery. */
export async function untilLeading(field: Field, box: BoxName, deadlineMs: number): Promise<void> {
  await field.observer.untilSeen(`${box} leads`, deadlineMs, (sight) => isLeading(sight, box));
}

/** Looks at a box until something is over, and speaks against the run if it leads or has the address. */
export async function objectToLeading(
  field: Field,
  box: BoxName,
  isOver: () => boolean,
  why: string,
): Promise<void> {
  while (!isOver()) {
    const { sight } = field.observer.report();
    if (isLeading(sight, box) || sight[box].holdsAddress) {
      field.object(`${box} ${why}`);
      return;
    }
    await pause(10);
  }
}

/** Waits until a box's history has an event. */
export async function untilEvent(
  field: Field,
  box: BoxName,
  what: string,
  deadlineMs: number,
  isIt: (event: BoxEvent) => boolean,
): Promise<void> {
  await until(`${box}: ${what}`, deadlineMs, () => field.events[box].all().some(isIt), 50);
}

/** Waits until a box has raised an alarm. */
export async function untilAlarm(
  field: Field,
  box: BoxName,
  alarm: string,
  deadlineMs: number,
): Promise<void> {
  await untilEvent(field, box, `alarm ${alarm}`, deadlineMs, (event) => event.alarm === alarm);
}
