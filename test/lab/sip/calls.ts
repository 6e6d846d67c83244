// What became of each call, from the short message log of sipp at the end that called. Pure.

/** A line of the log; sipp writes the wall clock. */
export type ShortMessage = {
  readonly atMs: number;
  readonly sent: boolean;
  readonly callId: string;
  /** `INVITE`, `ACK`, `BYE`: of the request, or of the one that is answered. */
  readonly method: string;
  /** The number in the address of an INVITE; empty elsewhere. */
  readonly called: string;
  /** Of an answer; null: a request. */
  readonly status: number | null;
};

/** One call as its caller saw it; null: that has not happened. By the clock of the messages. */
export type Call = {
  readonly callId: string;
  /** The number that was called. */
  readonly called: string;
  readonly invitedMs: number;
  readonly answeredMs: number | null;
  /** The first BYE, which may have been sent again. */
  readonly hungUpMs: number | null;
  /** The BYE was answered with 200. */
  readonly endedMs: number | null;
  /** A final answer other than 200, to whatever request. */
  readonly refused: number | null;
};

/** `2026-01-02 \t 03:04:05.678901 \t 1767323045.678901 \t S \t 1-77@192.0.2.100 \t CSeq:1 INVITE \t INVITE sip:...` */
export function shortMessageOf(line: string): ShortMessage {
  const [, , seconds = '', direction = '', callId = '', sequence = '', first = ''] =
    line.split('\t');
  return {
    atMs: Number(seconds) * 1000,
    sent: direction === 'S',
    callId,
    method: sequence.split(' ')[1] ?? '',
    called: /^INVITE sip:(\d+)@/u.exec(first)?.[1] ?? '',
    status: first.startsWith('SIP/2.0 ') ? Number(first.slice(8, 11)) : null,
  };
}

/** All calls in the order of their first INVITE. */
export function callsOf(messages: readonly ShortMessage[]): readonly Call[] {
  const calls = new Map<string, Call>();
  for (const message of messages) {
    const known = calls.get(message.callId) ?? begun(message);
    calls.set(message.callId, after(known, message));
  }
  return [...calls.values()];
}

function begun({ callId, called, atMs }: ShortMessage): Call {
  return {
    callId,
    called,
    invitedMs: atMs,
    answeredMs: null,
    hungUpMs: null,
    endedMs: null,
    refused: null,
  };
}

function after(call: Call, { atMs, sent, method, status }: ShortMessage): Call {
  if (sent) return method === 'BYE' ? { ...call, hungUpMs: call.hungUpMs ?? atMs } : call;
  if (status === null || status < 200) return call;
  if (status >= 300) return { ...call, refused: status };
  if (method === 'INVITE') return { ...call, answeredMs: call.answeredMs ?? atMs };
  return method === 'BYE' ? { ...call, endedMs: call.endedMs ?? atMs } : call;
}

/** A call in a few words, its instants in ms from a fault on. */
export function callInWords(call: Call, faultAtMs: number): string {
  const { callId, invitedMs, answeredMs, hungUpMs, endedMs, refused } = call;
  const at = (instantMs: number | null): string =>
    instantMs === null ? 'never' : `at ${Math.round(instantMs - faultAtMs)} ms`;
  const how = refused === null ? '' : `, refused with ${refused}`;
  return `${callId} (begun ${at(invitedMs)}, answered ${at(answeredMs)}, hung up ${at(hungUpMs)}, ended ${at(endedMs)}${how})`;
}
