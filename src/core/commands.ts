// What an operator may order, and the answer to each (switchover, takeover with loss accepted, maintenance).
import { peerSays } from './contact.ts';
import { beginLeaving } from './entrances.ts';
import type { EventOf } from './events.ts';
import { orderSwitchover } from './paired.ts';
import type { Reason, ReasonCode } from './reasons.ts';
import { serves } from './roles.ts';
import { requestSwitchover } from './standby.ts';
import { operatorEpoch } from './records.ts';
import { beginTakeover } from './takeover.ts';
import type { Turn } from './turn.ts';
import { ask, isPending, note } from './turn.ts';

export function obey(turn: Turn, event: EventOf<'operatorCommanded'>): void {
  switch (event.command.type) {
    case 'switchover':
      switchover(turn, event.commandId);
      return;
    case 'takeover':
      orderTakeover(turn, event.commandId, event.command.peerIsOff === true);
      return;
    case 'maintenance':
      setMaintenance(turn, event.command.untilMs);
      answer(turn, event.commandId, true, {
        code: event.command.untilMs === null ? 'maintenanceOff' : 'maintenanceOn',
      });
      return;
  }
}

function switchover(turn: Turn, commandId: number): void {
  const { state } = turn;
  if (state.writing !== null || state.plan.commandId !== null)
    answer(turn, commandId, false, { code: 'commandBusy' });
  else if (state.name === 'paired') orderSwitchover(turn, commandId);
  else if (state.name === 'standby') requestSwitchover(turn, commandId);
  else answer(turn, commandId, false, { code: state.name === 'solo' ? 'notPaired' : 'notPrimary' });
}

/** The ledger hears of it first: from then on it gives the peer nothing. Without one the operator vouches for the peer. */
function orderTakeover(turn: Turn, commandId: number, peerIsOff: boolean): void {
  const { state, settings } = turn;
  const entersFirst = settings.arbiter === 'etcd' && !peerIsOff && state.record !== null;
  const refused = takeoverRefusal(turn);
  // A ledger that has moved for an order that is refused would keep the pair from its next epoch.
  if (refused !== null) answer(turn, commandId, false, { code: refused });
  else if (!peerIsOff && isOfAnotherLedger(turn))
    answer(turn, commandId, false, { code: 'arbiterUnreachable' });
  else if (!entersFirst) takeover(turn, commandId, operatorEpoch(turn));
  else if (isPending(turn, 'enterEpoch')) answer(turn, commandId, false, { code: 'commandBusy' });
  else {
    state.arbiter.orderId = commandId;
    const epoch = operatorEpoch(turn);
    ask(turn, { type: 'enterEpoch', epoch, above: true, deadlineMs: enterDeadlineMs });
  }
}

const enterDeadlineMs = 2000;

/** I2: the epoch is that of a ledger which this node is not configured to ask; the peer may have it from there at any moment. */
function isOfAnotherLedger({ state, settings }: Turn): boolean {
  return state.record?.arbiter === 'etcd' && settings.arbiter !== 'etcd';
}

/** What the operator ordered is asked again: the world may have changed while the ledger was written. */
export function epochEntered(turn: Turn, event: EventOf<'epochEntered'>): void {
  const { orderId } = turn.state.arbiter;
  turn.state.arbiter.orderId = null;
  if (orderId === null) return;
  const refusal = event.forgotten ? 'arbiterForgot' : 'claimLost';
  if (event.epoch === null) answer(turn, orderId, false, { code: refusal });
  else takeover(turn, orderId, Math.max(event.epoch, operatorEpoch(turn)));
}

function takeover(turn: Turn, commandId: number, epoch: number): void {
  const refused = takeoverRefusal(turn);
  if (refused !== null) {
    answer(turn, commandId, false, { code: refused });
    return;
  }
  const reason: Reason = { code: 'operatorTakeover' };
  if (waitsForPartner(turn) && turn.state.name !== 'handingOver') beginLeaving(turn, reason, epoch);
  else beginTakeover(turn, 'operator', reason, epoch);
  turn.state.plan.commandId = commandId;
}

/** Why this node cannot take over now, whoever orders it; null where it can. */
function takeoverRefusal(turn: Turn): ReasonCode | null {
  const { state } = turn;
  const released = waitsForPartner(turn);
  const isGiver = state.name === 'handingOver';
  if (released && !isGiver) return null;
  const idle =
    state.name === 'starting' ||
    state.name === 'standby' ||
    (state.name === 'takingOver' && state.phase === 'asking') ||
    (state.name === 'rejoining' && state.phase === 'waiting') ||
    (released && isGiver);
  // The job of a giver is for later: its own log is whole until somebody else serves.
  const noJob = state.record?.job === 'none' || isGiver;
  const usable = state.database.present && state.record !== null && noJob;
  if (idle && usable && state.writing === null) return null;
  if (serves(state)) return 'alreadyServes';
  return usable ? 'commandBusy' : 'databaseUnusable';
}

/** Holds a paired epoch, or has handed it over, and the partner is not there to go on with. */
function waitsForPartner(turn: Turn): boolean {
  const { state } = turn;
  const { record } = state;
  const said = peerSays(turn);
  if (record === null || state.writing !== null) return false;
  const isThere =
    state.contact.peer === record.partner &&
    said?.record?.mode === 'paired' &&
    said.record.epoch === record.epoch;
  if (isThere) return false;
  if (state.name === 'handingOver') return state.phase === 'granting';
  // An arbiter that does not answer, or a device that does not obey, must not keep an operator from deciding.
  const asks = state.name === 'leaving' && state.phase === 'asking';
  const publishes = state.name === 'pairing' && state.phase === 'publishing';
  const holds = state.name === 'paired' || state.name === 'opening' || asks || publishes;
  return holds && record.mode === 'paired';
}

function setMaintenance(turn: Turn, untilMs: number | null): void {
  turn.state.maintenanceUntil = untilMs;
  note(turn, { code: untilMs === null ? 'maintenanceOff' : 'maintenanceOn' });
}

export function expireMaintenance(turn: Turn): void {
  const { state } = turn;
  if (state.maintenanceUntil === null || state.now < state.maintenanceUntil) return;
  state.maintenanceUntil = null;
  note(turn, { code: 'maintenanceExpired' });
}

function answer(turn: Turn, commandId: number, ok: boolean, reason: Reason): void {
  turn.effects.push({ type: 'answerCommand', commandId, ok, reason });
}
