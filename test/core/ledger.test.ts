// What the entry of a ledger outside the pair becomes, and to whom it gives an epoch (protocol.md section 5).
import test from 'ava';
import { claimed, entered, ordered, outcomeOf, published } from '../../src/core/ledger.ts';
import type { LedgerEntry } from '../../src/core/ledger.ts';
import { boxA, boxB } from './builders.ts';

const pair: LedgerEntry = { epoch: 4, mode: 'paired', holder: boxA };

/** An operator orders a takeover of a node whose record is of epoch 4. */
function order(found: LedgerEntry | null, self: string): LedgerEntry | null {
  return ordered(found, { epoch: 6, self });
}

function claim(found: LedgerEntry | null, self: string, take = true): LedgerEntry | null {
  return claimed(found, { epoch: 4, self, take });
}

test('a paired epoch is claimed once', (t) => {
  const won = claim(pair, boxB);
  t.deepEqual(won, { epoch: 5, mode: 'solo', holder: boxB });
  t.is(claim(won, boxA), null);
  t.deepEqual([outcomeOf(won, 4, boxB).outcome, outcomeOf(won, 4, boxA).outcome], ['won', 'lost']);
});

test('settling writes the same entry again', (t) => {
  t.is(claim(pair, boxA, false), pair);
  t.is(outcomeOf(pair, 4, boxA).outcome, 'refused');
});

test('an order that landed on the pair gives its node the epoch, also when it is repeated', (t) => {
  const first = order(pair, boxA);
  t.deepEqual(first, { epoch: 6, mode: 'solo', holder: boxA });
  t.deepEqual(outcomeOf(first, 4, boxA), { outcome: 'won', epoch: 6, forgotten: false });
  const second = order(first, boxA);
  t.deepEqual(outcomeOf(second, 4, boxA), { outcome: 'won', epoch: 8, forgotten: false });
  t.is(outcomeOf(second, 4, boxB).outcome, 'lost');
});

test('I1 an order is refused once the peer has an epoch, by a claim or by an order of its own', (t) => {
  t.is(order(claim(pair, boxB), boxA), null);
  t.is(order(order(pair, boxB), boxA), null);
});

test('a ledger without memory gives nothing, and takes an order of nobody', (t) => {
  t.deepEqual(outcomeOf(null, 4, boxA), { outcome: 'refused', epoch: 4, forgotten: true });
  t.is(claim(null, boxA), null);
  t.is(order(null, boxA), null);
  t.is(published(null, { epoch: 4, self: boxA, create: false }), null);
  t.deepEqual(published(null, { epoch: 4, self: boxA, create: true }), pair);
  t.is(entered(null, { epoch: 5, self: boxA })?.epoch, 5);
});

test('I3 what is published, entered or ordered only raises the epoch', (t) => {
  const publish = { epoch: 4, self: boxA, create: true };
  t.is(published(pair, publish), null);
  t.is(published({ ...pair, epoch: 9 }, publish), null);
  t.deepEqual(published({ ...pair, epoch: 3, mode: 'solo' }, publish), pair);
  t.is(entered({ ...pair, epoch: 9 }, { epoch: 9, self: boxB }), null);
  t.is(ordered({ ...pair, epoch: 9 }, { epoch: 8, self: boxB })?.epoch, 11);
});
