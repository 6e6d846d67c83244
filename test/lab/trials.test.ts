// The table of trials: names that begin with the id of a fault, and how words find them.
import test from 'ava';
import { trials, trialsCalled } from './trials.ts';

test('every trial is named after the id of its fault, and no two have one name', (t) => {
  for (const { name } of trials) t.regex(name, /^[A-F]\d\d(?:-[a-z0-9]+)+$/u);
  t.is(new Set(trials.map(({ name }) => name)).size, trials.length);
});

test('a name without its id means one trial', (t) => {
  for (const trial of trials) t.deepEqual(trialsCalled(trial.name.slice(4)), [trial]);
});

test('an id means all trials of its fault', (t) => {
  const called = trialsCalled('A01');
  t.true(called.length > 1);
  t.true(called.every(({ name }) => name.startsWith('A01-')));
});

test('a letter means all trials of its section', (t) => {
  const called = trialsCalled('A');
  t.deepEqual(
    called,
    trials.filter(({ name }) => name.startsWith('A')),
  );
});

test('a word that means no trial is refused', (t) => {
  t.throws(() => trialsCalled('A01-'), { message: /no trial is called A01-/u });
  t.throws(() => trialsCalled(''), { message: /\(nothing\)/u });
});
