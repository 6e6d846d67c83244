// Damping: what counts as a standby that comes and goes, and how long the next pairing waits.
import test from 'ava';
import { watchPairings } from '../../src/daemon/pairingPause.ts';
import type { Pairings } from '../../src/daemon/pairingPause.ts';
import type { State } from '../../src/core/state.ts';
import { initialState } from '../../src/core/state.ts';
import { settings } from '../core/builders.ts';

const look = { ...initialState(settings()).database, standbyStreaming: true };

function stateNamed(name: State['name']): State {
  return { ...initialState(settings()), name };
}

/** A pair for so long, then alone. */
function lose(pairings: Pairings, at: number, pairedMs: number): number {
  pairings.note(stateNamed('paired'), at);
  pairings.note(stateNamed('paired'), at + pairedMs);
  pairings.note(stateNamed('leaving'), at + pairedMs);
  pairings.note(stateNamed('solo'), at + pairedMs);
  return at + pairedMs;
}

test('the first loss pauses nothing, the next ones pause longer each time, up to the limit', (t) => {
  const pairings = watchPairings(15_000);
  const pauses: (number | null)[] = [];
  let now = 0;
  for (let loss = 0; loss < 5; loss += 1) {
    now = lose(pairings, now + 100_000, 10_000);
    pauses.push(pairings.pause(now)?.leftMs ?? null);
  }
  t.deepEqual(pauses, [null, 5_000, 10_000, 15_000, 15_000]);
});

test('a pair that held for two minutes is no sign of trouble', (t) => {
  const pairings = watchPairings(300_000);
  for (const pairedMs of [10_000, 130_000, 10_000]) lose(pairings, pairedMs * 10, pairedMs);
  t.is(pairings.pause(100_000_000), null);
  const now = lose(pairings, 100_000_000, 1_000);
  t.is(pairings.pause(now)?.leftMs, 5_000);
});

test('only a lone primary is kept from the standby, and only until the pause is over', (t) => {
  const pairings = watchPairings(300_000);
  lose(pairings, 0, 1_000);
  const now = lose(pairings, 10_000, 1_000);
  t.false(pairings.withheld(look, stateNamed('solo'), now + 4_999).standbyStreaming);
  t.true(pairings.withheld(look, stateNamed('solo'), now + 5_000).standbyStreaming);
  t.true(pairings.withheld(look, stateNamed('pairing'), now).standbyStreaming);
  t.regex(pairings.pause(now)?.text ?? '', /lost 2 times soon after the pairing/);
});

test('a handover that ends a reign is no loss', (t) => {
  const pairings = watchPairings(300_000);
  for (const at of [0, 10_000, 20_000]) {
    pairings.note(stateNamed('paired'), at);
    pairings.note(stateNamed('handingOver'), at + 1_000);
    pairings.note(stateNamed('standby'), at + 2_000);
    pairings.note(stateNamed('takingOver'), at + 3_000);
    pairings.note(stateNamed('solo'), at + 4_000);
  }
  t.is(pairings.pause(24_000), null);
});
