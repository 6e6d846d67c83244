// From an old log to a following standby: keep what only this node has, rewind, else clone, start, stream. The record
// names the job while the data directory must not be started (protocol.md section 7, Rejoin).
import { cableCarries } from './cable.ts';
import { givesConsent } from './consent.ts';
import { inContact, peerIsAhead, peerSays } from './contact.ts';
import type { EffectWithToken } from './effects.ts';
import type { EventOf } from './events.ts';
import type { Reason } from './reasons.ts';
import { catchupRecord, rebuiltRecord } from './records.ts';
import { servesIn } from './roles.ts';
import type { Standing } from './standing.ts';
import type { Turn } from './turn.ts';
import {
  ask,
  enter,
  enterPhase,
  inPhaseMs,
  isPending,
  note,
  watchDatabase,
  write,
} from './turn.ts';

const rewindDeadlineMs = 300_000;
const cloneDeadlineMs = 24 * 3_600_000;
const keepDeadlineMs = 120_000;
const startDeadlineMs = 60_000;
const stopDeadlineMs = 15_000;
const retryPauseMs = 2000;

/** What each phase waits for, besides a record. */
const work: Readonly<Partial<Record<string, EffectWithToken['type']>>> = {
  stopping: 'stopDatabase',
  keeping: 'keepDivergence',
  rewinding: 'rewindDatabase',
  cloning: 'cloneDatabase',
  starting: 'startDatabase',
};

/** Phases: waiting, stopping, marking, keeping, rewinding, markingClone, cloning, clearing, starting. */
export function beginRejoin(
  turn: Turn,
  reason: Reason,
  needsRewind: boolean,
  needsClone = false,
): void {
  const { record } = turn.state;
  // What a giver did not start may have been changed by recovery where a rewind does not see it.
  const isGiver = record?.handed === 'handed' && record.job !== 'none';
  const clone = needsClone || isGiver || record?.job === 'cloning';
  const rewind = needsRewind || record?.job === 'rewinding';
  enter(turn, 'rejoining', 'waiting', reason, { needsRewind: rewind, needsClone: clone });
  continueRejoin(turn);
}

/** Looks for the next step; called on every tick and heartbeat. */
export function continueRejoin(turn: Turn): void {
  const { state, settings } = turn;
  if (state.writing !== null) return;
  // A start under way gets more time than replication that broke: it is often the shorter way back.
  if (
    givesConsent(
      turn,
      state.phase === 'waiting' ? settings.replicationDeadlineMs : settings.followDeadlineMs,
    )
  )
    return;
  if (state.phase === 'waiting') leaveWaiting(turn);
}

function leaveWaiting(turn: Turn): void {
  const { state } = turn;
  if (noteHigherEpoch(turn)) return;
  if (state.plan.attempts > 0 && inPhaseMs(turn) < retryPauseMs) return;
  judgeFailedStart(turn);
  const { needsRewind, needsClone } = state.plan;
  // In a paired epoch a database that does not start is started again: nothing is rebuilt before the consent.
  if ((!needsRewind && !needsClone) || state.record?.mode === 'paired') {
    start(turn);
    return;
  }
  const said = peerSays(turn);
  if (said === null || !isSource(turn, said) || !mayBeRebuilt(turn, said)) return;
  if (!cableCarries(state, turn.settings)) return;
  if (needsRewind && !needsClone && !said.database.rewindable) return;
  if (state.database.running) {
    stop(turn);
    return;
  }
  enterPhase(turn, needsClone ? 'markingClone' : 'marking');
  write(turn, rebuiltRecord(turn, needsClone ? 'cloning' : 'rewinding'));
}

/**
 * Asked only after the pause: the last look before a start fails may have seen the server that is just giving up. One that runs
 * takes long to recover, and nothing is wrong with its log.
 */
function judgeFailedStart({ state }: Turn): void {
  const { plan, database } = state;
  if (!plan.startFailed) return;
  plan.startFailed = false;
  if (database.running) return;
  if (plan.attempts >= 2) plan.needsRewind = true;
  if (plan.attempts >= 3) plan.needsClone = true;
}

/** The primary itself, while it serves: one that lost its database may leave this node with the only log there is. */
function isSource({ state }: Turn, said: Standing): boolean {
  const { record } = said;
  if (record === null || record.mode === 'catchup') return false;
  return record.holder === state.contact.peer && servesIn(said.stateName);
}

