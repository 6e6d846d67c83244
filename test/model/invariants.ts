// The invariants of protocol.md section 3, asked after every move; I5 to I9 also show in these where one of them is broken.
import { holdsNothing, isSolo } from './recordMoves.ts';
import type { Move } from './move.ts';
import type { Node, Pair, Side } from './state.ts';
import { Database, Decided, Mode, Tail, other, sides } from './state.ts';

/** What is broken by this move, or null. */
export function broken(before: Pair, move: Move, after: Pair): string | null {
  for (const side of sides) {
    const found = brokenAt(before, move, after, side);
    if (found !== null) return found;
  }
  const [a, b] = after.nodes;
  const both = acknowledgesAlone(a) && acknowledgesAlone(b);
  return both && !riskIsTaken(after) ? 'I2: both acknowledge' : null;
}

function brokenAt(before: Pair, move: Move, after: Pair, side: Side): string | null {
  const was = before.nodes[side];
  const node = after.nodes[side];
  const peer = after.nodes[other(side)];
  if (acknowledgesAlone(node)) {
    if (!isSolo(node.record)) return 'I4: acknowledges alone without that record on disk';
    if (peer.tail === Tail.promised && !riskIsTaken(after))
      return 'I1: acknowledges, and lacks what the other has promised';
  }
  const isRebuilt = move.name === 'rebuilt' && move.side === side;
  if (isRebuilt && was.tail === Tail.promised && !riskIsTaken(after))
    return 'I1: a log with promised writes is thrown away';
  if (node.eligible && isStandbyOf(node, peer) && peer.tail === Tail.promised)
    return 'I5: eligible, and lacks what was promised';
  if (node.writing !== was.writing && promotesFromNothing(move, node))
    return 'I6: a node that holds nothing asks for a reign';
  return brokenRecord(was, node, peer, after);
}

/** A handback and the operator are the two exceptions. */
function promotesFromNothing(move: Move, node: Node): boolean {
  if (node.writing === null || !isSolo(node.writing) || !holdsNothing(node.record)) return false;
  return !['handbackTakenLater', 'operatorTakes', 'operatorVouches'].includes(move.name);
}

function brokenRecord(was: Node, node: Node, peer: Node, after: Pair): string | null {
  const { record } = node;
  if (record === was.record || equalRecords(node, was)) return null;
  if (record.epoch < was.record.epoch) return 'I3: a lower record is written';
  if (!holdsEpoch(node)) return null;
  const isUsed = riskIsTaken(after)
    ? record.epoch === peer.record.epoch && holdsEpoch(peer)
    : record.epoch <= peer.record.epoch;
  if (isUsed && after.decided !== Decided.twice) return 'I3: an epoch is used again';
  return null;
}

function holdsEpoch({ record }: Node): boolean {
  return record.mine && record.mode !== Mode.catchup;
}

function equalRecords(node: Node, was: Node): boolean {
  const { record } = node;
  return (
    record.epoch === was.record.epoch &&
    record.mode === was.record.mode &&
    record.mine === was.record.mine
  );
}

function isStandbyOf(node: Node, peer: Node): boolean {
  return (
    node.record.mode === Mode.paired &&
    peer.record.mode === Mode.paired &&
    peer.record.mine &&
    peer.record.epoch === node.record.epoch
  );
}

/** Commits do not wait: they are acknowledged whatever the other side does. */
function acknowledgesAlone(node: Node): boolean {
  return node.database === Database.open && !node.waits;
}

/** The operator was shown what may be lost. */
function riskIsTaken(pair: Pair): boolean {
  return pair.decided >= Decided.withLoss;
}

/** One primary whose commits wait, one standby that may take over, and the same log on both. */
export function isHealthy(pair: Pair, arbiter: string): boolean {
  return sides.some((side) => {
    const primary = pair.nodes[side];
    const standby = pair.nodes[other(side)];
    return (
      primary.role === 1 &&
      primary.database === Database.open &&
      primary.waits &&
      primary.writing === null &&
      (primary.address || arbiter !== 'lan') &&
      standby.role === 4 &&
      standby.eligible &&
      standby.writing === null &&
      standby.database === Database.standby &&
      isStandbyOf(standby, primary) &&
      primary.tail === Tail.none &&
      standby.tail === Tail.none
    );
  });
}
