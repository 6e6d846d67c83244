// The record as the agent finds it: which copy counts, what is repaired, and why a box with an unusable record serves
// nothing.
import type { NodeIdentity } from '../config/identity.ts';
import type { DurableRecord } from '../core/record.ts';
import type { CopyState, RecordReading, RecordStore } from '../io/record/recordStore.ts';
import { isHotpairError } from '../protocol/hotpairError.ts';
import type { Log } from './log.ts';

export type RecordProblem = { readonly code: string; readonly text: string };

export type RecordAtStart = {
  readonly record: DurableRecord | null;
  /** When it was written, wall time: the reign that it tells of began then. */
  readonly writtenAt: number | null;
  /** Why there is a record file but none that may be used; shown by status for as long as the agent runs. */
  readonly problem: RecordProblem | null;
};

/** Reads the record and repairs a single bad copy. Never throws: an unusable record is a state that must be shown. */
export async function recordAtStart(
  store: RecordStore,
  identity: NodeIdentity,
  log: Log,
): Promise<RecordAtStart> {
  const reading = await readOrProblem(store);
  if ('code' in reading) return refuse(log, reading.code, reading.text);
  switch (reading.kind) {
    case 'none':
      return { record: null, writtenAt: null, problem: null };
    case 'corrupt':
      return refuse(
        log,
        'RECORD_CORRUPT',
        `no copy of the record is valid (${describe(reading.copies)}); this box serves nothing`,
      );
    case 'valid':
      break;
  }
  const { record, doubtful } = reading;
  if (record.node !== identity.nodeId || record.pairId !== identity.pairId) {
    const whose = record.pairId === identity.pairId ? 'node' : 'pair';
    return refuse(
      log,
      'RECORD_FOREIGN',
      `the record was written by another ${whose}; this box serves nothing`,
    );
  }
  if (doubtful.length > 0) await repair(store, record, doubtful, log);
  return { record, writtenAt: reading.writtenAt, problem: null };
}

async function readOrProblem(store: RecordStore): Promise<RecordReading | RecordProblem> {
  try {
    return await store.read();
  } catch (error) {
    if (!isHotpairError(error)) throw error;
    return { code: error.code, text: error.message };
  }
}

async function repair(
  store: RecordStore,
  record: DurableRecord,
  doubtful: readonly CopyState[],
  log: Log,
): Promise<void> {
  const copies = describe(doubtful);
  try {
    await store.write(record);
    log.history('warning', 'recordRepaired', { copies, epoch: record.epoch });
  } catch (error) {
    // One valid copy is enough to go on with; the core's next write meets the same disk and says so.
    const text = error instanceof Error ? error.message : String(error);
    log.history('error', 'recordNotRepaired', { copies, epoch: record.epoch, text });
  }
}

function refuse(log: Log, code: string, text: string): RecordAtStart {
  log.history('error', 'recordUnusable', { code, text });
  return { record: null, writtenAt: null, problem: { code, text } };
}

function describe(copies: readonly CopyState[]): string {
  return copies.map(describeCopy).join(', ');
}

function describeCopy(copy: CopyState): string {
  if (copy.kind === 'corrupt') return `${copy.name} ${copy.problem}`;
  return copy.kind === 'missing' ? `${copy.name} missing` : `${copy.name} older`;
}
