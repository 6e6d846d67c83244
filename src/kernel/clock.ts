// The one clock that decides: monotonic, never set, the same for every process of the box.

/** Milliseconds of CLOCK_MONOTONIC with their fraction; it does not go on while the box sleeps. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
