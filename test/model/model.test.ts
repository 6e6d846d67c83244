// The search itself: it comes to an end under the smallest arbiter with nothing broken, and it finds what is broken when a
// rule is switched off. `npm run model` does the other arbiters and the other rules.
import test from 'ava';
import { mutants, searchWithout } from './mutants.ts';
import type { RuleName } from './rules.ts';
import { allRules, rulesWithout } from './rules.ts';
import { search } from './search.ts';
import { storyOf } from './story.ts';

test('every state without an arbiter holds the invariants, and a healthy pair can be reached from it', (t) => {
  const result = search('manual', allRules);
  t.true(result.complete);
  t.is(result.finding, null);
  t.is(result.stuck, 0);
  t.true(result.healthy > 0 && result.states > 100_000);
});

const quick: readonly RuleName[] = [
  'barrier',
  'recordBeforeGrant',
  'catchupNeverPromotes',
  'operatorSkipsOne',
  'consentIsExact',
  'restartGate',
  'recordBeforeClearing',
  'recordBeforePromotion',
  'startedNodeWaits',
  'claimIsSettled',
  'orderIsRefused',
  'fenceIsVerified',
];

for (const rule of quick) {
  test(`without the rule ${rule} the search ends in a counterexample`, (t) => {
    const { finding, arbiter } = searchWithout(rule);
    if (finding === null) {
      t.fail(`${rule} is missed by nobody`);
      return;
    }
    const story = storyOf(finding, arbiter, rulesWithout(rule));
    t.is(story[0], finding.what);
    t.is(story.length, 2 * finding.path.length);
  });
}

test('a counterexample is the shortest, and reads as a story', (t) => {
  const result = search('lan', rulesWithout('recordBeforePromotion'));
  t.truthy(result.finding);
  if (result.finding === null) return;
  const story = storyOf(result.finding, 'lan', rulesWithout('recordBeforePromotion'));
  t.is(result.finding.path.length, 6);
  t.regex(story.at(-1) ?? '', /^ {5}A .*; B .*primary/);
});

test('every rule has an arbiter that shows it', (t) => {
  t.deepEqual(
    mutants.map(({ rule }) => rule),
    Object.keys(allRules) as RuleName[],
  );
});
