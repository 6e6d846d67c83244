// The `etcd` arbiter: compare-and-swap requests that take effect at any moment, answers that are lost, the read and
// rewrite that settles an unknown outcome, orders that land late, and the epochs that are published and entered. What the
// entry becomes and what it gives is asked of the core itself.
import { claimed, entered, ordered, outcomeOf, published } from '../../src/core/ledger.ts';
import type { ClaimOutcome, LedgerEntry } from '../../src/core/ledger.ts';
import type { Scope } from './move.ts';
import { make, makeFault, mayWrite } from './move.ts';
import { isSolo, operatorStep } from './recordMoves.ts';
import { isAhead, loseEligibility } from './speech.ts';
import type { Node, Pair, Side } from './state.ts';
import { Database, Decided, Mode, Phase, Role, nodeIds, other } from './state.ts';

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
  orderLands(scope, pair, side);
  const asks = node.role === Role.leaving || node.role === Role.takingOver;
  if (asks && node.phase === Phase.asking) decide(scope, pair, side);
  else if (node.role !== Role.steppingDown && node.writing === null) settle(scope, pair, side);
  tellLedger(scope, pair, side);
}

/** The request reaches etcd. Its answer is lost or not: either way the ledger tells whoever asks. */
function land(scope: Scope, pair: Pair, side: Side): void {
  make(scope, pair, 'claimLands', side, (next, self) => {
    const epoch = self.request;
    const read: LedgerEntry = { epoch, mode: 'paired', holder: nodeIds[side] };
    self.request = 0;
    put(scope, next, claimed(read, { epoch, self: nodeIds[side], take: true }));
  });
}

/** An order lands late only while the ledger stays within so many epochs of the lower record: without end it would climb. */
const lateOrderReach = 4;

/**
 * An operator's order of whatever time before, whose sender knows nothing of it: its answer was lost, or it could not be
 * obeyed any more. It asked for what was two above its record and what it had heard of then.
 */
function orderLands(scope: Scope, pair: Pair, side: Side): void {
  const { ledger, nodes } = pair;
  const node = nodes[side];
  // Where a loss was accepted nothing is asked for that it could break.
  if (pair.decided >= Decided.withLoss) return;
  const heardEpoch = Math.max(node.heardEpoch, nodes[other(side)].record.epoch);
  const highest = node.record.epoch + operatorStep(node.record, heardEpoch, scope.rules);
  const lowest = Math.min(nodes[0].record.epoch, nodes[1].record.epoch);
  for (let epoch = Math.max(ledger.epoch, lowest); epoch <= highest; epoch += 1) {
    const next = ordered(unlessRefused(scope, ledger, side), { epoch, self: nodeIds[side] });
    if (next === null || next.epoch > lowest + lateOrderReach) continue;
    makeFault(scope, pair, 'orderLands', side, (after) => put(scope, after, next));
  }
}

/** Whatever is written there makes a younger revision: requests that name an older one fail. */
export function put(scope: Scope, pair: Pair, entry: LedgerEntry | null): void {
  if (entry === null) return;
  pair.ledger = entry;
  if (!scope.rules.claimNamesRevision) return;
  for (const each of pair.nodes) each.request = 0;
}

function isPairedAt(ledger: LedgerEntry, epoch: number): boolean {
  return ledger.epoch === epoch && ledger.mode === 'paired';
}

/** The rule switched off: an order goes by the number alone. */
export function unlessRefused(scope: Scope, found: LedgerEntry, side: Side): LedgerEntry {
  return scope.rules.orderIsRefused ? found : { ...found, holder: nodeIds[side] };
}

/** The answer to the claim, or what the ledger says to whoever reads it. */
function outcomeFor(pair: Pair, side: Side): ClaimOutcome {
  return outcomeOf(pair.ledger, pair.nodes[side].record.epoch, nodeIds[side]).outcome;
}

/** Without a win (n, paired) is written again, so that nothing of mine can land any more. */
function decide(scope: Scope, pair: Pair, side: Side): void {
  if (outcomeFor(pair, side) === 'won' || !scope.rules.claimIsSettled) {
    carryThrough(scope, pair, side);
    if (scope.rules.claimIsSettled) return;
  }
  make(scope, pair, 'claimRefused', side, (next, self) => {
    writeAgain(scope, next, side);
    self.role = backFrom(self);
    self.phase = Phase.asking;
  });
}

function writeAgain(scope: Scope, pair: Pair, side: Side): void {
  const { epoch } = pair.nodes[side].record;
  put(scope, pair, claimed(pair.ledger, { epoch, self: nodeIds[side], take: false }));
}

/** An agent does not know what its predecessor asked for, nor what an order has done: it looks while it goes on. */
function settle(scope: Scope, pair: Pair, side: Side): void {
  const node = pair.nodes[side];
  if (node.record.mode !== Mode.paired) return;
  if (!isAhead(node) && outcomeFor(pair, side) === 'won') carryThrough(scope, pair, side);
  const isOpen = pair.nodes.some((each) => each.request !== 0);
  if (!isOpen || !isPairedAt(pair.ledger, node.record.epoch)) return;
  make(scope, pair, 'claimSettled', side, (next) => writeAgain(scope, next, side));
}

/** What was promised still has to be kept, unless a loss was shown before. */
const afterLateOrder: Readonly<Record<Decided, Decided>> = [
  Decided.safely,
  Decided.safely,
  Decided.twice,
  Decided.twice,
];

function carryThrough(scope: Scope, pair: Pair, side: Side): void {
  const solo = mayWrite(pair.nodes[side], 'permitted', scope.rules, pair.ledger.epoch);
  if (solo === null) return;
  make(scope, pair, 'claimWon', side, (next, self) => {
    if (!self.record.mine) loseEligibility(next, side);
    const serves = self.role === Role.serving || self.role === Role.leaving;
    self.role = serves ? Role.leaving : Role.takingOver;
    self.phase = Phase.permitted;
    self.writing = solo;
    // The operator took this box, though late: whatever number he gives the other one is his to answer for.
    if (solo.epoch > self.record.epoch + 1) next.decided = afterLateOrder[next.decided];
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
  if (record.mode === Mode.paired && record.mine && !node.published) publish(scope, pair, side);
  if (!isSolo(record)) return;
  const own = { epoch: record.epoch, self: nodeIds[side] };
  const entry = entered(pair.ledger, own);
  if (entry !== null) make(scope, pair, 'epochEntered', side, (next) => put(scope, next, entry));
}

/** One that has this number or a higher one, by an order that came to nothing, is overtaken, unless it may be mine. */
function publish(scope: Scope, pair: Pair, side: Side): void {
  const node = pair.nodes[side];
  const { epoch } = node.record;
  make(scope, pair, 'epochPublished', side, (next, self) => {
    const found = scope.rules.publishingOnlyRaises ? next.ledger : null;
    put(scope, next, published(found, { epoch, self: nodeIds[side], create: true }));
    self.published = isPairedAt(next.ledger, epoch) && next.ledger.holder === nodeIds[side];
  });
  const isThere = isPairedAt(pair.ledger, epoch) && pair.ledger.holder === nodeIds[side];
  if (isThere || isAhead(node) || !node.publishing) return;
  const solo = mayWrite(node, 'ledgerIsAhead', scope.rules, pair.ledger.epoch);
  if (solo === null) return;
  make(scope, pair, 'ledgerIsAhead', side, (_next, self) => {
    self.role = Role.leaving;
    self.phase = Phase.permitted;
    self.writing = solo;
  });
}
