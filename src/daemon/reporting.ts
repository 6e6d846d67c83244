// The core's reports as lines of log and history. Reasons are data; the sentence for people goes with them.
import type { Report } from '../core/effects.ts';
import { reasonText } from '../core/reasons.ts';
import type { Reason } from '../core/reasons.ts';
import { monotonicMs } from '../kernel/clock.ts';
import type { Log } from './log.ts';

/** The same note again within this time is left out: a step that is tried twice a second must not wash the history away. */
const repeatMs = 60_000;

/** Returns the function that writes one report. */
export function openReportLog(log: Log): (report: Report) => void {
  let lastNote = '';
  let lastAt = -Infinity;
  return (report) => {
    const now = monotonicMs();
    const note = report.kind === 'note' ? JSON.stringify(report.reason) : '';
    if (note !== '' && note === lastNote && now - lastAt < repeatMs) return;
    // What happens in between makes the same note news again.
    lastNote = note;
    lastAt = now;
    logReport(log, report);
  };
}

function logReport(log: Log, report: Report): void {
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
      // A step that failed is for people to know, whether it is tried again or not.
      log.history(
        reason.code === 'effectFailed' ? 'warning' : 'info',
        'note',
        reasonFields(reason),
      );
  }
}

/** A reason as flat fields of a line: its code, its details, its sentence. */
export function reasonFields(reason: Reason): Readonly<Record<string, string | number | boolean>> {
  return { ...reason.detail, reason: reason.code, text: sentenceOf(reason) };
}

/** A failed step carries what was said about it, which is the sentence; the other reasons have one of their own. */
function sentenceOf(reason: Reason): string {
  const said = reason.detail?.['text'];
  return typeof said === 'string' ? said : reasonText(reason);
}
