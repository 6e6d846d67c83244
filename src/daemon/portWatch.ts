// The two network ports as people are shown them, looked at every ten seconds, and how often each came and went in the last hour.
import { readPort } from '../io/link/portReading.ts';
import type { PortReading } from '../io/link/portReading.ts';

const lookMs = 10_000;
const hourMs = 3_600_000;

export type WatchedPort = PortReading & {
  readonly use: 'service' | 'heartbeat';
  /** Changes of carrier, as many as two for each time that it went. */
  readonly changesInLastHour: number;
};

export type PortWatch = {
  /** Empty until the first look has ended. */
  ports(): readonly WatchedPort[];
  close(): void;
};

export type PortWatchOptions = {
  readonly devices: readonly (readonly [WatchedPort['use'], string])[];
  readonly read?: (device: string) => Promise<PortReading>;
  readonly now: () => number;
  readonly periodMs?: number;
};

export function openPortWatch(options: PortWatchOptions): PortWatch {
  const { devices, read = readPort, now, periodMs = lookMs } = options;
  const counters = devices.map(() => new ChangeCounter());
  let ports: readonly WatchedPort[] = [];
  let isLooking = false;
  const look = async (): Promise<void> => {
    // A driver that hangs keeps one look, not one more every ten seconds.
    if (isLooking) return;
    isLooking = true;
    const readings = await Promise.all(devices.map(async ([, device]) => read(device)));
    const at = now();
    ports = readings.map((reading, index) => ({
      ...reading,
      use: devices[index]?.[0] ?? 'service',
      changesInLastHour: counters[index]?.count(reading.carrierChanges, at) ?? 0,
    }));
    isLooking = false;
  };
  void look();
  const timer = setInterval(() => void look(), periodMs);
  timer.unref();
  return { ports: () => ports, close: () => clearInterval(timer) };
}

type Sample = { readonly at: number; readonly changes: number };

/** Keeps a sample for every change, no older than an hour, and the last one before that. */
class ChangeCounter {
  #samples: readonly Sample[] = [];

  count(changes: number | null, at: number): number {
    if (changes === null) return 0;
    const last = this.#samples.at(-1);
    // A device that was made anew counts from the beginning.
    const kept = last !== undefined && changes < last.changes ? [] : this.#samples;
    const samples = kept.at(-1)?.changes === changes ? kept : [...kept, { at, changes }];
    const firstInHour = samples.findIndex((sample) => sample.at > at - hourMs);
    this.#samples =
      firstInHour > 0
        ? samples.slice(firstInHour - 1)
        : firstInHour < 0
          ? samples.slice(-1)
          : samples;
    return changes - (this.#samples[0]?.changes ?? changes);
  }
}
