// The database of this box and how it stands to the other one's.
import type { StatusJson } from '../../daemon/status.ts';
import { bytesText, fit, spread } from '../pageText.ts';
import { detailRows } from './detailRows.ts';
import type { Page } from './page.ts';

export const databasePage: Page = {
  name: 'database',
  glance(_view, status, { columns }) {
    const { database } = status;
    return [
      spread(columns, 'Database', kindWord(database)),
      followLine(database, columns),
      commitLine(status, columns),
      fit(columns, timelineText(database)),
    ];
  },
  details: (_view, status) => [
    ...detailRows(status, 'database'),
    ...(status.database.majorVersion === null
      ? []
      : [`PostgreSQL ${status.database.majorVersion}`]),
    timelineText(status.database),
  ],
};

type DatabaseJson = StatusJson['database'];

function kindWord({ problem, present, running, answering, inRecovery }: DatabaseJson): string {
  if (problem !== null) return 'FAULT';
  if (!present) return 'none';
  if (!running) return 'stopped';
  if (!answering) return 'silent';
  return inRecovery === true ? 'standby' : 'primary';
}

function followLine(database: DatabaseJson, columns: number): string {
  const { problem, running, inRecovery, receiving, standbyStreaming, lagBytes } = database;
  if (problem !== null) return fit(columns, problem.code);
  if (!running) return fit(columns, 'it does not run');
  if (inRecovery === true)
    return receiving
      ? fit(columns, 'receives the log', 'receives log')
      : fit(columns, 'receives nothing');
  if (!standbyStreaming || lagBytes === null)
    return fit(columns, 'no standby follows', 'no standby');
  if (lagBytes === 0) return fit(columns, 'standby has it all', 'standby in step');
  return fit(columns, `standby ${bytesText(lagBytes)} late`, `${bytesText(lagBytes)} late`);
}

function commitLine({ role, mode, database, eligible }: StatusJson, columns: number): string {
  if (!database.running) return '';
  if (database.inRecovery === true)
    return eligible ? fit(columns, 'in step') : fit(columns, 'not in step yet');
  if (!database.admitted) return fit(columns, 'clients are kept out', 'no clients let in');
  const isSafe = role === 'primary' && mode === 'paired';
  return isSafe
    ? fit(columns, 'commits on both', 'on both boxes')
    : fit(columns, 'commits HERE ONLY', 'HERE ONLY');
}

function timelineText({ timeline }: DatabaseJson): string {
  return timeline === null ? '' : `timeline ${timeline}`;
}
