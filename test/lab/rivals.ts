// What the acknowledgements of the monitor's two writers say about V2, never two boxes that can
// acknowledge. Pure.

import type { BoxName } from './layout.ts';

export type MonitorAck = {
  readonly box: BoxName;
  readonly row: number;
  /** CLOCK_MONOTONIC when the row was sent, and when its acknowledgement was read. */
  readonly sentMs: number;
  readonly atMs: number;
};

export type Rivalry = {
  /** How often the other box began to acknowledge: as often as the roles changed, in a sound pair. */
  readonly changes: number;
  /** Acknowledgements of a box after the other one had begun, of rows sent before that. */
  readonly late: number;
};

/** Two acknowledgements that lie in one turn of the observer's loop may be read in either order. */
const orderMs = 20;

export function rivalry(acks: readonly MonitorAck[]): Rivalry {
  const sorted = acks.toSorted((left, right) => left.atMs - right.atMs);
  let changes = 0;
  let late = 0;
  let since = sorted[0];
  let last = sorted[0];
  for (const ack of sorted) {
    if (since === undefined || last === undefined) break;
    if (ack.box === last.box) {
      last = ack;
    } else if (ack.sentMs > last.atMs) {
      changes += 1;
      since = ack;
      last = ack;
    } else if (ack.atMs - since.atMs > orderMs) {
      late += 1;
    }
  }
  return { changes, late };
}
