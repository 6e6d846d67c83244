// What happens to logs and to the record's disk without anybody deciding anything: writes of clients, replication, the end
// of a record's write; and the faults: a database, an agent, a box that ends between any two steps.
import type { Scope } from './move.ts';
import { make, makeFault } from './move.ts';
import { forgetStart, loseEligibility } from './speech.ts';
import type { Node, Pair, Rec, Side } from './state.ts';
import { Database, Handed, Mode, Phase, Role, Tail, other } from './state.ts';
import { isSolo } from './recordMoves.ts';

export function databaseMoves(scope: Scope, pair: Pair, side: Side): void {
  const node = pair.nodes[side];
  const peer = pair.nodes[other(side)];
  if (node.database === Database.open) write(scope, pair, side, node);
  if (streams(node, peer)) stream(scope, pair, side, node);
  if (node.writing !== null) {
    make(scope, pair, 'recordWritten', side, (_next, self) => {
      putOnDisk(self);
      self.publishing = scope.arbiter === 'etcd';
    });
  }
}

/** Promised at once where nobody is waited for. */
function write(scope: Scope, pair: Pair, side: Side, node: Node): void {
  const tail = node.waits ? Math.max(node.tail, Tail.unpromised) : Tail.promised;
  if (tail === node.tail) return;
  make(scope, pair, 'clientWrites', side, (_next, self) => {
    self.tail = tail as Tail;
  });
}

/** The standby's log is the beginning of the primary's, and both run. */
export function streams(primary: Node, standby: Node): boolean {
  return (
    primary.database >= Database.closed &&
    standby.database === Database.standby &&
    standby.tail === Tail.none
  );
}

/** All of it arrives, or only what was promised. What has arrived and waited is promised now, and is on both. */
function stream(scope: Scope, pair: Pair, side: Side, node: Node): void {
  if (node.tail === Tail.none) return;
  make(scope, pair, 'logArrives', side, (_next, self) => {
    self.tail = Tail.none;
  });
  if (node.tail !== Tail.promised) return;
  make(scope, pair, 'logArrivesInPart', side, (_next, self) => {
    self.tail = Tail.unpromised;
  });
}

/** The record is on disk, and what waited for it goes on. */
function putOnDisk(node: Node): void {
  const { writing } = node;
  if (writing === null) return;
  node.record = writing;
  node.writing = null;
  if (node.role === Role.steppingDown && writing.mode === Mode.catchup) node.role = Role.following;
  if (node.role === Role.handingOver && isSolo(writing)) node.role = Role.serving;
  if (node.role === Role.takingOver && writing.handed === Handed.handedBack)
    node.role = Role.handingOver;
}

export function faults(scope: Scope, pair: Pair, side: Side): void {
  const node = pair.nodes[side];
  if (node.database !== Database.stopped) {
    makeFault(scope, pair, 'databaseCrashes', side, (next, self) => {
      self.database = Database.stopped;
      // The switch that makes commits wait is durable, but which way it stands is decided by the record at the start.
      self.waits = false;
      if (self.role === Role.following) loseEligibility(next, side);
    });
  }
  for (const record of recordsAfterCrash(node)) {
    makeFault(scope, pair, 'agentRestarts', side, (next) => restartAgent(next, side, record));
    makeFault(scope, pair, 'boxRestarts', side, (next) => restartBox(next, side, record));
  }
  if (mayLoseLog(scope, pair, side)) {
    makeFault(scope, pair, 'boxLosesLog', side, (next, self) => {
      restartBox(next, side, self.record);
      self.tail = Tail.none;
      next.nodes[other(side)].tail = Tail.promised;
    });
  }
}

/** A write that was under way leaves the old record or the new one. */
export function recordsAfterCrash(node: Node): readonly Rec[] {
  return node.writing === null ? [node.record] : [node.record, node.writing];
}

/**
 * Its disk said that it had flushed what it had not: the standby is ahead (I8). No protocol mends that once the standby
 * has given its consent, or where an arbiter outside the pair lets a primary go on from behind its gate.
 */
function mayLoseLog(scope: Scope, pair: Pair, side: Side): boolean {
  const node = pair.nodes[side];
  const peer = pair.nodes[other(side)];
  const { record } = node;
  const isFollowed =
    peer.record.mode === Mode.paired && peer.record.epoch === record.epoch && peer.writing === null;
  return (
    (scope.arbiter === 'lan' || scope.arbiter === 'manual') &&
    isFollowed &&
    node.writing === null &&
    record.mode === Mode.paired &&
    record.mine &&
    node.waits &&
    node.tail !== Tail.promised &&
    streams(node, peer)
  );
}

/** The box starts again with a stopped database: everything that is not on disk is forgotten. */
export function restartBox(pair: Pair, side: Side, record: Rec): void {
  const node = pair.nodes[side];
  forgetAgent(pair, side, record);
  loseEligibility(pair, side);
  node.role = Role.starting;
  node.database = Database.stopped;
  node.waits = false;
  node.address = false;
}

/** The agent alone starts again and adopts what runs. */
function restartAgent(pair: Pair, side: Side, record: Rec): void {
  const node = pair.nodes[side];
  const stopped = node.database === Database.stopped;
  forgetAgent(pair, side, record);
  loseEligibility(pair, side);
  if (stopped || record.job) {
    restartBox(pair, side, record);
    return;
  }
  const holds = record.mine && record.mode !== Mode.catchup;
  if (!holds) {
    if (node.database !== Database.standby) node.database = Database.stopped;
    node.role = Role.following;
    node.address = false;
  } else if (node.database === Database.standby) {
    node.database = Database.stopped;
    node.role = Role.serving;
  } else if (record.mode === Mode.solo && node.waits) {
    node.role = Role.leaving;
    node.phase = Phase.permitted;
  } else {
    node.role = Role.serving;
  }
}

function forgetAgent(pair: Pair, side: Side, record: Rec): void {
  const node = pair.nodes[side];
  node.record = record;
  node.writing = null;
  node.heardEpoch = record.epoch;
  node.sure = false;
  node.publishing = false;
  node.published = false;
  forgetStart(pair, side);
}
