// What is said over the control socket: one JSON object a line in both directions. Every request carries an id that its
// replies repeat.

import type { ServiceOrder } from '../../core/guardian/events.ts';

/** A line longer than this is no request of ours. */
export const maximumLineBytes = 64 * 1024;

export type ControlRequest =
  | { readonly command: 'status' }
  | { readonly command: 'events'; readonly limit: number; readonly follow: boolean }
  | { readonly command: 'switchover' }
  /** `peerIsOff`: whoever orders it vouches for that, where the arbiter cannot be asked. */
  | { readonly command: 'takeover'; readonly peerIsOff: boolean }
  /** For so many milliseconds from now, or over (null). */
  | { readonly command: 'maintenance'; readonly forMs: number | null }
  /** The pair's key is exchanged for a new one. */
  | { readonly command: 'rotateKey' }
  /** What both boxes show of their configurations. */
  | { readonly command: 'peerConfiguration' }
  | { readonly command: 'services' }
  | {
      readonly command: 'serviceOrder';
      readonly order: ServiceOrder;
      readonly service: string;
    }
  /** The agent ends; PostgreSQL and the service addresses stay as they are. */
  | { readonly command: 'stop' }
  /** The box is going to be switched off: hand over if possible, stop PostgreSQL, take the addresses off, end. */
  | { readonly command: 'shutdown' };

export type ControlReply =
  | { readonly id: number; readonly ok: true; readonly result: unknown }
  | { readonly id: number; readonly ok: true; readonly event: unknown }
  | {
      readonly id: number;
      readonly ok: false;
      readonly error: { readonly code: string; readonly message: string };
    };

export type ParsedRequest =
  | { readonly ok: true; readonly id: number; readonly request: ControlRequest }
  | { readonly ok: false; readonly id: number; readonly message: string };

/** So long may a maintenance last; a forgotten one ends by itself. */
export const longestMaintenanceMs = 30 * 24 * 3600 * 1000;
const maximumEvents = 10_000;

/** Reads one line of a client; never throws. */
export function parseRequest(line: string): ParsedRequest {
  const fields = parsedObject(line);
  const id = fields !== null && isWhole(fields['id'], Number.MAX_SAFE_INTEGER) ? fields['id'] : 0;
  if (fields === null) return { ok: false, id, message: 'a request is one JSON object a line' };
  const request = requestOf(fields);
  if (request !== null) return { ok: true, id, request };
  return { ok: false, id, message: 'this request is not known or a part of it is missing' };
}

type Fields = Readonly<Record<string, unknown>>;

function parsedObject(line: string): Fields | null {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    return value as Fields;
  } catch {
    return null;
  }
}

function requestOf(fields: Fields): ControlRequest | null {
  const { command } = fields;
  switch (command) {
    case 'status':
    case 'switchover':
    case 'rotateKey':
    case 'peerConfiguration':
    case 'services':
    case 'stop':
    case 'shutdown':
      return { command };
    case 'serviceOrder':
      return serviceOrderOf(fields);
    case 'takeover':
      return { command, peerIsOff: fields['peerIsOff'] === true };
    case 'events':
      return isWhole(fields['limit'], maximumEvents)
        ? { command, limit: fields['limit'], follow: fields['follow'] === true }
        : null;
    case 'maintenance':
      return fields['forMs'] === null || isWhole(fields['forMs'], longestMaintenanceMs)
        ? { command, forMs: fields['forMs'] }
        : null;
    default:
      return null;
  }
}

const serviceOrders: readonly ServiceOrder[] = ['start', 'stop', 'restart'];
const longestServiceName = 64;

function serviceOrderOf({ order: word, service }: Fields): ControlRequest | null {
  const order = serviceOrders.find((each) => each === word);
  const isName = typeof service === 'string' && service.length <= longestServiceName;
  return order !== undefined && isName ? { command: 'serviceOrder', order, service } : null;
}

function isWhole(value: unknown, maximum: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= maximum;
}
