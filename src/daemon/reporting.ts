// The core's reports as lines of log and history. Reasons are data; the sentence for people goes with them.
import type { Report } from '../core/effects.ts';
import { reasonText } from '../core/reasons.ts';
import type { Reason } from '../core/reasons.ts';
import type { Log } from './log.ts';

export function logReport(log: Log, report: Report): void {
  const { reason } = report;
  switch (report.kind) {
    case 'transition': {
      const { from, to, epoch } = report;
      log.history('info', 'transition', { ...reasonFields(reason), from, to, epoch });
      return;
    }
    case 'alarmRaised':
    case 'alarmCleared': {
      const level = report.kind === 'alarmRaised' ? 'warning' : 'info';
      log.history(level, report.kind, { ...reasonFields(reason), alarm: report.alarm });
      return;
    }
    case 'note':
      log.history('info', 'note', reasonFields(reason));
  }
}

/** A reason as flat fields of a line: its code, its details, its sentence. */
export function reasonFields(reason: Reason): Readonly<Record<string, string | number | boolean>> {
  return { ...reason.detail, reason: reason.code, text: reasonText(reason) };
}
