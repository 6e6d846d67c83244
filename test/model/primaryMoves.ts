// What a node that holds an epoch does: opens its database, pairs, leaves by consent, hands over, gives up to a higher
// epoch. The permission of an arbiter is in the arbiter's own file.
import { beginsLeaving } from './arbiterMoves.ts';
import { streams } from './databaseMoves.ts';
import type { Scope } from './move.ts';
import { make, mayWrite } from './move.ts';
import { isConsentOf, isSolo } from './recordMoves.ts';
import { heardBy, isAhead } from './speech.ts';
import { stepDown } from './steppingDown.ts';
import type { Node, Pair, Side } from './state.ts';
import { Database, Handed, Mode, Phase, Role, Tail, other } from './state.ts';

export function servingMoves(scope: Scope, pair: Pair, side: Side): void {
  const node = pair.nodes[side];
  const heard = heardBy(node);
  if (isAhead(node)) {
    if (scope.rules.higherEpochStops) make(scope, pair, 'stepsDown', side, stepDown);
    return;
  }
  open(scope, pair, side);
  if (isSolo(node.record)) soloMoves(scope, pair, side);
  else if (node.record.mode === Mode.paired && node.writing === null)
    pairedMoves(scope, pair, side);
  if (scope.arbiter === 'lan') addressMoves(scope, pair, side);
  const isPairedHere = node.record.mode === Mode.paired;
  if (scope.arbiter === 'fence' && heard !== null && !node.sure && isPairedHere) {
    make(scope, pair, 'contact', side, (_next, self) => {
      self.sure = true;
    });
  }
}

function isPaired(node: Node): boolean {
  return node.record.mode === Mode.paired && node.database === Database.open;
}

/** Starts the database behind the gate, and lets clients in when the record allows (I8). */
function open(scope: Scope, pair: Pair, side: Side): void {
  const node = pair.nodes[side];
  const peer = pair.nodes[other(side)];
  // A paired record that is asked for is carried through first: the start goes by the record.
  if (node.writing !== null) return;
  if (node.database === Database.stopped) {
    make(scope, pair, 'databaseStarts', side, (_next, self) => {
      self.database = Database.closed;
      self.waits = self.record.mode === Mode.paired;
      if (isSolo(self.record)) self.tail = Math.max(self.tail, Tail.unpromised) as Tail;
    });
  }
  if (node.database !== Database.closed) return;
  const whole = streams(node, peer) && node.tail === Tail.none;
  if (isSolo(node.record) || whole || !scope.rules.restartGate) {
    make(scope, pair, 'clientsAdmitted', side, (_next, self) => {
      self.database = Database.open;
      // Whoever is let in reads what recovery left: it counts as promised.
      if (self.tail === Tail.unpromised) self.tail = Tail.promised;
    });
  }
  const record = mayWrite(node, 'handedToTheLonger', scope.rules);
  if (record !== null && peer.database === Database.standby && peer.tail !== Tail.none) {
    make(scope, pair, 'handsToTheLonger', side, (_next, self) => {
      self.role = Role.handingOver;
      self.database = Database.stopped;
      self.waits = false;
      self.address = false;
      self.tail = Math.max(self.tail, Tail.unpromised) as Tail;
      self.writing = record;
    });
  }
}

/** I5, and the way back while the paired record is not asked for. */
function soloMoves(scope: Scope, pair: Pair, side: Side): void {
  const node = pair.nodes[side];
  const peer = pair.nodes[other(side)];
  if (node.writing !== null) return;
  const higher = mayWrite(node, 'twoPrimariesResolved', scope.rules);
  if (higher !== null && winsOver(pair, side)) {
    make(scope, pair, 'twoPrimariesResolved', side, (_next, self) => {
      self.writing = higher;
    });
  }
  if (node.database !== Database.open) return;
  if (node.waits) {
    make(scope, pair, 'pairingAbandoned', side, (_next, self) => {
      self.waits = false;
      if (self.tail === Tail.unpromised) self.tail = Tail.promised;
    });
  }
  const paired = mayWrite(node, 'pairing', scope.rules);
  if (paired === null || !streams(node, peer)) return;
  if (!node.waits) {
    make(scope, pair, 'synchronousProved', side, (_next, self) => {
      self.waits = true;
    });
  } else if (node.tail !== Tail.promised || !scope.rules.barrier) {
    make(scope, pair, 'pairing', side, (_next, self) => {
      self.writing = paired;
    });
  }
}

/** The side that could acknowledge; if both or neither, the holder of the last common epoch. */
export function winsOver(pair: Pair, side: Side): boolean {
  const node = pair.nodes[side];
  const peer = pair.nodes[other(side)];
  const mine = node.database === Database.open;
  const theirs = heardBy(node)?.acknowledged === true;
  if (mine !== theirs) return mine;
  return node.record.lastMine || !peer.record.lastMine;
}

