// The guardian's machine: one event in, a new state and effects out. Total, synchronous, no clock, no process, no random number.
import { guardianStarted } from './adoption.ts';
import { checkDone, runDueChecks } from './checks.ts';
import type { GuardianEffect } from './effects.ts';
import type { GuardianEvent } from './events.ts';
import { beginHooks, expireHookMark, hookDone, roleChanged } from './hooks.ts';
import { answer } from './orderAnswers.ts';
import { serviceOrdered, settleOrders, shutdownOrdered } from './orders.ts';
import {
  limitExceeded,
  serviceExited,
  serviceNotStarted,
  serviceStarted,
  serviceStopped,
} from './service.ts';
import type { GuardianSettings } from './settings.ts';
import type { GuardianState } from './state.ts';
import { noteShown } from './summary.ts';
import type { Turn } from './turn.ts';
import { beginTurn } from './turn.ts';
import { beginServices, endServices, keepTime, noteSteadyRun, renewOutdated } from './upkeep.ts';

export { initialGuardianState } from './state.ts';

/**
 * The effects are to be begun in their order. Throws only where a broken invariant or a state of other settings is given: the
 * guardian process must end then.
 */
export function stepGuardian(
  state: GuardianState,
  event: GuardianEvent,
  settings: GuardianSettings,
): { readonly state: GuardianState; readonly effects: readonly GuardianEffect[] } {
  const turn = beginTurn(state, settings, event);
  for (const service of turn.services) noteSteadyRun(turn, service);
  if (event.type === 'guardianStarted') guardianStarted(turn, event);
  else if (turn.state.begun) absorb(turn, event);
  else refuse(turn, event);
  if (turn.state.begun) keepHouse(turn);
  return { state: turn.state, effects: [...turn.effects, ...turn.hookEffects] };
}

type Handled = Exclude<GuardianEvent, { readonly type: 'guardianStarted' }>;

const handlers: {
  readonly [N in Handled['type']]: (turn: Turn, event: Handled & { readonly type: N }) => void;
} = {
  tick: () => {},
  roleChanged,
  serviceStarted,
  serviceNotStarted,
  serviceExited,
  serviceStopped,
  checkDone,
  limitExceeded,
  serviceOrdered,
  shutdownOrdered,
  hookDone,
};

function absorb<N extends Handled['type']>(
  turn: Turn,
  event: Handled & { readonly type: N },
): void {
  const handler = handlers[event.type] as (turn: Turn, event: Handled) => void;
  handler(turn, event);
}

/** Nothing is known yet; but an order has its answer (G11). */
function refuse(turn: Turn, event: Handled): void {
  if (event.type === 'serviceOrdered' || event.type === 'shutdownOrdered')
    answer(turn, event.commandId, false, 'the guardian has not begun yet');
}

/** What every step ends with, whatever happened. Who has to end is asked before anybody begins. */
function keepHouse(turn: Turn): void {
  for (const service of turn.services) keepTime(turn, service);
  for (const hook of turn.hooks) expireHookMark(turn, hook);
  endServices(turn);
  renewOutdated(turn);
  beginServices(turn);
  for (const service of turn.services) runDueChecks(turn, service);
  beginHooks(turn);
  settleOrders(turn);
  noteShown(turn);
}
