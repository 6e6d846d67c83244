// The table of pages, and what each shows of what is known: a pure function for every size of panel.
import { localTime } from '../../words/localTime.ts';
import { filled, fit, spread, wrap } from '../pageText.ts';
import type { Size } from '../pageText.ts';
import type { View } from '../view.ts';
import { alarmsPage } from './alarmsPage.ts';
import { databasePage } from './databasePage.ts';
import { identityPage } from './identityPage.ts';
import { networkPage } from './networkPage.ts';
import type { Page, PageName } from './page.ts';
import { rolePage } from './rolePage.ts';
import { servicesPage } from './servicesPage.ts';
import { switchoverPage } from './switchoverPage.ts';

/** In their order on the panel. */
export const pages: readonly Page[] = [
  rolePage,
  databasePage,
  networkPage,
  servicesPage,
  alarmsPage,
  identityPage,
  switchoverPage,
];

/** The page as the panel shows it: exactly its lines. */
export function glanceAt(name: PageName, view: View, size: Size): readonly string[] {
  const page = pageCalled(name);
  const { agent } = view;
  if (agent.type === 'answering') return filled(page.glance(view, agent.status, size), size);
  return filled(page.alone?.glance(view, size) ?? silentLines(view, size), size);
}

/** Everything that is to be said on a page, as lines of a width. */
export function detailsAt(name: PageName, view: View, columns: number): readonly string[] {
  const page = pageCalled(name);
  const { agent } = view;
  const sentences =
    agent.type === 'answering'
      ? page.details(view, agent.status)
      : [...silentSentences(view), ...(page.alone?.details(view) ?? [])];
  return sentences.flatMap((sentence) => wrap(sentence, columns));
}

function pageCalled(name: PageName): Page {
  const page = pages.find((each) => each.name === name);
  if (page === undefined) throw new Error(`there is no page ${name}`);
  return page;
}

/** An old state would be taken for the true one: nothing of it is shown. */
function silentLines({ place, agent }: View, { columns, rows }: Size): readonly string[] {
  if (agent.type !== 'silent')
    return [fit(columns, place.node), fit(columns, 'asks the agent ...', 'asks the agent')];
  const since = localTime(agent.since);
  const told = [
    fit(columns, 'agent not answering', 'agent: no answer'),
    fit(columns, `since ${since.slice(5, 19)}`, `since ${since.slice(11, 19)}`),
  ];
  if (rows < 3) return told;
  return [spread(columns, place.node, 'NO AGENT'), ...told, fit(columns, 'role is not known')];
}

function silentSentences({ agent }: View): readonly string[] {
  if (agent.type !== 'silent') return ['the agent was just asked'];
  return [
    `The agent of this box is not answering since ${localTime(agent.since)}: ${agent.reason}.`,
    'Nobody decides on this box. PostgreSQL and the service addresses are as the agent left them.',
  ];
}
