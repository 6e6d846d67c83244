// What the entry of a ledger outside the pair becomes, and to whom it gives an epoch (protocol.md section 5).
import test from 'ava';
import { claimed, entered, outcomeOf, published } from '../../src/core/ledger.ts';
import type { LedgerEntry } from '../../src/core/ledger.ts';
import { boxA, boxB } from './builders.ts';

const pair: LedgerEntry = { epoch: 4, mode: 'paired', holder: boxA, takenFrom: null };

/** An operator orders a takeover of a node whose record is of epoch 4. */
function ordered(found: LedgerEntry | null, self: string): LedgerEntry | null {
  return entered(found, { epoch: 6, self, above: true });
}

function claim(found: LedgerEntry | null, self: string, take = true): LedgerEntry | null {
  return claimed(found, { epoch: 4, self, take });
}

test('a paired epoch is claimed once', (t) => {
  const won = claim(pair, boxB);
  t.deepEqual(won, { epoch: 5, mode: 'solo', holder: boxB, takenFrom: 4 });
  t.is(claim(won, boxA), null);
  t.deepEqual([outcomeOf(won, 4, boxB).outcome, outcomeOf(won, 4, boxA).outcome], ['won', 'lost']);
});

test('settling writes the same entry again', (t) => {
  t.is(claim(pair, boxA, false), pair);
  t.is(outcomeOf(pair, 4, boxA).outcome, 'refused');
});

test('I1 an order that landed on the pair gives its node the epoch, also when it is repeated', (t) => {
  const first = ordered(pair, boxA);
  t.deepEqual(first, { epoch: 6, mode: 'solo', holder: boxA, takenFrom: 4 });
  t.deepEqual(outcomeOf(first, 4, boxA), { outcome: 'won', epoch: 6, forgotten: false });
  const second = ordered(first, boxA);
  t.deepEqual(outcomeOf(second, 4, boxA), { outcome: 'won', epoch: 8, forgotten: false });
  t.is(outcomeOf(second, 4, boxB).outcome, 'lost');
});

test('I1 an order that landed on a claim of the peer gives nobody anything', (t) => {
  const late = ordered(claim(pair, boxB), boxA);
  t.deepEqual(late, { epoch: 6, mode: 'solo', holder: boxA, takenFrom: null });
  t.is(outcomeOf(late, 4, boxA).outcome, 'contested');
  t.is(outcomeOf(late, 4, boxB).outcome, 'lost');
  t.is(outcomeOf(ordered(late, boxA), 4, boxA).outcome, 'contested');
});

test('an entry that came out of an older pair, and nobody between, gives what is above it', (t) => {
  const old = ordered(pair, boxA);
  t.is(outcomeOf(old, 5, boxA).outcome, 'won');
  t.is(outcomeOf(old, 3, boxA).outcome, 'contested');
});

test('a ledger without memory gives nothing, and takes an order of nobody', (t) => {
  t.deepEqual(outcomeOf(null, 4, boxA), { outcome: 'refused', epoch: 4, forgotten: true });
  t.is(claim(null, boxA), null);
  t.is(ordered(null, boxA), null);
  t.is(published(null, { epoch: 4, self: boxA, create: false }), null);
  t.deepEqual(published(null, { epoch: 4, self: boxA, create: true }), pair);
  t.is(entered(null, { epoch: 5, self: boxA, above: false })?.epoch, 5);
});

test('I3 what is published or entered only raises the epoch', (t) => {
  const publish = { epoch: 4, self: boxA, create: true };
  t.is(published(pair, publish), null);
  t.is(published({ ...pair, epoch: 9 }, publish), null);
  t.deepEqual(published({ ...pair, epoch: 3, mode: 'solo' }, publish), pair);
  t.is(entered({ ...pair, epoch: 9 }, { epoch: 9, self: boxB, above: false }), null);
  t.is(entered({ ...pair, epoch: 9 }, { epoch: 8, self: boxB, above: true })?.epoch, 11);
});
