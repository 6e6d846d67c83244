// How a move is told: its name, who makes it, the record that was asked for, and the state that it leads to.
import type { RecordCause, View } from './recordMoves.ts';
import { recordMoves } from './recordMoves.ts';
import type { Rules } from './rules.ts';
import { heardBy } from './speech.ts';
import type { Node, Pair, Rec, Side } from './state.ts';
import { copyOf } from './state.ts';

export type ArbiterName = 'lan' | 'etcd' | 'fence' | 'manual';

/** What the model was asked to search. */
export type Scope = {
  readonly arbiter: ArbiterName;
  readonly rules: Rules;
  /** Two statements may be under way in one direction, not only the newest. */
  readonly twoUnderWay: boolean;
  readonly take: (move: Move, next: Pair) => void;
};

export type Move = {
  readonly name: string;
  readonly side: Side;
  /** Part of the world's malice: a healthy pair must be reachable without it. */
  readonly fault: boolean;
};

export function viewOf(node: Node, rules: Rules, ledgerEpoch: number): View {
  return {
    role: node.role,
    record: node.record,
    heard: heardBy(node),
    heardEpoch: node.heardEpoch,
    ledgerEpoch,
    rules,
  };
}

/** The record that this cause allows now; none while another is being written. `ledgerEpoch` where the ledger was asked. */
export function mayWrite(
  node: Node,
  cause: RecordCause,
  rules: Rules,
  ledgerEpoch = 0,
): Rec | null {
  return node.writing === null ? recordMoves[cause](viewOf(node, rules, ledgerEpoch)) : null;
}

const moves = new Map<string, readonly [Move, Move]>();

function moveOf(name: string, side: Side, fault: boolean): Move {
  const known = moves.get(name);
  if (known !== undefined) return known[side];
  const made = [
    { name, side: 0, fault },
    { name, side: 1, fault },
  ] as const;
  moves.set(name, made);
  return made[side];
}

/** Makes a move on a copy of the state and hands it on. */
export function make(
  scope: Scope,
  pair: Pair,
  name: string,
  side: Side,
  change: (next: Pair, node: Node) => void,
): void {
  const next = copyOf(pair);
  change(next, next.nodes[side]);
  scope.take(moveOf(name, side, false), next);
}

export function makeFault(
  scope: Scope,
  pair: Pair,
  name: string,
  side: Side,
  change: (next: Pair, node: Node) => void,
): void {
  const next = copyOf(pair);
  change(next, next.nodes[side]);
  scope.take(moveOf(name, side, true), next);
}