function pairedMoves(scope: Scope, pair: Pair, side: Side): void {
  const node = pair.nodes[side];
  const heard = heardBy(node);
  const solo = mayWrite(node, 'consentTaken', scope.rules);
  if (solo !== null) {
    make(scope, pair, 'leavesByConsent', side, (_next, self) => {
      self.role = Role.leaving;
      self.phase = Phase.permitted;
      self.writing = solo;
    });
    return;
  }
  const follows = heard?.mode === Mode.paired && heard.epoch === node.record.epoch;
  if (node.database === Database.open && follows) {
    make(scope, pair, 'handoverBegins', side, (_next, self) => {
      self.role = Role.handingOver;
      self.database = Database.closed;
      self.address = false;
    });
  }
  beginsLeaving(scope, pair, side);
}

/** The address goes up at any moment: less than the core asks for. A paired node that hears nobody and sees no LAN takes it off. */
function addressMoves(scope: Scope, pair: Pair, side: Side): void {
  const node = pair.nodes[side];
  const heard = heardBy(node);
  if (node.database === Database.open && !node.address) {
    make(scope, pair, 'addressRaised', side, (_next, self) => {
      self.address = true;
    });
  }
  if (!isPaired(node)) return;
  const { addressOffIsABreak } = scope.rules;
  if (heard !== null && !node.sure && (node.address || !addressOffIsABreak)) {
    make(scope, pair, 'contact', side, (_next, self) => {
      self.sure = true;
    });
  }
  if (node.address) {
    make(scope, pair, 'lanLost', side, (_next, self) => {
      self.address = false;
      if (addressOffIsABreak) self.sure = false;
    });
  }
}

/** The record first, then the setting; waiting commits are released. */
export function leavingMoves(scope: Scope, pair: Pair, side: Side): void {
  const node = pair.nodes[side];
  if (node.phase === Phase.asking) return;
  const recorded = node.writing === null && isSolo(node.record);
  if (!recorded && (scope.rules.recordBeforeClearing || !node.waits)) return;
  if (recorded && isAhead(node)) make(scope, pair, 'stepsDown', side, stepDown);
  make(scope, pair, 'synchronousCleared', side, (_next, self) => {
    if (recorded) self.role = Role.serving;
    self.waits = false;
    if (self.database === Database.open && self.tail === Tail.unpromised) self.tail = Tail.promised;
  });
}

export function handingOverMoves(scope: Scope, pair: Pair, side: Side): void {
  const node = pair.nodes[side];
  if (node.writing !== null) return;
  if (node.record.handed === Handed.none) giverMoves(scope, pair, side);
  else grantingMoves(scope, pair, side);
}

/** Until the handed record is asked for any failure lets the giver resume. */
function giverMoves(scope: Scope, pair: Pair, side: Side): void {
  const node = pair.nodes[side];
  const peer = pair.nodes[other(side)];
  if (isAhead(node)) {
    make(scope, pair, 'stepsDown', side, stepDown);
    return;
  }
  make(scope, pair, 'handoverAbandoned', side, (_next, self) => {
    self.role = Role.serving;
  });
  if (node.database === Database.closed) {
    make(scope, pair, 'databaseStopped', side, (_next, self) => {
      self.database = Database.stopped;
      self.waits = false;
    });
    return;
  }
  const record = mayWrite(node, 'handedOver', scope.rules);
  const heard = heardBy(node);
  const consent = heard !== null && isConsentOf(heard, node.record.epoch, scope.rules);
  if (record === null || heard === null || consent) return;
  const isWhole = node.tail === Tail.none || !scope.rules.handoverWaitsForTheLog;
  if (isWhole && peer.tail === Tail.none) {
    make(scope, pair, 'handedOver', side, (_next, self) => {
      self.writing = record;
    });
  }
}

function grantingMoves(scope: Scope, pair: Pair, side: Side): void {
  const node = pair.nodes[side];
  const heard = heardBy(node);
  const back = mayWrite(node, 'handbackTaken', scope.rules);
  if (back !== null && node.tail === Tail.none) {
    make(scope, pair, 'handbackTaken', side, (_next, self) => {
      self.writing = back;
    });
  }
  if (isAhead(node)) {
    if (heard !== null && heard.handed !== Handed.handedBack) {
      make(scope, pair, 'giverFollows', side, (_next, self) => {
        self.role = Role.following;
      });
    }
    return;
  }
  const taken = mayWrite(node, 'takenBack', scope.rules);
  if (taken === null) return;
  make(scope, pair, 'takenBack', side, (_next, self) => {
    self.writing = taken;
  });
}
