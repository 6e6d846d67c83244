// Every move that the pair, its world or its operator can make from a state.
import { arbiterMoves } from './arbiterMoves.ts';
import { databaseMoves, faults } from './databaseMoves.ts';
import type { Scope } from './move.ts';
import { make } from './move.ts';
import { handingOverMoves, leavingMoves, servingMoves } from './primaryMoves.ts';
import { speaks, statementOf } from './speech.ts';
import { followingMoves, takingOverMoves } from './standbyMoves.ts';
import { operatorMoves, startMoves } from './startMoves.ts';
import { steppingDownMoves } from './steppingDown.ts';
import type { Pair, Role, Side, Statement } from './state.ts';
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

/** A heartbeat is sent; its epoch is taken note of when it arrives. */
function wordsMoves(scope: Scope, pair: Pair, side: Side): void {
  const node = pair.nodes[side];
  const { mail, laterMail } = node;
  if (speaks(node, scope.rules))
    send(scope, pair, side, statementOf(pair, side, scope.rules, scope.arbiter === 'etcd'));
  if (mail !== null && mail.epoch > node.heardEpoch) {
    make(scope, pair, 'higherEpochHeard', side, (_next, self) => {
      self.heardEpoch = mail.epoch;
    });
  }
  if (laterMail === null) return;
  make(scope, pair, 'heartbeatArrives', side, (_next, self) => {
    self.mail = laterMail;
    self.laterMail = null;
  });
}

/** It takes the place of the one that was under way, or follows it. */
function send(scope: Scope, pair: Pair, side: Side, said: Statement): void {
  const listener = other(side);
  make(scope, pair, 'heartbeatSent', side, (next) => {
    next.nodes[listener].mail = said;
    next.nodes[listener].laterMail = null;
  });
  if (!scope.twoUnderWay || pair.nodes[listener].mail === null) return;
  make(scope, pair, 'heartbeatSent', side, (next) => {
    next.nodes[listener].laterMail = said;
  });
}
