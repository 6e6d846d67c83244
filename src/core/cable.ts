// The heartbeat port as the way of replication. Contact on any path is contact; replication knows only this one. A node that
// hears its peer over another path while this one is dark or silent knows that replication is cut.
import { inContact } from './contact.ts';
import type { EventOf } from './events.ts';
import { serves } from './roles.ts';
import type { Settings } from './settings.ts';
import type { Standing } from './standing.ts';
import type { State } from './state.ts';
import type { Turn } from './turn.ts';

/** The name of the path over the heartbeat port; every other name is a path that carries heartbeats alone. */
export const cablePath = 'eth1';

/** So long a cable that caused a consent must have been good; one that goes again and again is damped by the agent. */
const holdMs = 1000;

/** A heartbeat was taken in; `wasSilent`: before it there was no contact. */
export function noteWay(
  turn: Turn,
  { path, heartbeat }: EventOf<'heartbeatReceived'>,
  wasSilent: boolean,
): void {
  const { state, settings } = turn;
  const { cable, contact, now } = state;
  const { sender, agentStart, seq } = heartbeat;
  if (sender !== contact.peer || agentStart !== contact.peerStart) return;
  // The paths do not come back in the same instant: the cable is given its time from the first word on.
  if (wasSilent && inContact(state, settings)) cable.contactSince = now;
  if (path !== cablePath) {
    // What the cable has brought before says nothing of the way on which it comes again.
    if (contact.heardAt === now && seq === contact.lastSeq) cable.otherAt = now;
    return;
  }
  if (agentStart === cable.peerStart && seq <= cable.lastSeq) return;
  if (now - cable.heardAt >= settings.deadIntervalMs) cable.goodSince = now;
  cable.peerStart = agentStart;
  cable.lastSeq = seq;
  cable.heardAt = now;
}

function silentMs({ cable, now }: State): number {
  return now - Math.max(cable.heardAt, cable.contactSince);
}

/** The port has carrier and brings what the peer says. */
export function cableCarries(state: State, settings: Settings): boolean {
  return state.lan.heartbeatCarrier && silentMs(state) < settings.deadIntervalMs;
}

/** The port is dark, and the peer has said something new since, which can only have come another way. */
export function isHeardElsewhere(state: State, settings: Settings): boolean {
  const { cable, lan } = state;
  if (lan.heartbeatCarrier || !inContact(state, settings)) return false;
  return cable.otherAt - lan.heartbeatCarrierSince >= settings.heartbeatIntervalMs;
}

/**
 * Where the standby's log stands: on itself, or as confirmed to its primary. Compared at every look with what the other one says
 * of its own: a cable that brings words or log one way only is found by whichever end gets nothing.
 */
export function noteStall({ state }: Turn): void {
  const { cable, database, contact, now } = state;
  const theirs = contact.standing?.database.lsn ?? null;
  const here = serves(state) ? database.standbyFlushLsn : database.lsn;
  if (theirs === null || (here !== null && here >= theirs)) {
    cable.stalledSince = null;
    cable.stalledMs = 0;
    return;
  }
  if (cable.stalledSince === null || cable.reached !== here) cable.stalledSince = now;
  cable.reached = here;
  // Up to the last look: between two of them nobody knows.
  cable.stalledMs = now - cable.stalledSince;
}

/**
 * Replication is cut although the peer is heard. A link that has lost its carrier needs longer to come back than D_fast. One
 * that keeps it may lose only some, or only heartbeats: its silence must last, and the log must stand still.
 */
export function replicationIsCut(state: State, settings: Settings): boolean {
  if (!inContact(state, settings)) return false;
  const darkMs = state.now - state.lan.heartbeatCarrierSince;
  if (isHeardElsewhere(state, settings) && darkMs >= settings.fastDeadIntervalMs) return true;
  if (state.cable.stalledMs < settings.deadIntervalMs) return false;
  return silentMs(state) >= settings.replicationDeadlineMs;
}

/** How long the pause between two looks at the database may be: a cut is known only from what they see. */
export function lookPauseMs(state: State, settings: Settings, calmPauses: number): number {
  const isDoubtful = inContact(state, settings) && !cableCarries(state, settings);
  return settings.heartbeatIntervalMs * (isDoubtful ? Math.min(1, calmPauses) : calmPauses);
}

/** The standby consented, and one of the two knows that it was because of the cable. */
export function noteCutConsent({ state, settings }: Turn, said: Standing): void {
  if (said.replicationCut || replicationIsCut(state, settings)) state.cable.consentAt = state.now;
}

/**
 * Whether commits may wait for replication over it: a cable that flaps would stall them each time it goes, and a connection
 * over one that fell silent is believed to live until both ends of it have lost patience.
 */
export function isSteady(state: State, settings: Settings, said: Standing): boolean {
  const { cable, lan, now } = state;
  if (said.replicationCut || replicationIsCut(state, settings)) return false;
  if (cable.consentAt === -Infinity) return true;
  if (!cableCarries(state, settings) && now - cable.consentAt < settings.followDeadlineMs)
    return false;
  return lan.heartbeatCarrier && now - cable.goodSince >= holdMs;
}

/**
 * D_fast. A serial path speaks less often than the cable: its silence says something only after its own time, the lines that
 * the other box no longer drives at once.
 */
export function fastQuietMs(state: State, settings: Settings): number {
  const { serialSilenceMs, fastDeadIntervalMs } = settings;
  if (serialSilenceMs === null || state.cable.linesDropped) return fastDeadIntervalMs;
  return Math.max(fastDeadIntervalMs, serialSilenceMs);
}
