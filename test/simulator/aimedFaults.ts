// Faults of several steps, each aimed at the moment that the last one brought about. Only the seeds of their own themes draw
// them, because drawn among all others they would hardly ever come to their end.
import type { Fault } from './faultSite.ts';
import { forgetLog } from './forgottenLog.ts';
import { blinkLan } from './lanBlink.ts';
import { orderLate } from './lateOrder.ts';
import { loseQuestion } from './lostQuestion.ts';
import { returnOldPrimary } from './oldPrimary.ts';

export const aimedFaultNames = [
  'lanBlinks',
  'logForgotten',
  'oldPrimaryReturns',
  'orderLate',
  'questionLost',
] as const;

export const aimedFaults = {
  lanBlinks: blinkLan,
  logForgotten: forgetLog,
  oldPrimaryReturns: returnOldPrimary,
  orderLate,
  questionLost: loseQuestion,
} satisfies Readonly<Record<(typeof aimedFaultNames)[number], Fault>>;
