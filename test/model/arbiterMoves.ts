// The one permission of a paired epoch, by arbiter. `lan` has clocks, of which the model knows only the orderings that
// lanAssumptions.ts names; `etcd` and `fence` act at any moment, and their requests take effect at any later one.
import { backFrom, beginsClaim, claimMoves, claimsAtStart } from './etcdMoves.ts';
import { beginsFencing, fenceMoves } from './fenceMoves.ts';
import { goneBeforeTakeover } from './lanAssumptions.ts';
import type { Scope } from './move.ts';
import { make, mayWrite } from './move.ts';
import { stepDown } from './steppingDown.ts';
import { isAhead, loseEligibility, wordsExpire } from './speech.ts';
import type { Pair, Side } from './state.ts';
import { Database, Mode, Phase, Role, other } from './state.ts';

/** The primary of a paired epoch leaves it alone. */
export function beginsLeaving(scope: Scope, pair: Pair, side: Side): void {
  const node = pair.nodes[side];
  if (isAhead(node) || node.database < Database.closed) return;
  // An answer from outside needs no address that answers: behind the gate they are asked too.
  if (scope.arbiter === 'etcd') beginsClaim(scope, pair, side, Role.leaving);
  if (scope.arbiter === 'fence' && node.sure) beginsFencing(scope, pair, side, Role.leaving);
  if (scope.arbiter !== 'lan' || !node.sure || node.database !== Database.open) return;
  const { addressOffIsABreak, windowClosesFirst } = scope.rules;
  if (!node.address && addressOffIsABreak) return;
  const record = mayWrite(node, 'permitted', scope.rules);
  if (record === null) return;
  make(scope, pair, 'leavesAlone', side, (next, self) => {
    if (windowClosesFirst) loseEligibility(next, other(side));
    self.role = Role.leaving;
    self.phase = Phase.permitted;
    self.writing = record;
  });
}

/** The standby takes over. */
export function beginsTakeover(scope: Scope, pair: Pair, side: Side): void {
  const node = pair.nodes[side];
  const mayAsk = node.record.mode === Mode.paired || !scope.rules.catchupNeverPromotes;
  if (!mayAsk || node.record.mine || isAhead(node) || node.database !== Database.standby) return;
  // A paired record names a standby that holds everything: for the ledger it need not be eligible.
  if (scope.arbiter === 'etcd') beginsClaim(scope, pair, side, Role.takingOver);
  if (!node.eligible) return;
  if (scope.arbiter === 'fence') beginsFencing(scope, pair, side, Role.takingOver);
  if (scope.arbiter !== 'lan') return;
  const record = mayWrite(node, 'permitted', scope.rules);
  if (record === null || (scope.rules.probeVetoes && !goneBeforeTakeover(pair, side))) return;
  make(scope, pair, 'takesOver', side, (next, self) => {
    loseEligibility(next, side);
    wordsExpire(next, side);
    self.role = Role.takingOver;
    self.phase = Phase.permitted;
    self.writing = record;
  });
}

/** A started node with a paired record that hears nobody: only `etcd` answers it. */
export function beginsAtStart(scope: Scope, pair: Pair, side: Side): void {
  if (scope.arbiter === 'etcd') claimsAtStart(scope, pair, side);
}

/** Requests that are under way, and what their answers bring. */
export function arbiterMoves(scope: Scope, pair: Pair, side: Side): void {
  if (scope.arbiter === 'etcd') claimMoves(scope, pair, side);
  if (scope.arbiter === 'fence') fenceMoves(scope, pair, side);
  const node = pair.nodes[side];
  const asks = node.role === Role.leaving || node.role === Role.takingOver;
  if (asks && node.phase === Phase.asking && isAhead(node)) yields(scope, pair, side);
}

/** The peer has left this epoch itself: nothing that is still under way can be given to this node. */
function yields(scope: Scope, pair: Pair, side: Side): void {
  make(scope, pair, 'yields', side, (next, self) => {
    if (self.role === Role.leaving && self.database !== Database.stopped) stepDown(next, self);
    else self.role = backFrom(self);
    self.phase = Phase.asking;
  });
}
