// The alarms of this box, in few words on the page and with what to do about each in the details.
import { fit, spaced, spread } from '../pageText.ts';
import { detailRows } from './detailRows.ts';
import type { Page } from './page.ts';

export const alarmsPage: Page = {
  name: 'alarms',
  glance(_view, { alarms }, { columns }) {
    const count = alarms.length === 0 ? 'none' : String(alarms.length);
    return [spread(columns, 'Alarms', count), ...alarms.map((name) => fit(columns, spaced(name)))];
  },
  details: (_view, status) => detailRows(status, 'alarms'),
};
