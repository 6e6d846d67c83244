// What comes before a box is switched off: a paired primary hands over, so that the calls go on; a standby that may take over gives
// its consent, so that the primary goes on alone at once and by right, whatever it knows of the LAN and whoever is the arbiter.
import { setTimeout as delay } from 'node:timers/promises';
import { inContact } from '../core/contact.ts';
import { monotonicMs } from '../kernel/clock.ts';
import { isHotpairError } from '../protocol/hotpairError.ts';
import type { Box } from './box.ts';
import type { Verdict } from './commands.ts';

/** The consent comes after the second that a standby may lag; the primary's answer after a heartbeat. */
const consentMs = 4_000;
const answerMs = 2_000;
const lookMs = 20;

/** Whatever comes of it, the box is shut down then. `deadlineMs`: for a handover. */
export async function prepareShutdown(box: Box, deadlineMs: number): Promise<Verdict> {
  const { name } = box.loop.state();
  if (name === 'standby') return giveConsent(box);
  if (name !== 'paired') return { ok: true, code: 'notPaired', text: 'nothing to hand over' };
  try {
    return await box.commands.give({ type: 'switchover' }, deadlineMs);
  } catch (error) {
    if (!isHotpairError(error)) throw error;
    return { ok: false, code: error.code, text: error.message };
  }
}

async function giveConsent(box: Box): Promise<Verdict> {
  const { loop, care } = box;
  const isBound = (): boolean =>
    loop.state().name === 'standby' && loop.state().record?.mode === 'paired';
  const isAwaited = (): boolean => loop.state().contact.standing?.record?.mode === 'paired';
  // A box that is not heard cannot be told anything; one that is lost in between may come back.
  if (!isBound() || !isAwaited() || !inContact(loop.state(), loop.settings())) {
    return { ok: true, code: 'notPaired', text: 'the other box is not heard to wait for this one' };
  }
  care.leave();
  await whileTrue(isBound, consentMs);
  await whileTrue(isAwaited, answerMs);
  if (isBound() || isAwaited()) {
    return {
      ok: false,
      code: 'noConsent',
      text: 'the other box was not heard to go on alone: it does so by its arbiter',
    };
  }
  return { ok: true, code: 'consented', text: 'the other box goes on alone' };
}

async function whileTrue(condition: () => boolean, mostMs: number): Promise<void> {
  const endsAt = monotonicMs() + mostMs;
  while (condition() && monotonicMs() < endsAt) await delay(lookMs);
}
