// SIP OPTIONS over UDP (RFC 3261): the question whether a SIP server answers, and the answers to it. What comes from the
// network is believed only where branch, Call-ID and CSeq are those of the question.
import { isIPv6 } from 'node:net';

export type SipEnd = { readonly address: string; readonly port: number };

export type SipQuestion = {
  readonly target: SipEnd;
  /** Where the answer goes: the socket that asks. */
  readonly local: SipEnd;
  /** Unguessable, new for each question; they identify transaction (17.1.3), sender and dialog (8.1.1). */
  readonly branch: string;
  readonly tag: string;
  readonly callId: string;
  /** CSeq, 1 to 2^31 - 1. */
  readonly sequence: number;
};

export type SipAnswer = { readonly status: number; readonly reason: string };

/** What every branch of an RFC 3261 sender begins with (8.1.1.7). */
export const branchCookie = 'z9hG4bK';

const longestHead = 16 * 1024;
const mostLines = 200;
const longestReason = 100;

/** The request as in 8.1.1 and 11.1: to the server itself, so that its address is the request's URI. */
export function encodeOptions(question: SipQuestion): Buffer {
  const { branch, tag, callId, sequence } = question;
  const target = hostAndPort(question.target);
  const local = hostAndPort(question.local);
  const lines = [
    `OPTIONS sip:${target} SIP/2.0`,
    `Via: SIP/2.0/UDP ${local};branch=${branch};rport`,
    'Max-Forwards: 70',
    `From: <sip:hotpair@${local}>;tag=${tag}`,
    `To: <sip:${target}>`,
    `Call-ID: ${callId}`,
    `CSeq: ${sequence} OPTIONS`,
    `Contact: <sip:hotpair@${local}>`,
    'Accept: application/sdp',
    'User-Agent: hotpair',
    'Content-Length: 0',
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

/** The answer to this very question; null for anything else, however broken. */
export function readAnswer(bytes: Buffer, question: SipQuestion): SipAnswer | null {
  const [first = '', ...rest] = headOf(bytes);
  const [, status, reason = ''] = /^SIP\/2\.0 ([1-6]\d\d)(?: (.*))?$/.exec(first) ?? [];
  if (status === undefined) return null;
  const headers = headersOf(rest);
  const isAnswer =
    branchOf(headers.get('via') ?? '') === question.branch &&
    headers.get('call-id') === question.callId &&
    isOwnSequence(headers.get('cseq') ?? '', question.sequence);
  return isAnswer ? { status: Number(status), reason: shown(reason) } : null;
}

/** The lines up to the empty one, continued lines (7.3.1) joined. */
function headOf(bytes: Buffer): readonly string[] {
  const text = bytes.toString('latin1', 0, Math.min(bytes.length, longestHead));
  const end = /\r?\n\r?\n/.exec(text)?.index;
  // A head without its end is cut, and nothing in it can be trusted to be whole.
  if (end === undefined) return [];
  const head = text.slice(0, end);
  return head
    .replaceAll(/\r?\n[ \t]+/g, ' ')
    .split(/\r?\n/)
    .slice(0, mostLines);
}

const compactNames: Readonly<Record<string, string>> = { v: 'via', i: 'call-id' };

/** The first value of each header: of several Via lines the topmost is the sender's own. */
function headersOf(lines: readonly string[]): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 1) continue;
    const written = line.slice(0, colon).trim().toLowerCase();
    const name = Object.hasOwn(compactNames, written) ? compactNames[written] : written;
    if (name !== undefined && !headers.has(name)) headers.set(name, line.slice(colon + 1).trim());
  }
  return headers;
}

function branchOf(via: string): string | undefined {
  const [topmost = ''] = via.split(',');
  return /;\s*branch\s*=\s*([^;\s]+)/i.exec(topmost)?.[1];
}

function isOwnSequence(header: string, sequence: number): boolean {
  const [, number, method] = /^(\d{1,10})\s+(\S+)$/.exec(header) ?? [];
  return Number(number) === sequence && method === 'OPTIONS';
}

function shown(reason: string): string {
  return reason
    .replaceAll(/[^\x20-\x7e]/g, ' ')
    .trim()
    .slice(0, longestReason);
}

/** A zone (`%eth0`) has a meaning on this box only and no place in a URI. */
function hostAndPort({ address, port }: SipEnd): string {
  const plain = address.replace(/%.*$/, '');
  return isIPv6(plain) ? `[${plain}]:${port}` : `${plain}:${port}`;
}
