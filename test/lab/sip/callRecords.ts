// The call records of a pair, and what they lack: every call that was ended has one, which charges what was talked.

import { inDatabase } from '../databaseSession.ts';
import type { BoxName } from '../layout.ts';
import type { Call } from './calls.ts';
import { telephonyDatabase } from './telephony.ts';

export type CallRecord = { readonly callId: string; readonly seconds: number };

/** The records of all calls that were answered and are over, in a box's database. */
export async function callRecords(box: BoxName): Promise<readonly CallRecord[]> {
  return inDatabase(box, telephonyDatabase, 20_000, async ({ query }) => {
    const rows = await query(
      'cdrs',
      `select callid, extract(epoch from ended_at - answered_at) as seconds from cdrs
       where answered_at is not null and ended_at is not null`,
    );
    return (rows as readonly { readonly callid: string; readonly seconds: string }[]).map(
      ({ callid, seconds }) => ({ callId: callid, seconds: Number(seconds) }),
    );
  });
}

/** What the caller and the box may differ by: a request on its way, and a timer of the phone. */
const toleranceMs = 300;

export type RecordsCompared = {
  /** Calls that were ended and have no record. */
  readonly lost: readonly Call[];
  /** Call and both durations, one sentence each. */
  readonly wrong: readonly string[];
};

/** Compares the calls that their callers ended, and were told so, with the records. Pure. */
export function compareRecords(
  calls: readonly Call[],
  records: readonly CallRecord[],
): RecordsCompared {
  const found = Map.groupBy(records, ({ callId }) => callId);
  const ended = calls.filter(({ endedMs }) => endedMs !== null);
  const of = ({ callId }: Call): readonly CallRecord[] => found.get(callId) ?? [];
  return {
    lost: ended.filter((call) => of(call).length === 0),
    wrong: ended.flatMap((call) => of(call).flatMap((record) => wrongDuration(call, record))),
  };
}

/**
 * A call lasts from its answer to the BYE. The answer may have come to the box long before it came to the caller, and the BYE may
 * have been sent again until it was heard: that of a call that was being set up, or was ended, while nobody served.
 */
function wrongDuration(call: Call, { callId, seconds }: CallRecord): readonly string[] {
  const { invitedMs, answeredMs, hungUpMs, endedMs } = call;
  if (answeredMs === null || hungUpMs === null || endedMs === null) return [];
  const leastMs = hungUpMs - answeredMs;
  const mostMs = endedMs - invitedMs;
  const recordedMs = seconds * 1000;
  if (recordedMs >= leastMs - toleranceMs && recordedMs <= mostMs + toleranceMs) return [];
  const talked = (leastMs / 1000).toFixed(3);
  return [`${callId} lasted ${talked} s and is recorded with ${seconds.toFixed(3)} s`];
}