/** Only a box that holds nothing of its own any more may throw its log away. */
function mayBeRebuilt(turn: Turn, said: Standing): boolean {
  const { record } = turn.state;
  return (
    record?.mode === 'catchup' &&
    record.handed === 'none' &&
    said.record !== null &&
    said.record.epoch === record.epoch
  );
}

/** A catchup of the peer's epoch is written as soon as it is heard; returns whether that was begun. */
export function noteHigherEpoch(turn: Turn): boolean {
  const { state, settings } = turn;
  if (state.record === null || !peerIsAhead(state) || !inContact(state, settings)) return false;
  const holder = state.contact.standing?.record?.holder ?? state.record.holder;
  const job = state.record.job !== 'none' && state.plan.needsClone ? 'cloning' : state.record.job;
  write(turn, catchupRecord(turn, state.contact.highestEpoch, holder, { job }));
  return true;
}

function stop(turn: Turn): void {
  enterPhase(turn, 'stopping');
  ask(turn, { type: 'stopDatabase', how: 'clean', deadlineMs: stopDeadlineMs });
}

function start(turn: Turn): void {
  const { database, plan } = turn.state;
  if (database.running && database.inRecovery === false) {
    // Somebody started or promoted it by hand: what it wrote is in no other log.
    plan.needsRewind = true;
    stop(turn);
    return;
  }
  enterPhase(turn, 'starting');
  if (database.running && database.inRecovery === true) {
    following(turn);
    return;
  }
  ask(turn, {
    type: 'startDatabase',
    role: 'standby',
    synchronous: false,
    deadlineMs: startDeadlineMs,
  });
}

function following(turn: Turn): void {
  watchDatabase(turn, turn.settings.heartbeatIntervalMs * 5);
  const attempts = turn.state.plan.attempts;
  enter(turn, 'standby', '', { code: 'following' }, { attempts });
}

export function rejoinRecorded(turn: Turn): void {
  const { phase } = turn.state;
  if (phase === 'marking') {
    enterPhase(turn, 'keeping');
    ask(turn, { type: 'keepDivergence', deadlineMs: keepDeadlineMs });
  } else if (phase === 'markingClone') {
    enterPhase(turn, 'cloning');
    ask(turn, { type: 'cloneDatabase', deadlineMs: cloneDeadlineMs });
  } else if (phase === 'clearing') {
    turn.state.plan.needsRewind = false;
    turn.state.plan.needsClone = false;
    start(turn);
  } else {
    continueRejoin(turn);
  }
}

export function rejoinStopped(turn: Turn): void {
  if (turn.state.phase === 'stopping') enterPhase(turn, 'waiting');
  continueRejoin(turn);
}

export function divergenceKept(turn: Turn): void {
  if (turn.state.phase !== 'keeping') return;
  enterPhase(turn, 'rewinding');
  ask(turn, { type: 'rewindDatabase', deadlineMs: rewindDeadlineMs });
}

export function rebuilt(
  turn: Turn,
  event: EventOf<'databaseRewound'> | EventOf<'databaseCloned'>,
): void {
  note(turn, { code: event.type === 'databaseRewound' ? 'rewound' : 'cloned' });
  // The position of the old log says nothing of the new one: no record may vouch for it.
  turn.state.database = { ...turn.state.database, timeline: null, lsn: null };
  enterPhase(turn, 'clearing');
  write(turn, rebuiltRecord(turn, 'none'));
}

export function rejoinStarted(turn: Turn): void {
  if (turn.state.phase === 'starting') following(turn);
}

/** What fails is tried again after a pause, a rewind that fails is replaced by a clone. */
export function rejoinFailed(turn: Turn, event: EventOf<'effectFailed'>): void {
  const { state } = turn;
  const { phase, plan } = state;
  const own = work[phase];
  // Something else failed, a probe or the port: what this phase waits for still goes on.
  if (own === undefined || isPending(turn, own)) return;
  note(turn, { code: 'effectFailed', detail: { phase, code: event.code, text: event.text } });
  if (phase === 'keeping' || phase === 'rewinding') plan.needsClone = true;
  plan.startFailed = phase === 'starting';
  plan.attempts += 1;
  enterPhase(turn, 'waiting');
}

/** PostgreSQL ended by itself while it was being started. */
export function rejoinExited(turn: Turn): void {
  turn.state.database = {
    ...turn.state.database,
    running: false,
    answering: false,
    receiving: false,
  };
}
