// Why a pull came to nothing, as a code and a sentence. The codes stand in docs/errors.md.
import type { RsyncEnd } from './rsyncRun.ts';

/** rsync(1), exit values. */
const someNotCopied = 23;
const vanishedThere = 24;
const moreRemovedThanAllowed = 25;
const connectionTrouble = new Set([10, 12, 30, 35]);

/** Null where all is well: a file that vanished on the primary while it was copied is as good as never seen. */
export function pullProblem(end: Exclude<RsyncEnd, { readonly type: 'cancelled' }>): string | null {
  if (end.type === 'notRun') return `SYNC_RSYNC: ${end.text}`;
  if (end.type === 'late') return 'SYNC_LATE: the copy did not end in its time; it goes on';
  return end.code === 0 || end.code === vanishedThere ? null : sentenceOf(end.code, end.complaint);
}

function sentenceOf(code: number, complaint: string): string {
  if (complaint.includes('auth failed')) {
    return 'SYNC_SECRET: the other box does not accept the secret of this one';
  }
  if (complaint.includes('Unknown module')) {
    return 'SYNC_SOURCE: the other box does not offer this set: its configuration differs';
  }
  if (complaint.includes('chdir failed')) {
    return 'SYNC_SOURCE: the directory of the set is not there on the other box';
  }
  if (connectionTrouble.has(code)) {
    return `SYNC_UNREACHABLE: the other box hands out no files: ${complaint}`;
  }
  if (code === moreRemovedThanAllowed) {
    return 'SYNC_CHANGED: more files went on the other box than it seemed at first; it is looked at again';
  }
  if (code === someNotCopied) return `SYNC_PARTIAL: some files could not be copied: ${complaint}`;
  return `SYNC_FAILED: rsync ended with status ${code}: ${complaint}`;
}
