// The first of two steps to exchange the roles: what it would do, in words.
import type { StatusJson } from '../../daemon/status.ts';
import { fit } from '../pageText.ts';
import type { Page } from './page.ts';

export const switchoverPage: Page = {
  name: 'switchover',
  glance(_view, status, { columns, rows }) {
    const title = fit(columns, 'Exchange the roles', 'Exchange roles');
    const lines = switchoverLines(status, columns);
    if (!canBeOrdered(status)) return [title, ...lines];
    // Where there is room for one of both, the question of the second step says the rest.
    const told = rows < 4 ? [] : lines;
    return [title, ...told, fit(columns, 'ENTER: next step', 'ENTER: next')];
  },
  details: (_view, status) => [sentenceOf(status)],
};

/** The agent decides; this only spares a person a question that it would refuse. */
export function canBeOrdered({ role }: StatusJson): boolean {
  return role !== 'none';
}

/** What would become of this box. */
export function switchoverLines({ node, role }: StatusJson, columns: number): readonly string[] {
  if (role === 'primary')
    return [
      fit(columns, `${node} gives up`, 'this box gives'),
      fit(columns, 'being the primary', 'its service up'),
    ];
  if (role === 'standby')
    return [fit(columns, `${node} becomes`, 'this box becomes'), fit(columns, 'the primary')];
  return [fit(columns, 'not now: no role')];
}

function sentenceOf({ role, node }: StatusJson): string {
  if (role === 'primary')
    return `${node} hands the service to the other box and becomes its standby. Calls pause for a second.`;
  if (role === 'standby')
    return `The other box hands the service to ${node} and becomes its standby. Calls pause for a second.`;
  return `${node} has no role at this moment: there is nothing to exchange.`;
}
