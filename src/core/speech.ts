// What this node says of itself now, and when: with every interval, and at once when it changes what others may rely on.
import { replicationIsCut } from './cable.ts';
import { inContact } from './contact.ts';
import { fitnessOf } from './fitness.ts';
import { mayGrant } from './paired.ts';
import type { DurableRecord } from './record.ts';
import type { DatabaseStatement, Grant, RecordStatement, Standing } from './standing.ts';
import type { State } from './state.ts';
import type { Turn } from './turn.ts';

export function standingOf(turn: Turn): Standing {
  const { state } = turn;
  const { record } = state;
  return {
    stateName: state.name,
    record: record === null ? null : statementOf(turn, record),
    leaving: state.leaving,
    lossCounter: state.eligibility.lossCounter,
    eligible: state.eligibility.epoch !== null && state.eligibility.epoch === record?.epoch,
    grant: state.leaving ? null : grantOf(turn),
    switchoverEpoch: state.switchoverEpoch,
    handingOver: state.name === 'handingOver',
    acknowledgedAlone: state.acknowledgedAlone,
    replicationCut: replicationIsCut(state, turn.settings),
    fitness: fitnessOf(turn),
    preferred: turn.settings.preferred,
    database: databaseOf(state),
    serviceMac: state.port.mac,
  };
}

function statementOf(turn: Turn, record: DurableRecord): RecordStatement {
  const { holder, mode, handed, pairedHolder, timeline, lsn } = record;
  const kept = { holder, handed, pairedHolder, timeline, lsn };
  // Until the ledger knows the paired epoch it cannot be granted, and a standby without a grant would decline it.
  if (turn.state.phase === 'publishing')
    return {
      ...kept,
      epoch: record.epoch - 1,
      mode: 'solo',
      partner: null,
      arbiter: record.arbiter,
    };
  // Whoever holds nothing says what it would follow with: the two boxes may pair anew under another arbiter.
  const arbiter = mode === 'catchup' ? turn.settings.arbiter : record.arbiter;
  return { ...kept, epoch: record.epoch, mode, partner: record.partner, arbiter };
}

function grantOf(turn: Turn): Grant | null {
  const { state, settings } = turn;
  const { record, contact, plan } = state;
  if (
    record === null ||
    contact.peerStart === null ||
    contact.standing === null ||
    !inContact(state, settings)
  )
    return null;
  if (mayGrant(turn)) {
    return {
      type: 'eligibility',
      epoch: record.epoch,
      toStart: contact.peerStart,
      lossCounter: contact.standing.lossCounter,
    };
  }
  const grants = state.name === 'handingOver' && state.phase === 'granting';
  if (grants && plan.lsn !== null && !state.port.anyAddressOn) {
    return { type: 'handover', epoch: record.epoch, toStart: contact.peerStart, lsn: plan.lsn };
  }
  return null;
}

function databaseOf(state: State): DatabaseStatement {
  const { database } = state;
  return {
    systemId: database.systemId,
    majorVersion: database.majorVersion,
    timeline: database.timeline,
    lsn: database.lsn,
    receiving: database.receiving,
    rewindable: database.rewindable && database.inRecovery === false,
  };
}

/** Sends when it is time, or when something that the peer acts on has changed. */
export function speak(turn: Turn): void {
  const { state, settings } = turn;
  if (state.record === null && state.name !== 'unpaired') return;
  if (state.mute || state.agentStart === '') return;
  const due = state.now >= state.sending.nextAt;
  const digest = digestOf(turn);
  if (!due && digest === state.sending.said) return;
  const seq = state.sending.seq + 1;
  const sentAt = state.sending.sentAt.slice();
  sentAt[seq % sentAt.length] = state.now;
  const nextAt = due
    ? Math.max(
        state.sending.nextAt + settings.heartbeatIntervalMs,
        state.now + settings.heartbeatIntervalMs / 2,
      )
    : state.sending.nextAt;
  state.sending = { ...state.sending, seq, sentAt, said: digest, nextAt };
  turn.effects.push({
    type: 'sendHeartbeat',
    heartbeat: {
      sender: settings.self,
      agentStart: state.agentStart,
      seq,
      echo: state.contact.echo,
      heard: state.contact.heard,
      standing: standingOf(turn),
    },
  });
}

/** Only what the other side waits for: not positions, which change all the time, except while an epoch is handed over. */
function digestOf(turn: Turn): string {
  const { state } = turn;
  const { record } = state;
  const grant = state.leaving ? null : grantOf(turn);
  const handingOver =
    state.contact.standing?.handingOver === true ? String(state.database.lsn) : '';
  const granted =
    grant === null
      ? ''
      : `${grant.type}${grant.epoch}${grant.toStart}${grant.type === 'eligibility' ? grant.lossCounter : ''}`;
  // One expression: this is computed at every step, and lists cost more than all the rest of it.
  return `${state.name},${record?.epoch},${record?.mode},${record?.handed},${state.leaving},${state.eligibility.epoch},${granted},${state.switchoverEpoch},${handingOver},${state.database.receiving},${state.servicesFit},${replicationIsCut(state, turn.settings)}`;
}
