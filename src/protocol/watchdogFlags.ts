// What a watchdog says of the last reset of the box: the flags of WDIOC_GETBOOTSTATUS (linux/watchdog.h) as words.

/** The reasons that a watchdog or the hardware around it can know. */
const reasons = [
  [0x20, 'watchdog'],
  [0x01, 'overheated'],
  [0x02, 'fanFailed'],
  [0x04, 'externalRelay1'],
  [0x08, 'externalRelay2'],
  [0x10, 'powerTooLow'],
  [0x40, 'powerTooHigh'],
] as const;

export type ResetReason = (typeof reasons)[number][1];

/** The reasons in `flags`, the watchdog first; other flags say something else. */
export function resetReasons(flags: number): readonly ResetReason[] {
  return reasons.filter(([flag]) => (flags & flag) !== 0).map(([, reason]) => reason);
}

/** For people. */
export const resetReasonText = {
  watchdog: 'the watchdog reset the box',
  overheated: 'the processor was too hot',
  fanFailed: 'a fan had failed',
  externalRelay1: 'an external signal (1) reset it',
  externalRelay2: 'an external signal (2) reset it',
  powerTooLow: 'the supply voltage was too low',
  powerTooHigh: 'the supply voltage was too high',
} as const satisfies Record<ResetReason, string>;
