// The start of an agent whose database is stopped: the table of protocol.md section 8, and the operator's order where that
// table says that he is waited for.
import { ordered } from '../../src/core/ledger.ts';
import type { LedgerEntry } from '../../src/core/ledger.ts';
import { beginsAtStart } from './arbiterMoves.ts';
import { restartBox } from './databaseMoves.ts';
import { put, unlessRefused } from './etcdMoves.ts';
import type { Scope } from './move.ts';
import { make, makeFault, mayWrite } from './move.ts';
import { consent } from './standbyMoves.ts';
import { holdsNothing, isSolo } from './recordMoves.ts';
import { winsOver } from './primaryMoves.ts';
import { heardBy, isAhead, loseEligibility } from './speech.ts';
import type { Node, Pair, Rec, Side } from './state.ts';
import { Database, Decided, Handed, Mode, Phase, Role, Tail, nodeIds, other } from './state.ts';

export function startMoves(scope: Scope, pair: Pair, side: Side): void {
  const node = pair.nodes[side];
  if (node.writing !== null) return;
  const { record } = node;
  const heard = heardBy(node);
  if (isAhead(node)) {
    if (heard !== null) follow(scope, pair, side);
    return;
  }
  if (isSolo(record)) startAlone(scope, pair, side);
  else if (record.mode === Mode.paired && record.mine) startAsHolder(scope, pair, side);
  else if (record.mode === Mode.paired) startAsFollower(scope, pair, side);
  else if (record.handed !== Handed.none) {
    make(scope, pair, 'grantsAgain', side, (_next, self) => {
      self.role = Role.handingOver;
    });
  } else if (heard !== null && heard.epoch >= record.epoch) {
    const both = heard.mode === Mode.catchup && heard.handed === Handed.none;
    if (!both) follow(scope, pair, side);
  }
}

function follow(scope: Scope, pair: Pair, side: Side): void {
  make(scope, pair, 'rejoins', side, (_next, self) => {
    self.role = Role.following;
  });
}

function opens(scope: Scope, pair: Pair, side: Side, name: string): void {
  make(scope, pair, name, side, (_next, self) => {
    self.role = Role.serving;
  });
}

function startAlone(scope: Scope, pair: Pair, side: Side): void {
  const node = pair.nodes[side];
  const heard = heardBy(node);
  const isOver = heard !== null && heard.epoch === node.record.epoch && heard.mode !== Mode.catchup;
  if (!isOver) {
    opens(scope, pair, side, 'resumesAlone');
    return;
  }
  const higher = mayWrite(node, 'twoPrimariesResolved', scope.rules);
  if (higher === null || !winsOver(pair, side)) return;
  make(scope, pair, 'twoPrimariesResolved', side, (_next, self) => {
    self.writing = higher;
  });
}

function startAsHolder(scope: Scope, pair: Pair, side: Side): void {
  const node = pair.nodes[side];
  const heard = heardBy(node);
  if (!scope.rules.startedNodeWaits)
    leave(scope, pair, side, mayWrite(node, 'permitted', scope.rules));
  if (heard === null) {
    beginsAtStart(scope, pair, side);
    return;
  }
  if (heard.mode === Mode.paired && heard.epoch === node.record.epoch)
    opens(scope, pair, side, 'resumesPaired');
  leave(scope, pair, side, mayWrite(node, 'consentTaken', scope.rules));
}

function leave(scope: Scope, pair: Pair, side: Side, record: Rec | null): void {
  if (record === null) return;
  make(scope, pair, 'leavesAtStart', side, (_next, self) => {
    self.role = Role.leaving;
    self.phase = Phase.permitted;
    self.writing = record;
  });
}

function startAsFollower(scope: Scope, pair: Pair, side: Side): void {
  const node = pair.nodes[side];
  const heard = heardBy(node);
  if (heard === null) {
    beginsAtStart(scope, pair, side);
    return;
  }
  if (heard.epoch !== node.record.epoch || !heard.mine) return;
  if (heard.mode === Mode.paired || heard.handed === Handed.handed) follow(scope, pair, side);
  consent(scope, pair, side);
}

