// What a node says, when it may say it, and what becomes of words under way when an agent restarts or loses eligibility:
// a statement holds only for the epoch and the agent starts that it names (protocol.md section 4).
import { Database, Decided, Grant, Mode, Role, Vintage, other } from './state.ts';
import type { Node, Pair, Rec, Side, Statement } from './state.ts';
import { grants, isConsentOf } from './recordMoves.ts';
import type { Rules } from './rules.ts';

export function isAhead(node: Node): boolean {
  return node.heardEpoch > node.record.epoch;
}

/** What the peer says in contact: its epoch has been taken note of, and it echoes this agent start. */
export function heardBy(node: Node): Statement | null {
  return node.mail !== null && node.mail.fresh && node.mail.epoch <= node.heardEpoch
    ? node.mail
    : null;
}

/** A lone reign that is on disk may be said before the setting is cleared. */
export function speaks(node: Node, rules: Rules): boolean {
  if (!rules.muteWhileLeaving) return true;
  if (node.role === Role.leaving) return node.writing === null && node.record.mode === Mode.solo;
  return node.role !== Role.takingOver;
}

/** The statement that this node would send now. */
export function statementOf(pair: Pair, side: Side, rules: Rules, publishes: boolean): Statement {
  const node = pair.nodes[side];
  if (node.publishing) return statementBeforeLedger(node);
  const record = recordSaid(node, rules);
  const grant = grantOf(node, record, rules, publishes);
  const heard = heardBy(node);
  const vintage = heard?.vintage ?? Vintage.old;
  const grantHolds =
    grant !== Grant.none &&
    (grant === Grant.handover ? vintage >= Vintage.start : vintage === Vintage.counter);
  return {
    epoch: record.epoch,
    mode: record.mode,
    mine: record.mine,
    handed: record.handed,
    acknowledged:
      pair.decided === Decided.twice &&
      record.mode === Mode.solo &&
      node.database === Database.open,
    grant,
    grantHolds,
    vintage: Vintage.counter,
    fresh: true,
  };
}

/** `etcd`: until the ledger knows the paired epoch, the lone one before it is what is said. */
function statementBeforeLedger({ record }: Node): Statement {
  return {
    epoch: record.epoch - 1,
    mode: Mode.solo,
    mine: true,
    handed: 0,
    acknowledged: false,
    grant: Grant.none,
    grantHolds: false,
    vintage: Vintage.counter,
    fresh: true,
  };
}

/** What is on disk, unless a rule that says so is switched off. */
function recordSaid(node: Node, rules: Rules): Rec {
  const { writing } = node;
  if (writing !== null && !rules.consentIsWrittenFirst && writing.mode === Mode.catchup)
    return writing;
  if (writing !== null && !rules.recordBeforeGrant && writing.mode === Mode.paired) return writing;
  return node.record;
}

function grantOf(node: Node, record: Rec, rules: Rules, publishes: boolean): Grant {
  const heard = heardBy(node);
  if (heard === null) return Grant.none;
  if (node.role === Role.handingOver && record.handed !== 0 && node.writing === null)
    return Grant.handover;
  const waiting = node.writing !== null && rules.recordBeforeGrant;
  const mute = node.role !== Role.serving && rules.muteWhileLeaving;
  if (mute || waiting || record.mode !== Mode.paired || !record.mine) return Grant.none;
  if (node.database !== Database.open || isAhead(node)) return Grant.none;
  if (publishes && !node.published) return Grant.none;
  return isConsentOf(heard, record.epoch, rules) ? Grant.none : Grant.eligibility;
}

export function grantsEligibility(node: Node, rules: Rules): boolean {
  const heard = heardBy(node);
  return (
    heard !== null &&
    heard.mode === Mode.paired &&
    heard.mine &&
    heard.epoch === node.record.epoch &&
    grants(heard, Grant.eligibility, rules)
  );
}

/** The loss counter rises: no grant under way names it, and what the peer knows of it is out of date. */
export function loseEligibility(pair: Pair, side: Side): void {
  const node = pair.nodes[side];
  const peer = pair.nodes[other(side)];
  node.eligible = false;
  changeMail(node, (mail) =>
    mail.grant === Grant.eligibility ? { ...mail, grantHolds: false } : mail,
  );
  changeMail(peer, (mail) =>
    mail.vintage === Vintage.counter ? { ...mail, vintage: Vintage.start } : mail,
  );
}

/** An agent start ends: nothing that is under way to it echoes the next one, and no word of it is of now. */
export function forgetStart(pair: Pair, side: Side): void {
  const node = pair.nodes[side];
  const peer = pair.nodes[other(side)];
  changeMail(node, (mail) => ({ ...mail, fresh: false }));
  changeMail(peer, (mail) => ({ ...mail, vintage: Vintage.old }));
}

/** What this node said before is no contact any more: the peer would have had to hear it within D. */
export function wordsExpire(pair: Pair, side: Side): void {
  changeMail(pair.nodes[other(side)], (mail) => ({ ...mail, fresh: false }));
}

/** Whatever is under way to this node. */
function changeMail(node: Node, change: (mail: Statement) => Statement): void {
  if (node.mail !== null) node.mail = change(node.mail);
  if (node.laterMail !== null) node.laterMail = change(node.laterMail);
}
