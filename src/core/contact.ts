// Contact with the peer. It counts only in both directions: a heartbeat is fresh when it is newer than anything processed
// from that start of the peer's agent and echoes one of mine sent at most D ago (protocol.md section 2).
import type { Heartbeat, Standing } from './standing.ts';
import type { State } from './state.ts';
import type { Settings } from './settings.ts';
import type { Turn } from './turn.ts';

/** Takes in an authentic heartbeat of the other node. Statements are kept only from contact (I2). */
export function hear(turn: Turn, heartbeat: Heartbeat): void {
  const { state, settings } = turn;
  const { contact } = state;
  if (heartbeat.sender === settings.self) return;
  noteEpoch(state, settings, heartbeat);
  if (!isOfThePeer(state, settings, heartbeat)) return;
  if (contact.echo?.agentStart === heartbeat.agentStart && heartbeat.seq <= contact.echo.seq)
    return;
  contact.echo = { agentStart: heartbeat.agentStart, seq: heartbeat.seq };
  contact.processedAt = state.now;
  // A node that is leaving says only that: it is no contact, and nothing else that it says counts.
  if (heartbeat.standing.leaving) return;
  if (isFresh(state, settings, heartbeat)) takeContact(turn, heartbeat);
}

/** Obeyed even from a start of its agent that is too young to be in contact: it serves already. */
function noteEpoch(state: State, settings: Settings, { sender, standing }: Heartbeat): void {
  const { contact } = state;
  if (standing.leaving || (inContact(state, settings) && contact.peer !== sender)) return;
  contact.highestEpoch = Math.max(contact.highestEpoch, standing.record?.epoch ?? 0);
}

/** While the peer is in contact, another node or another start of its agent must wait until it falls silent. */
function isOfThePeer(state: State, settings: Settings, heartbeat: Heartbeat): boolean {
  const { contact } = state;
  if (!inContact(state, settings)) return true;
  return contact.peer === heartbeat.sender && contact.peerStart === heartbeat.agentStart;
}

function isFresh(state: State, settings: Settings, heartbeat: Heartbeat): boolean {
  const { contact } = state;
  if (contact.peerStart === heartbeat.agentStart && heartbeat.seq <= contact.lastSeq) return false;
  const sentAt =
    heartbeat.echo?.agentStart === state.agentStart ? sentAtOf(state, heartbeat.echo.seq) : null;
  return sentAt !== null && state.now - sentAt <= settings.deadIntervalMs;
}

/** What it said before it fell silent is no word of now. */
function noteItsLan(state: State, settings: Settings, { fitness }: Standing): void {
  const { contact, now } = state;
  const isNews = contact.lanGoodSince === null || !inContact(state, settings);
  if (!fitness.carrier || !fitness.lan) contact.lanGoodSince = null;
  else if (isNews) contact.lanGoodSince = now;
}

function takeContact({ state, settings }: Turn, heartbeat: Heartbeat): void {
  const { contact } = state;
  noteItsLan(state, settings, heartbeat.standing);
  // What another node counted as contact is no moment of this one.
  if (contact.peer !== heartbeat.sender) contact.ackedAt = null;
  contact.peer = heartbeat.sender;
  contact.peerStart = heartbeat.agentStart;
  contact.lastSeq = heartbeat.seq;
  contact.heardAt = state.now;
  contact.heard = { agentStart: heartbeat.agentStart, seq: heartbeat.seq };
  contact.standing = heartbeat.standing;
  const ackedSentAt =
    heartbeat.heard?.agentStart === state.agentStart ? sentAtOf(state, heartbeat.heard.seq) : null;
  if (ackedSentAt !== null) contact.ackedAt = Math.max(contact.ackedAt ?? -Infinity, ackedSentAt);
}

function sentAtOf(state: State, seq: number): number | null {
  const { sentAt } = state.sending;
  if (seq > state.sending.seq || seq <= state.sending.seq - sentAt.length) return null;
  const at = sentAt[seq % sentAt.length];
  return at === undefined || at < 0 ? null : at;
}

/** Something fresh was processed within the dead interval. */
export function inContact(state: State, settings: Settings): boolean {
  return (
    state.contact.heardAt !== null && state.now - state.contact.heardAt < settings.deadIntervalMs
  );
}

/** What the peer says now, or null without contact. */
export function peerSays(turn: Turn): Standing | null {
  return inContact(turn.state, turn.settings) ? turn.state.contact.standing : null;
}

/** The first sign of trouble: a heartbeat is missing, or the peer misses mine, or Eth1 has no carrier. */
export function isSuspicious(state: State, settings: Settings): boolean {
  const { heardAt, ackedAt } = state.contact;
  if (heardAt === null) return false;
  return (
    !state.lan.heartbeatCarrier ||
    state.now - heardAt > settings.heartbeatIntervalMs * 1.5 ||
    (ackedAt !== null && state.now - ackedAt > settings.heartbeatIntervalMs * 2.5)
  );
}

/** The peer has reached an epoch above mine: whoever hears that serves no more. */
export function peerIsAhead(state: State): boolean {
  return state.record !== null && state.contact.highestEpoch > state.record.epoch;
}
