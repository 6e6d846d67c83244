// The `etcd` arbiter: compare-and-swap requests that take effect at any moment, answers that are lost, the read and
// rewrite that settles an unknown outcome, and the epochs that are published and entered.
import type { Scope } from './move.ts';
import { make, mayWrite } from './move.ts';
import { isSolo } from './recordMoves.ts';
import { loseEligibility } from './speech.ts';
import type { Ledger, Node, Pair, Side } from './state.ts';
import { Database, Mode, Phase, Role } from './state.ts';

/** Asks to turn (n, paired) into (n+1, me), at the revision that it read. */
export function beginsClaim(scope: Scope, pair: Pair, side: Side, role: Node['role']): void {
  if (mayWrite(pair.nodes[side], 'permitted', scope.rules) === null) return;
  make(scope, pair, 'claims', side, (next, self) => {
    if (role === Role.takingOver) loseEligibility(next, side);
    self.role = role;
    self.phase = Phase.asking;
    if (isPairedAt(next.ledger, self.record.epoch)) self.request = self.record.epoch;
  });
}

/** With a paired record and nobody heard; one's own request of an earlier start may still be under way. */
export function claimsAtStart(scope: Scope, pair: Pair, side: Side): void {
  beginsClaim(scope, pair, side, Role.takingOver);
}

export function claimMoves(scope: Scope, pair: Pair, side: Side): void {
  const node = pair.nodes[side];
  if (node.request !== 0) land(scope, pair, side);
  const asks = node.role === Role.leaving || node.role === Role.takingOver;
  if (asks && node.phase === Phase.asking) decide(scope, pair, side);
  else if (node.role !== Role.steppingDown && node.writing === null) settle(scope, pair, side);
  tellLedger(scope, pair, side);
}

/** The request reaches etcd. Its answer is lost or not: either way the ledger tells whoever asks. */
function land(scope: Scope, pair: Pair, side: Side): void {
  make(scope, pair, 'claimLands', side, (next, self) => {
    const epoch = self.request;
    self.request = 0;
    enter(scope, next, { epoch: epoch + 1, solo: true, holder: side });
  });
}

/** Whatever is written there makes a younger revision: requests that name an older one fail. */
function enter(scope: Scope, pair: Pair, ledger: Ledger): void {
  pair.ledger = ledger;
  if (!scope.rules.claimNamesRevision) return;
  for (const each of pair.nodes) each.request = 0;
}

function isPairedAt(ledger: Ledger, epoch: number): boolean {
  return ledger.epoch === epoch && !ledger.solo;
}

/** The answer to the claim, or what the ledger says to whoever reads it: (n+1, me) is a win. */
function isWon(pair: Pair, side: Side): boolean {
  const { ledger } = pair;
  return ledger.epoch > pair.nodes[side].record.epoch && ledger.solo && ledger.holder === side;
}

/** Without a win (n, paired) is written again, so that nothing of mine can land any more. */
function decide(scope: Scope, pair: Pair, side: Side): void {
  if (isWon(pair, side) || !scope.rules.claimIsSettled) {
    carryThrough(scope, pair, side);
    if (scope.rules.claimIsSettled) return;
  }
  const { ledger } = pair;
  make(scope, pair, 'claimRefused', side, (next, self) => {
    if (isPairedAt(ledger, self.record.epoch)) enter(scope, next, ledger);
    self.role = backFrom(self);
    self.phase = Phase.asking;
  });
}

/** An agent does not know what its predecessor asked for: it settles that while it goes on. */
function settle(scope: Scope, pair: Pair, side: Side): void {
  const { record } = pair.nodes[side];
  if (record.mode !== Mode.paired) return;
  if (isWon(pair, side)) carryThrough(scope, pair, side);
  const isOpen = pair.nodes.some((each) => each.request !== 0);
  if (!isOpen || !isPairedAt(pair.ledger, record.epoch)) return;
  make(scope, pair, 'claimSettled', side, (next) => enter(scope, next, next.ledger));
}

function carryThrough(scope: Scope, pair: Pair, side: Side): void {
  const solo = mayWrite(pair.nodes[side], 'permitted', scope.rules);
  if (solo === null) return;
  make(scope, pair, 'claimWon', side, (next, self) => {
    if (!self.record.mine) loseEligibility(next, side);
    const serves = self.role === Role.serving || self.role === Role.leaving;
    self.role = serves ? Role.leaving : Role.takingOver;
    self.phase = Phase.permitted;
    self.writing = { ...solo, epoch: Math.max(solo.epoch, next.ledger.epoch) };
  });
}

/** Back to where the wish arose; a database that has stopped meanwhile waits as after any start. */
export function backFrom(node: Node): Node['role'] {
  if (node.role === Role.leaving) return Role.serving;
  return node.database === Database.standby ? Role.following : Role.starting;
}

/** `paired(n)` before the grant; a lone reign that needed no ledger is entered afterwards. */
function tellLedger(scope: Scope, pair: Pair, side: Side): void {
  const node = pair.nodes[side];
  const { record } = node;
  if (node.role !== Role.serving || node.writing !== null) return;
  if (record.mode === Mode.paired && record.mine && !node.published) {
    make(scope, pair, 'epochPublished', side, (next, self) => {
      if (next.ledger.epoch < record.epoch || !scope.rules.publishingOnlyRaises)
        enter(scope, next, { epoch: record.epoch, solo: false, holder: side });
      self.published = isPairedAt(next.ledger, record.epoch);
    });
  }
  if (isSolo(record) && pair.ledger.epoch < record.epoch) {
    make(scope, pair, 'epochEntered', side, (next) =>
      enter(scope, next, { epoch: record.epoch, solo: true, holder: side }),
    );
  }
}
