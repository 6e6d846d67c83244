// What a fault may use: the world, a way to cut something for a drawn time, and an end that also comes when all is mended.
import type { Box } from './box.ts';
import type { Counter } from './network.ts';
import type { World } from './world.ts';

export type FaultSite = {
  readonly world: World;
  /** Faults may still begin. */
  readonly isOpen: () => boolean;
  /** No further fault begins as long as this holds, or for a minute. */
  readonly keepCalm: (holds: () => boolean) => void;
  /** How long a fault lasts, drawn. */
  readonly durationMs: () => number;
  /** Cuts for so long, or for a drawn time; nothing is cut where that would make a world that the arbiter excludes. Returns what ends it sooner. */
  readonly cut: (name: string, counter: Counter, durationMs?: number) => () => void;
  /** Every cut of the LAN, or of the cable, ends now. */
  readonly mendLan: () => void;
  readonly mendCable: () => void;
  /** Ends after so long, or when everything is mended; returns what ends it sooner. */
  readonly endLater: (delayMs: number, end: () => void) => () => void;
};

export type Fault = (site: FaultSite, box: Box) => void;
