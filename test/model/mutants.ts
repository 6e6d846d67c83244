// Which arbiter shows what each rule is for: with the rule switched off the search must end in a counterexample there.
import type { ArbiterName } from './move.ts';
import type { RuleName } from './rules.ts';
import { allRules, rulesWithout } from './rules.ts';
import type { Result } from './search.ts';
import { search } from './search.ts';

const showIn: Readonly<Partial<Record<RuleName, ArbiterName>>> = {
  handoverWaitsForTheLog: 'manual',
  handbackProvesTheLog: 'manual',
  higherEpochStops: 'manual',
  claimIsSettled: 'etcd',
  claimNamesRevision: 'etcd',
  publishingOnlyRaises: 'etcd',
  operatorIsEntered: 'etcd',
  orderIsRefused: 'etcd',
  fenceIsVerified: 'fence',
};

export const mutants: readonly { readonly rule: RuleName; readonly arbiter: ArbiterName }[] = (
  Object.keys(allRules) as RuleName[]
).map((rule) => ({ rule, arbiter: showIn[rule] ?? 'lan' }));

export function searchWithout(rule: RuleName): Result {
  const mutant = mutants.find((each) => each.rule === rule);
  return search(mutant?.arbiter ?? 'lan', rulesWithout(rule));
}
