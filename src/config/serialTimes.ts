// What a serial path can carry, in milliseconds: from the bytes of a datagram to the longest silence that says nothing.

/** Line rate of the serial path: 115200 baud, each byte with a start and a stop bit (8N1). */
export const serialBytesPerSecond = 11_520;

/** A heartbeat of 268 bytes in its frame: length of the check, of the stuffing and of both ends (`protocol/serialFrame.ts`). */
export const serialFrameBytes = 276;

/** After each frame the line rests for a fifth of its time, so that what waits never grows. */
const rest = 1.2;

/** How long the line is kept for one heartbeat: 28.75 ms, 34 heartbeats a second at most. */
export const serialFrameMs = (serialFrameBytes / serialBytesPerSecond) * 1000 * rest;

/** From one heartbeat to the next over the serial path: those between are left out. */
export function serialPeriodMs(intervalMs: number): number {
  return Math.ceil(serialFrameMs / intervalMs) * intervalMs;
}

/** Silence of the serial path in which two heartbeats should have come: less says nothing. */
export function leastSerialSilenceMs(intervalMs: number): number {
  return Math.ceil(2 * serialPeriodMs(intervalMs) + serialFrameMs);
}
