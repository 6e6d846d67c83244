// Giving up to a higher epoch: address off, database stopped, and only then the record.
import type { Scope } from './move.ts';
import { make, mayWrite } from './move.ts';
import type { Node, Pair, Side } from './state.ts';
import { Database, Role } from './state.ts';

export function stepDown(_pair: Pair, node: Node): void {
  node.role = Role.steppingDown;
  node.database = Database.stopped;
  node.waits = false;
  node.address = false;
}

export function steppingDownMoves(scope: Scope, pair: Pair, side: Side): void {
  const record = mayWrite(pair.nodes[side], 'steppedDown', scope.rules);
  if (record === null) return;
  make(scope, pair, 'steppedDown', side, (_next, self) => {
    self.writing = record;
  });
}
