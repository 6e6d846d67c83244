// What the guardian runs on this box; what is not as it should be comes first.
import type { StatusJson } from '../../daemon/status.ts';
import { fit, spread } from '../pageText.ts';
import { detailRows } from './detailRows.ts';
import type { Page } from './page.ts';

type ServiceJson = NonNullable<StatusJson['guardian']>['services'][number];

export const servicesPage: Page = {
  name: 'services',
  glance(_view, { guardian }, { columns }) {
    if (guardian === null)
      return [spread(columns, 'Services', 'none'), fit(columns, 'nothing configured')];
    const here = guardian.services.filter((each) => !restsHere(each));
    const up = here.filter(({ state }) => state === 'up').length;
    const count = columns < 20 ? `${up}/${here.length} up` : `${up} of ${here.length} up`;
    const rest = guardian.services.length - here.length;
    return [
      spread(columns, 'Services', guardian.problem === null ? count : 'GUARDIAN'),
      ...here.toSorted(byTrouble).map((each) => spread(columns, each.name, stateWord(each))),
      ...(rest === 0 ? [] : [fit(columns, `${rest} on primary only`)]),
    ];
  },
  details: (_view, status) => [
    ...(status.guardian?.services ?? []).map((each) => `${each.name}: ${stateWord(each)}`),
    ...detailRows(status, 'services'),
  ],
};

function restsHere({ state, runs, heldByOperator, unfitForMs }: ServiceJson): boolean {
  return state === 'stopped' && runs === 'primary' && !heldByOperator && unfitForMs === null;
}

function byTrouble(left: ServiceJson, right: ServiceJson): number {
  return Number(left.state === 'up') - Number(right.state === 'up');
}

function stateWord({ state, heldByOperator, unfitForMs }: ServiceJson): string {
  if (unfitForMs !== null && state !== 'up') return 'FAILED';
  return state === 'stopped' && heldByOperator ? 'held' : state;
}
