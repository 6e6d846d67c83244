// The soak draws its trials from a seed, the same ones each time.
import test from 'ava';
import { drawn, soakTrials } from './soak.ts';

const names = (seed: number, count: number): readonly string[] =>
  drawn(seed, count).map(({ trial }) => trial.name);

test('a seed draws the same trials every time, so that a soak can be resumed', (t) => {
  t.deepEqual(names(1, 40), names(1, 200).slice(0, 40));
  t.notDeepEqual(names(1, 40), names(2, 40));
});

test('two hundred draws meet every trial of a soak', (t) => {
  t.is(new Set(names(1, 200)).size, soakTrials.length);
});
