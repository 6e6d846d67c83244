// Orders of an operator for one service, and the order to stop everything in order. Each is answered exactly once (G11).
import type { GuardianEvent } from './events.ts';
import { cancelHooks } from './hooks.ts';
import { answer, answerTaken } from './orderAnswers.ts';
import { askToStop, stuckGraceMs } from './service.ts';
import type { Order } from './state.ts';
import { isMarked, noTrouble } from './trouble.ts';
import type { Service, Turn } from './turn.ts';
import { report } from './turn.ts';
import { belongsHere, isRunning, isThere, startWaitsFor } from './wanted.ts';

export function serviceOrdered(
  turn: Turn,
  event: GuardianEvent & { readonly type: 'serviceOrdered' },
): void {
  const { commandId, order } = event;
  const service = turn.byName.get(event.service);
  if (service === undefined) {
    answer(turn, commandId, false, `there is no service ${event.service}`);
    return;
  }
  const refusal = whyNot(turn, service, order);
  if (refusal !== null) {
    answer(turn, commandId, false, `${event.service}: ${refusal}`);
    return;
  }
  // There is one order a service, so that there are never more of them than services.
  for (const older of turn.state.orders)
    if (older.service === event.service) answerTaken(turn, older, false, 'another order came');
  const { startDeadlineMs, stopDeadlineMs } = service.settings;
  const until = turn.state.now + startDeadlineMs + stopDeadlineMs + stuckGraceMs;
  turn.state.orders = [...turn.state.orders, { commandId, order, service: event.service, until }];
  carryOut(turn, service, order);
}

function whyNot(turn: Turn, service: Service, order: Order['order']): string | null {
  if (order === 'stop') return null;
  if (turn.state.shuttingDown) return 'everything is being stopped';
  if (service.life.stuck) return service.life.trouble.problem;
  return order === 'restart' && !belongsHere(service.settings, turn.state)
    ? notHere(turn, service)
    : null;
}

function notHere({ state }: Turn, { settings }: Service): string {
  if (state.shuttingDown) return 'everything is being stopped';
  const where = settings.runs === 'primary' ? 'it runs only where the box is primary' : '';
  return state.role === null ? `${where}, and the role is not known yet` : where;
}

function carryOut(turn: Turn, service: Service, order: Order['order']): void {
  const { life } = service;
  life.heldByOperator = order === 'stop';
  if (order === 'stop') return;
  // Whoever orders a start has seen to it: nothing is held against the service any more.
  if (isMarked(life.trouble))
    report(turn, life.name, 'info', 'serviceFitAgain', 'an operator ordered a start');
  life.trouble = noTrouble;
  life.notBefore = turn.state.now;
  life.startFollowsFailure = false;
  if (order === 'restart' && isRunning(life)) askToStop(turn, service, false);
}

export function shutdownOrdered(
  turn: Turn,
  { commandId }: GuardianEvent & { readonly type: 'shutdownOrdered' },
): void {
  const { state } = turn;
  if (state.shutdownId !== null) answer(turn, state.shutdownId, false, 'another order came');
  state.shuttingDown = true;
  state.shutdownId = commandId;
  cancelHooks(turn);
}

/** Answers what is reached, and what cannot be reached or was not in time. */
export function settleOrders(turn: Turn): void {
  for (const order of turn.state.orders) {
    const service = turn.byName.get(order.service);
    if (service !== undefined) settle(turn, order, service);
  }
  settleShutdown(turn);
}

function settle(turn: Turn, order: Order, service: Service): void {
  const { life, settings } = service;
  const isLate = turn.state.now >= order.until;
  if (order.order === 'stop') {
    if (life.phase === 'off') answerTaken(turn, order, true, 'stopped');
    else if (life.stuck) answerTaken(turn, order, false, life.trouble.problem ?? '');
    else if (isLate) answerTaken(turn, order, false, 'is still being stopped');
    return;
  }
  if (!belongsHere(settings, turn.state))
    answerTaken(turn, order, order.order === 'start', notHere(turn, service));
  else if (life.phase === 'up') answerTaken(turn, order, true, 'up');
  else if (isLate) answerTaken(turn, order, false, lateText(turn, service));
}

function lateText(turn: Turn, service: Service): string {
  const { phase } = service.life;
  if (phase !== 'off') return `is still ${phase}`;
  return `waits for ${startWaitsFor(turn, service) ?? 'its pause'}`;
}

function settleShutdown(turn: Turn): void {
  const { state, services } = turn;
  if (state.shutdownId === null || services.some(({ life }) => isThere(life))) return;
  const stuck = services.filter(({ life }) => life.stuck).map(({ life }) => life.name);
  const text =
    stuck.length === 0 ? 'everything is stopped' : `cannot be stopped: ${stuck.join(', ')}`;
  answer(turn, state.shutdownId, stuck.length === 0, text);
  state.shutdownId = null;
}
