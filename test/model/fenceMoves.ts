// The `fence` arbiter: an "off" that takes effect at any later moment, also when nobody waits for it any more; the act that
// follows waits until it is verified. A box that was fenced is one that starts again: it is powered on afterwards.
import { recordsAfterCrash, restartBox } from './databaseMoves.ts';
import type { Scope } from './move.ts';
import { make, mayWrite } from './move.ts';
import { loseEligibility } from './speech.ts';
import type { Node, Pair, Side } from './state.ts';
import { Phase, Role, other } from './state.ts';

export function beginsFencing(scope: Scope, pair: Pair, side: Side, role: Node['role']): void {
  if (mayWrite(pair.nodes[side], 'permitted', scope.rules) === null) return;
  make(scope, pair, 'fences', side, (next, self) => {
    if (role === Role.takingOver) loseEligibility(next, side);
    self.role = role;
    self.phase = Phase.asking;
    self.request = 1;
  });
}

export function fenceMoves(scope: Scope, pair: Pair, side: Side): void {
  const node = pair.nodes[side];
  const victim = other(side);
  if (node.request !== 0) {
    for (const record of recordsAfterCrash(pair.nodes[victim])) {
      make(scope, pair, 'fenced', side, (next, self) => {
        self.request = 0;
        restartBox(next, victim, record);
      });
    }
  }
  const asks = node.role === Role.leaving || node.role === Role.takingOver;
  if (asks && node.phase === Phase.asking) verify(scope, pair, side);
}

/** Off is a box that has started nothing yet, and will be a new agent start. On, with nothing of mine under way: refused. */
function verify(scope: Scope, pair: Pair, side: Side): void {
  const node = pair.nodes[side];
  const peer = pair.nodes[other(side)];
  const isOff = peer.role === Role.starting && peer.writing === null;
  const record = mayWrite(node, 'permitted', scope.rules);
  if (record !== null && (isOff || !scope.rules.fenceIsVerified)) {
    make(scope, pair, 'peerFenced', side, (next, self) => {
      if (isOff) restartBox(next, other(side), peer.record);
      self.phase = Phase.permitted;
      self.writing = record;
    });
  }
  if (node.request !== 0) return;
  make(scope, pair, 'fenceRefused', side, (_next, self) => {
    self.role = self.role === Role.leaving ? Role.serving : Role.following;
    self.phase = Phase.asking;
  });
}
