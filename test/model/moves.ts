// Every move that the pair, its world or its operator can make from a state.
import { arbiterMoves } from './arbiterMoves.ts';
import { databaseMoves, faults } from './databaseMoves.ts';
import type { Scope } from './move.ts';
import { make } from './move.ts';
import { handingOverMoves, leavingMoves, servingMoves } from './primaryMoves.ts';
import { speaks, statementBeforeLedger, statementOf } from './speech.ts';
import { followingMoves, takingOverMoves } from './standbyMoves.ts';
import { operatorMoves, startMoves } from './startMoves.ts';
import { steppingDownMoves } from './steppingDown.ts';
import type { Pair, Role, Side } from './state.ts';
import { other, sides } from './state.ts';

type RoleMoves = (scope: Scope, pair: Pair, side: Side) => void;

const byRole: Readonly<Record<Role, RoleMoves>> = [
  startMoves,
  servingMoves,
  leavingMoves,
  handingOverMoves,
  followingMoves,
  takingOverMoves,
  steppingDownMoves,
];

export function eachMove(scope: Scope, pair: Pair): void {
  for (const side of sides) {
    byRole[pair.nodes[side].role](scope, pair, side);
    arbiterMoves(scope, pair, side);
    databaseMoves(scope, pair, side);
    wordsMoves(scope, pair, side);
    operatorMoves(scope, pair, side);
    faults(scope, pair, side);
  }
}

/** A heartbeat is sent, and takes the place of the one that was under way; its epoch is taken note of when it arrives. */
function wordsMoves(scope: Scope, pair: Pair, side: Side): void {
  const node = pair.nodes[side];
  const { mail } = node;
  if (speaks(node, scope.rules)) {
    make(scope, pair, 'heartbeatSent', side, (next) => {
      next.nodes[other(side)].mail = statementOf(pair, side, scope.rules, scope.arbiter === 'etcd');
    });
  }
  const before = scope.arbiter === 'etcd' ? statementBeforeLedger(node) : null;
  if (before !== null) {
    make(scope, pair, 'heartbeatSent', side, (next) => {
      next.nodes[other(side)].mail = before;
    });
  }
  if (mail !== null && mail.epoch > node.heardEpoch) {
    make(scope, pair, 'higherEpochHeard', side, (_next, self) => {
      self.heardEpoch = mail.epoch;
    });
  }
}
