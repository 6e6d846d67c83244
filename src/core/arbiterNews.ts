// What an arbiter outside the pair has answered, as facts of the state; what follows from them stands in asking.ts.
import type { EffectWithToken } from './effects.ts';
import type { CoreEvent, EventOf } from './events.ts';
import type { Turn } from './turn.ts';

const eventNames = [
  'epochPublished',
  'claimDecided',
  'epochEntered',
  'peerFenced',
  'fenceRefused',
  'peerUnfenced',
] as const;
export type ArbiterEvent = EventOf<(typeof eventNames)[number]>;

/** What an arbiter can be asked for; one of them is under way at a time. */
export const arbiterEffects = [
  'publishEpoch',
  'claimEpoch',
  'enterEpoch',
  'fencePeer',
  'unfencePeer',
] as const;
type ArbiterEffect = (typeof arbiterEffects)[number];

/** An agent that starts in a paired epoch does not know what its predecessor asked for. */
export function beginKnowing(turn: Turn): void {
  const { record, arbiter } = turn.state;
  if (record?.mode === 'paired') arbiter.unsettledEpoch = record.epoch;
  arbiter.peerIsOff = record !== null;
}

export function isOfArbiter(effect: EffectWithToken['type']): effect is ArbiterEffect {
  return arbiterEffects.some((name) => name === effect);
}

export function isArbiterEvent(event: CoreEvent): event is ArbiterEvent {
  return eventNames.some((name) => name === event.type);
}

/** The outcome is unknown: the next look settles it. Nothing is decided here. */
export function arbiterFailed(turn: Turn, effect: ArbiterEffect): boolean {
  const { arbiter } = turn.state;
  arbiter.failing = true;
  if (effect === 'enterEpoch' && arbiter.orderId !== null) {
    const reason = { code: 'arbiterUnreachable' } as const;
    turn.effects.push({
      type: 'answerCommand',
      commandId: arbiter.orderId,
      ok: false,
      reason,
    });
    arbiter.orderId = null;
    // The ledger may have moved all the same.
    arbiter.checkedAt = -Infinity;
  }
  return false;
}

export function noteArbiter(turn: Turn, event: ArbiterEvent): void {
  const { arbiter } = turn.state;
  arbiter.failing = false;
  switch (event.type) {
    case 'epochPublished':
      notePublished(turn, event);
      return;
    case 'claimDecided':
      noteClaim(turn, event);
      return;
    case 'epochEntered':
      arbiter.forgot = event.forgotten;
      arbiter.enteredEpoch = event.epoch;
      // Where it was an order that comes to nothing now, a paired epoch is over for the ledger.
      arbiter.checkedAt = -Infinity;
      return;
    case 'peerFenced':
      return;
    case 'fenceRefused':
    case 'peerUnfenced':
      arbiter.peerIsOff = false;
      return;
  }
}

function notePublished(turn: Turn, { found }: EventOf<'epochPublished'>): void {
  const { record, arbiter } = turn.state;
  arbiter.forgot = found === null;
  arbiter.publishedEpoch = null;
  arbiter.aheadEpoch = null;
  if (found === null || record?.mode !== 'paired') return;
  const isMine = found.holder === turn.settings.self;
  if (found.epoch === record.epoch && found.mode === 'paired' && isMine) {
    arbiter.publishedEpoch = record.epoch;
    return;
  }
  // An operator's order may have left this very number there, of whichever box: nobody could claim it from the pair.
  if (found.epoch >= record.epoch) arbiter.aheadEpoch = found.epoch;
  // Above mine: the peer has left this epoch, or I did and have forgotten it.
  if (found.epoch > record.epoch && isMine) arbiter.unsettledEpoch = record.epoch;
  if (found.epoch > record.epoch && !isMine) arbiter.lostEpoch = record.epoch;
}

/** A claim that was won stays unsettled until its record is written: the next look finds it again. */
function noteClaim(turn: Turn, event: EventOf<'claimDecided'>): void {
  const { record, arbiter } = turn.state;
  arbiter.forgot = event.forgotten;
  if (event.outcome === 'won') return;
  arbiter.unsettledEpoch = null;
  arbiter.lostEpoch = event.outcome === 'refused' ? null : (record?.epoch ?? null);
}
