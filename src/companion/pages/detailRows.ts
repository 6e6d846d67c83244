// The rows of `hotpair status`, each on the page that it belongs to, so that panel and command line say the same.
import type { StatusJson } from '../../daemon/status.ts';
import { statusRows } from '../../words/statusText.ts';
import type { PageName } from './page.ts';

const places: readonly (readonly [RegExp, PageName])[] = [
  [/^database/, 'database'],
  [/^(heartbeat|service port|ports)/, 'network'],
  [/^(services|hooks|sync)$/, 'services'],
  [/^(alarms|quarantine|state|watchdog|flight record)$/, 'alarms'],
  [/^(pair key|last start)$/, 'identity'],
];

/** The sentences of a page; a subject that no page claims is told on the first one. */
export function detailRows(status: StatusJson, page: PageName): readonly string[] {
  let subject = '';
  return statusRows(status).flatMap(([name, text]) => {
    if (name !== '') subject = name;
    const place = places.find(([pattern]) => pattern.test(subject))?.[1] ?? 'role';
    if (place !== page) return [];
    return [name === '' ? text : `${name}: ${text}`];
  });
}
