// What a node that holds nothing does: notes epochs, follows, consents, is rebuilt, becomes eligible, takes a handover, and
// carries a takeover through.
import { beginsTakeover } from './arbiterMoves.ts';
import type { Scope } from './move.ts';
import { make, mayWrite } from './move.ts';
import { holdsNothing, isSolo } from './recordMoves.ts';
import { grantsEligibility, heardBy, isAhead, loseEligibility } from './speech.ts';
import { stepDown } from './steppingDown.ts';
import type { Node, Pair, Side } from './state.ts';
import { Database, Handed, Mode, Phase, Role, Tail, other } from './state.ts';

export function followingMoves(scope: Scope, pair: Pair, side: Side): void {
  const node = pair.nodes[side];
  if (node.database === Database.stopped && !node.record.job) {
    make(scope, pair, 'standbyStarts', side, (_next, self) => {
      self.database = Database.standby;
    });
  }
  if (node.eligible) {
    make(scope, pair, 'eligibilityLost', side, (next) => loseEligibility(next, side));
  }
  if (node.writing !== null) return;
  if (isAhead(node)) {
    noteHigher(scope, pair, side);
    return;
  }
  if (node.record.mode === Mode.paired) pairedStandbyMoves(scope, pair, side);
  else if (holdsNothing(node.record)) catchupMoves(scope, pair, side);
  if (mayBecomeEligible(scope, node)) {
    make(scope, pair, 'eligible', side, (_next, self) => {
      self.eligible = true;
    });
  }
  beginsTakeover(scope, pair, side);
}

function mayBecomeEligible(scope: Scope, node: Node): boolean {
  const { record } = node;
  const isFollower = record.mode === Mode.paired || !scope.rules.catchupNeverPromotes;
  return (
    !node.eligible &&
    isFollower &&
    !record.mine &&
    node.database === Database.standby &&
    grantsEligibility(node, scope.rules)
  );
}

/** A valid grant makes a follower of the new epoch, contact without one `catchup`. */
function noteHigher(scope: Scope, pair: Pair, side: Side): void {
  const node = pair.nodes[side];
  const follower = mayWrite(node, 'followed', scope.rules);
  if (follower !== null && node.database === Database.standby) {
    make(scope, pair, 'followed', side, (_next, self) => {
      self.writing = follower;
    });
  }
  const noted = mayWrite(node, 'higherNoted', scope.rules);
  if (noted === null) return;
  make(scope, pair, 'higherNoted', side, (next, self) => {
    loseEligibility(next, side);
    self.writing = noted;
  });
}

function pairedStandbyMoves(scope: Scope, pair: Pair, side: Side): void {
  const node = pair.nodes[side];
  const peer = pair.nodes[other(side)];
  const taken = mayWrite(node, 'handoverTaken', scope.rules);
  const isChecked = scope.rules.handoverWaitsForTheLog && !peer.record.job;
  const holdsIt = peer.tail === Tail.none || !isChecked;
  if (taken !== null && node.database === Database.standby && holdsIt) {
    make(scope, pair, 'handoverTaken', side, (next, self) => {
      loseEligibility(next, side);
      self.role = Role.takingOver;
      self.phase = Phase.handed;
      self.writing = taken;
    });
  }
  consent(scope, pair, side);
}

/** Whatever the reason: replication that is broken, a database that does not start. */
export function consent(scope: Scope, pair: Pair, side: Side): void {
  const node = pair.nodes[side];
  const declined = mayWrite(node, 'consentGiven', scope.rules);
  if (declined === null) return;
  const isHanded = heardBy(node)?.handed === Handed.handed;
  if (isHanded && node.database !== Database.stopped) return;
  if (node.tail !== Tail.none && scope.rules.longerLogIsNotConsented) return;
  make(scope, pair, 'consentGiven', side, (next, self) => {
    loseEligibility(next, side);
    self.writing = declined;
  });
}

/** A log with something of its own is rebuilt from the holder's; a crash in the middle leaves the job in the record. */
function catchupMoves(scope: Scope, pair: Pair, side: Side): void {
  const node = pair.nodes[side];
  const peer = pair.nodes[other(side)];
  const back = mayWrite(node, 'handbackTakenLater', scope.rules);
  if (back !== null && node.database === Database.standby && node.tail === Tail.none) {
    make(scope, pair, 'handbackTakenLater', side, (_next, self) => {
      self.role = Role.takingOver;
      self.phase = Phase.permitted;
      self.writing = back;
    });
  }
  const marked = mayWrite(node, 'rebuildMarked', scope.rules);
  if (marked !== null && !node.record.job && node.tail !== Tail.none) {
    make(scope, pair, 'rebuildMarked', side, (_next, self) => {
      self.database = Database.stopped;
      self.writing = marked;
    });
  }
  const rebuilt = mayWrite(node, 'rebuilt', scope.rules);
  if (rebuilt !== null && peer.database >= Database.closed) {
    make(scope, pair, 'rebuilt', side, (_next, self) => {
      self.tail = Tail.none;
      self.writing = rebuilt;
    });
  }
}

/** Record, promotion, service; after a handover whose promotion fails the epoch is given back. */
export function takingOverMoves(scope: Scope, pair: Pair, side: Side): void {
  const node = pair.nodes[side];
  if (node.phase === Phase.asking) return;
  const recorded = node.writing === null && isSolo(node.record);
  if (!recorded && scope.rules.recordBeforePromotion) return;
  if (node.database === Database.standby) promotionMoves(scope, pair, side);
  if (!recorded) return;
  if (isAhead(node)) make(scope, pair, 'stepsDown', side, stepDown);
  if (node.phase === Phase.failed) handBack(scope, pair, side);
  if (node.database === Database.stopped || node.database === Database.open) {
    make(scope, pair, 'serves', side, (_next, self) => {
      self.role = Role.serving;
      self.address = scope.arbiter === 'lan' && self.database === Database.open;
    });
  }
}

/** One that was said to have failed may take effect later, up to the stop that precedes the handback. */
function promotionMoves(scope: Scope, pair: Pair, side: Side): void {
  const node = pair.nodes[side];
  make(scope, pair, 'promoted', side, (_next, self) => {
    self.database = Database.open;
    self.waits = false;
    self.tail = Math.max(self.tail, Tail.unpromised) as Tail;
  });
  if (node.phase !== Phase.handed) return;
  make(scope, pair, 'promotionFails', side, (_next, self) => {
    self.phase = Phase.failed;
  });
}

function handBack(scope: Scope, pair: Pair, side: Side): void {
  const node = pair.nodes[side];
  if (node.database !== Database.stopped) {
    make(scope, pair, 'stopsToHandBack', side, (_next, self) => {
      self.database = Database.stopped;
    });
    return;
  }
  const record = mayWrite(node, 'handedBack', scope.rules);
  if (record === null) return;
  if (node.tail !== Tail.none && scope.rules.handbackProvesTheLog) return;
  make(scope, pair, 'handedBack', side, (_next, self) => {
    self.writing = record;
  });
}
