// The primary of a paired epoch: grants, and the four ways out: a higher epoch, consent, permission, handover.
import { beginHandover, beginLeaving, beginOpening } from './entrances.ts';
import { keepAddress } from './address.ts';
import { beginAsking } from './asking.ts';
import { lookPauseMs, noteCutConsent } from './cable.ts';
import { inContact, peerIsAhead, peerSays } from './contact.ts';
import { unfitFor } from './fitness.ts';
import { isOutside, primaryHindrance } from './permission.ts';
import type { Reason } from './reasons.ts';
import type { Standing } from './standing.ts';
import { stepDown } from './stepDown.ts';
import type { Turn } from './turn.ts';
import { watchDatabase } from './turn.ts';

const failedHandoverPauseMs = 60_000;
/** Heartbeats between two looks at the database, see `beginPaired`. */
const calmPauses = 10;

export function considerPaired(turn: Turn): void {
  const { state, settings } = turn;
  if (peerIsAhead(state)) {
    stepDown(turn, { code: 'peerHasHigherEpoch', detail: { epoch: state.contact.highestEpoch } });
    return;
  }
  const said = peerSays(turn);
  if (said !== null && isConsent(turn, said)) {
    noteCutConsent(turn, said);
    beginLeaving(turn, { code: 'consentGiven' });
    return;
  }
  if (primaryHindrance(state, settings) === null) {
    const silentMs = Math.round(state.now - (state.contact.heardAt ?? state.now));
    const reason: Reason = { code: 'peerSilentAlone', detail: { silentMs } };
    if (isOutside(settings)) beginAsking(turn, reason);
    else beginLeaving(turn, reason);
    return;
  }
  if (!state.database.running) {
    pairedExited(turn);
    return;
  }
  keepAddress(turn);
  // A standby consents only to a primary that says how far its log goes: where replication is cut, that is looked at often.
  watchDatabase(turn, lookPauseMs(state, settings, calmPauses));
  if (said !== null) considerHandover(turn, said);
}

/** Only the partner of this epoch can release it, and only by naming it exactly. */
export function isConsent(turn: Turn, said: Standing): boolean {
  const { record, contact } = turn.state;
  if (record?.mode !== 'paired' || record.holder !== turn.settings.self || said.record === null)
    return false;
  return (
    said.record.mode === 'catchup' &&
    said.record.epoch === record.epoch &&
    said.record.handed === 'none' &&
    contact.peer === record.partner
  );
}

function considerHandover(turn: Turn, said: Standing): void {
  const { state, settings } = turn;
  const sinceFailureMs = state.now - state.handoverFailedAt;
  // A wish is tried once: it is over by then.
  const isTried = sinceFailureMs < 2 * settings.handoverDeadlineMs;
  if (!isTried && said.switchoverEpoch === state.record?.epoch && standbyIsReady(turn, said)) {
    beginHandover(turn, { code: 'switchoverOrdered' }, null);
    return;
  }
  if (state.maintenanceUntil !== null || said.fitness.maintenance) return;
  const code = unfitFor(turn, said);
  // Each try stops the database. Without its LAN nobody is served anyway; with a service that fails most others are.
  if (code === 'servicesUnfit' && sinceFailureMs < failedHandoverPauseMs) return;
  if (code !== null && standbyIsReady(turn, said)) beginHandover(turn, { code }, null);
}

/** The standby is eligible, fit, and streams. */
export function standbyIsReady(turn: Turn, said: Standing): boolean {
  const { record } = turn.state;
  if (said.record?.mode !== 'paired' || said.record.epoch !== record?.epoch || !said.eligible)
    return false;
  return (
    said.fitness.carrier && said.fitness.lan && said.fitness.database && said.database.receiving
  );
}

/** Switchover by an operator at this box. */
export function orderSwitchover(turn: Turn, commandId: number): void {
  const said = peerSays(turn);
  const ready = said !== null && standbyIsReady(turn, said);
  if (!ready) {
    const code = said === null ? 'notPaired' : 'peerNotFit';
    turn.effects.push({ type: 'answerCommand', commandId, ok: false, reason: { code } });
    return;
  }
  beginHandover(turn, { code: 'switchoverOrdered' }, commandId);
}

export function pairedExited(turn: Turn): void {
  beginOpening(turn, { code: 'databaseExited' });
}

/** The grant that goes out with every heartbeat of a paired primary in contact. */
export function mayGrant(turn: Turn): boolean {
  const { state, settings } = turn;
  if (
    state.name !== 'paired' ||
    state.leaving ||
    state.writing !== null ||
    !inContact(state, settings)
  )
    return false;
  // I5: a standby that asks a ledger which does not know the epoch would only be refused.
  if (settings.arbiter === 'etcd' && state.arbiter.publishedEpoch !== state.record?.epoch)
    return false;
  const said = state.contact.standing;
  return said !== null && !isConsent(turn, said) && state.contact.peer === state.record?.partner;
}
