// The first page: what this box is, whether the pair is whole, and how the other box is.
import type { StatusJson } from '../../daemon/status.ts';
import { localTime, roughly } from '../../words/localTime.ts';
import { headline, peerStateText } from '../../words/statusText.ts';
import { fit, shortTime, spread } from '../pageText.ts';
import { detailRows } from './detailRows.ts';
import type { Page } from './page.ts';

export const rolePage: Page = {
  name: 'role',
  glance(_view, status, { columns }) {
    return [
      spread(columns, status.node, roleWord(status)),
      pairLine(status, columns),
      peerLine(status, columns),
      lastLine(status, columns),
    ];
  },
  details: (_view, status) => [headline(status), ...detailRows(status, 'role')],
};

/** In capitals, to be read from afar. */
export function roleWord({ role, state }: StatusJson): string {
  if (role !== 'none') return role.toUpperCase();
  return changeWords[state] ?? 'NO ROLE';
}

const changeWords: Partial<Readonly<Record<StatusJson['state'], string>>> = {
  unpaired: 'UNPAIRED',
  starting: 'STARTING',
  opening: 'OPENING',
  handingOver: 'HANDOVER',
  rejoining: 'REJOINING',
  takingOver: 'TAKEOVER',
  steppingDown: 'STEPS DOWN',
};

function pairLine(
  { role, mode, eligible, waitingFor, reason }: StatusJson,
  columns: number,
): string {
  if (role === 'primary')
    return mode === 'paired'
      ? fit(columns, 'paired: both boxes', 'paired, in step')
      : fit(columns, 'SOLO: this box only', 'SOLO: alone');
  if (role === 'standby')
    return eligible
      ? fit(columns, 'it can take over', 'can take over')
      : fit(columns, 'cannot take over now', 'no takeover now');
  return fit(columns, waitingFor ?? reason);
}

function peerLine({ peerHeard, silentMs, peerStatus }: StatusJson, columns: number): string {
  if (silentMs === null) return fit(columns, 'peer was never heard', 'peer not heard');
  if (!peerHeard) return fit(columns, `peer silent ${roughly(silentMs)}`, 'peer silent');
  if (peerStatus === null) return 'peer heard';
  const word = peerStatus.eligible ? 'standby, ready' : peerStateText[peerStatus.state];
  return fit(columns, `peer ${word}`, word);
}

function lastLine({ alarms, modeSince, maintenanceUntil }: StatusJson, columns: number): string {
  if (alarms.length > 0) return fit(columns, `ALARMS: ${alarms.length}`);
  if (maintenanceUntil !== null) return fit(columns, 'maintenance');
  return fit(columns, `since ${shortTime(localTime(modeSince))}`);
}