/** The operator takes a box after he has seen to it that the other is off: what was under way to that one is gone. */
export function operatorMoves(scope: Scope, pair: Pair, side: Side): void {
  const node = pair.nodes[side];
  const peer = pair.nodes[other(side)];
  const record = mayWrite(node, 'operatorTook', scope.rules);
  if (record === null || peer.role !== Role.starting || peer.writing !== null) return;
  if (pair.decided === Decided.twice) return;
  if (node.record.job && node.role !== Role.handingOver) return;
  // An epoch that one holds alone waits for nobody.
  if (isSolo(node.record)) return;
  const order = waitsForOperator(node) ? make : makeFault;
  const decided = decidedBy(pair, node, peer);
  const isEntered = scope.arbiter === 'etcd' && scope.rules.operatorIsEntered;
  const entry = isEntered ? orderedFirst(scope, pair, side, record) : null;
  const { epoch } = entry ?? record;
  if (isGiven(pair, decided, epoch) && !(isEntered && entry === null)) {
    order(scope, pair, 'operatorTakes', side, (next) => {
      obey(next, side, { ...record, epoch }, decided);
      put(scope, next, entry);
    });
  }
  // The ledger cannot be asked, and he vouches that the other is off.
  if (scope.arbiter !== 'etcd' || !isGiven(pair, decided, record.epoch)) return;
  order(scope, pair, 'operatorVouches', side, (next) => {
    obey(next, side, record, Math.max(decided, Decided.withLoss) as Decided);
  });
}

/** The ledger names the epoch before the record does, above whatever it says, or refuses. */
function orderedFirst(scope: Scope, pair: Pair, side: Side, { epoch }: Rec): LedgerEntry | null {
  return ordered(unlessRefused(scope, pair.ledger, side), { epoch, self: nodeIds[side] });
}

/** Of a second order between two pairs nothing is asked any more: it is not given where the numbers would climb without end. */
function isGiven({ nodes }: Pair, decided: Decided, epoch: number): boolean {
  const lowest = Math.min(nodes[0].record.epoch, nodes[1].record.epoch);
  return decided !== Decided.twice || epoch <= lowest + secondOrderReach;
}

const secondOrderReach = 6;

function obey(pair: Pair, side: Side, record: Rec, decided: Decided): void {
  const node = pair.nodes[side];
  const theirs = pair.nodes[other(side)];
  pair.decided = decided;
  if (theirs.tail === Tail.promised) theirs.tail = Tail.unpromised;
  loseEligibility(pair, side);
  restartBox(pair, other(side), theirs.record);
  node.role = node.role === Role.serving ? Role.leaving : Role.takingOver;
  node.phase = Phase.permitted;
  node.sure = false;
  node.writing = record;
}

/** Without a risk only where the other box has nothing to go on with: no lone reign, no consent, no epoch handed to it. */
function decidedBy(pair: Pair, mine: Node, theirs: Node): Decided {
  if (pair.decided !== Decided.nothing) return Decided.twice;
  const { record } = theirs;
  const samePair =
    mine.record.mode === Mode.paired &&
    record.epoch === mine.record.epoch &&
    record.mode !== Mode.solo;
  const nothingGiven = mine.record.handed === Handed.none && holdsNothing(record);
  return samePair || nothingGiven ? Decided.safely : Decided.withLoss;
}

/** The rows of the start table that name him, and the holder or giver whose partner is gone. */
function waitsForOperator(node: Node): boolean {
  if (node.role === Role.starting) return node.record.mode === Mode.paired || isBothCatchup(node);
  if (node.role === Role.following) return false;
  return node.database !== Database.standby;
}

function isBothCatchup(node: Node): boolean {
  const heard = heardBy(node);
  return heard?.mode === Mode.catchup && heard.handed === Handed.none;
}
