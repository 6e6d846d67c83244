// The kinds of values a key can have: each is a zod schema that turns the written form into the
// typed one and says with a stable code what is wrong with it.
import * as z from 'zod';
import {
  canonicalAddress,
  type InterfaceAddress,
  isHostAddress,
  isUnicastIpv4,
  parseInterfaceAddress,
} from './address.ts';
import type { ComplaintCode } from './complaint.ts';
import { durationPattern, formatDuration, parseDuration } from './duration.ts';

type Verdict = { readonly value: unknown } | Refusal;

export interface Refusal {
  readonly code: ComplaintCode;
  readonly message: string;
}

/** A complaint's code, handed through a zod issue. */
export interface IssueParams {
  readonly code: ComplaintCode;
}

/** A written text that `read` turns into a value or refuses. */
export function written<T>(read: (text: string) => { readonly value: T } | Refusal) {
  return z.string().transform((text, context): T => {
    const verdict = read(text);
    if (!isRefusal(verdict)) return verdict.value;
    const params: IssueParams = { code: verdict.code };
    context.issues.push({ code: 'custom', input: text, message: verdict.message, params });
    return z.NEVER;
  });
}

function isRefusal(verdict: Verdict): verdict is Refusal {
  return 'code' in verdict;
}

export function refuse(code: ComplaintCode, message: string): Refusal {
  return { code, message };
}

/** The limits of a duration, both inclusive, in the written form. */
export interface DurationLimits {
  readonly min: string;
  readonly max: string;
  /** The kernel takes whole seconds only. */
  readonly wholeSeconds?: boolean;
}

/** A written duration within limits; the typed value is a number of milliseconds. */
export function duration(limits: DurationLimits) {
  const minMs = parseDuration(limits.min) ?? 0;
  const maxMs = parseDuration(limits.max) ?? Number.MAX_SAFE_INTEGER;
  return written((text) => {
    const ms = parseDuration(text);
    if (ms === undefined) {
      return refuse('CONFIG_DURATION', 'a duration is a whole number with its unit');
    }
    if (ms < minMs || ms > maxMs) return refuse('CONFIG_RANGE', 'the duration is out of range');
    if (limits.wholeSeconds === true && ms % 1_000 !== 0) {
      return refuse('CONFIG_RANGE', 'the kernel takes whole seconds only');
    }
    return { value: ms };
  });
}

const failbackLimits = { min: '10s', max: '24h' } as const;

/** The written form of `failbackWish`. */
export const failbackPattern = `^(never|manual)$|${durationPattern}`;
export const failbackAllowed = `never, manual, or ${durationFacts(failbackLimits).allowed}`;

/** When a preferred node is made primary again; typed as a word, or as milliseconds. */
export function failbackWish() {
  return written<'never' | 'manual' | number>((text) => {
    if (text === 'never' || text === 'manual') return { value: text };
    const ms = parseDuration(text);
    if (ms === undefined) {
      return refuse('CONFIG_DURATION', 'this is never, manual, or a whole number with its unit');
    }
    return ms >= (parseDuration(failbackLimits.min) ?? 0) &&
      ms <= (parseDuration(failbackLimits.max) ?? 0)
      ? { value: ms }
      : refuse('CONFIG_RANGE', 'the duration is out of range');
  });
}

/** What a duration's facts say about its limits. */
export function durationFacts(limits: DurationLimits) {
  const step = limits.wholeSeconds === true ? ', whole seconds' : '';
  const allowed = `${shortest(limits.min)} to ${shortest(limits.max)}${step}`;
  return { allowed, pattern: durationPattern };
}

function shortest(text: string): string {
  return formatDuration(parseDuration(text) ?? 0);
}

/** Name of a network device: IFNAMSIZ of linux/if.h leaves 15 characters; dev_valid_name() forbids the rest. */
export function deviceName() {
  return written((text) => {
    const usable = /^[^\s/:]{1,15}$/.test(text) && text !== '.' && text !== '..';
    return usable
      ? { value: text }
      : refuse('CONFIG_DEVICE', 'this cannot be the name of a network device');
  });
}

/** An absolute path without `.`, `..`, empty parts or control characters. */
export function absolutePath() {
  return written((text) => {
    const parts = text.split('/').slice(1);
    const plain = parts.every((part) => part !== '' && part !== '.' && part !== '..');
    // Control characters in a path are always a mistake of whoever generated the file.
    const usable = text.startsWith('/') && plain && !/\p{Cc}/u.test(text) && text.length < 1024;
    return usable
      ? { value: text }
      : refuse('CONFIG_PATH', 'a path starts with / and has no empty, . or .. part');
  });
}

/** A name of letters, digits, `-`, `_` and `.` as it is shown to people and written to logs. */
export function displayName() {
  return written((text) =>
    /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/.test(text)
      ? { value: text }
      : refuse('CONFIG_NAME', 'a name is made of letters, digits, dots and dashes'),
  );
}

/** Name of a Unix user, as useradd of Debian accepts it. */
export function userName() {
  return written((text) =>
    /^[a-z_][a-z0-9_-]{0,31}$/.test(text) && text !== 'root'
      ? { value: text }
      : refuse('CONFIG_NAME', "this cannot be the database's Unix user"),
  );
}

/** An IPv4 address of a host. */
export function ipv4Address() {
  return written((text) => {
    const address = canonicalAddress(text);
    if (address === undefined || address.includes(':')) {
      return refuse('CONFIG_ADDRESS', 'this is no IPv4 address');
    }
    return isUnicastIpv4(address)
      ? { value: address }
      : refuse('CONFIG_ADDRESS', 'this IPv4 address cannot belong to a host');
  });
}

/** An IPv4 address of a host with its prefix length. */
export function ipv4InterfaceAddress() {
  return written((text) => {
    const value = parseInterfaceAddress(text);
    return value?.family === 4
      ? usableOnPort(value)
      : refuse('CONFIG_ADDRESS', 'this is no IPv4 address with its prefix length');
  });
}

/** An IPv4 or IPv6 address of a host with its prefix length. */
export function interfaceAddress() {
  return written((text) => {
    const value = parseInterfaceAddress(text);
    return value === undefined
      ? refuse('CONFIG_ADDRESS', 'this is no IP address with its prefix length')
      : usableOnPort(value);
  });
}

function usableOnPort(value: InterfaceAddress): { readonly value: InterfaceAddress } | Refusal {
  if (value.family === 4 && !isUnicastIpv4(value.address)) {
    return refuse('CONFIG_ADDRESS', 'this IPv4 address cannot belong to a host');
  }
  if (value.family === 4 && !isHostAddress(value.address, value.prefixLength)) {
    return refuse('CONFIG_ADDRESS', 'this names the network or everybody in it, not a host');
  }
  // ::, ::1, multicast and link-local addresses cannot be moved from box to box.
  if (value.family === 6 && /^(::1?$|ff|fe[89ab])/.test(value.address)) {
    return refuse('CONFIG_ADDRESS', 'this IPv6 address cannot be a service address');
  }
  return { value };
}

const hbaRecord = /^(local|host|hostssl|hostnossl|hostgssenc|hostnogssenc)\s+\S/;

/** One line of pg_hba.conf. Included files are refused: the agent must know every line. */
export function hbaLine() {
  return written((text) => {
    const fields = text.trim().split(/\s+/).length;
    const needed = text.startsWith('local') ? 4 : 5;
    const usable =
      hbaRecord.test(text) && fields >= needed && !/\p{Cc}/u.test(text.replaceAll('\t', ' '));
    return usable
      ? { value: text.trim() }
      : refuse('CONFIG_HBA', 'a line is: type, database, user, address (not for local), method');
  });
}

/** Unit letters of pg_basebackup --max-rate and its limits, 32 kB to 1024 MB a second. */
export const ratePattern = '^[1-9][0-9]{0,6}(kB|MB)$';

/** A data rate a second as pg_basebackup --max-rate takes it; typed in kilobytes (1024 bytes). */
export function dataRate() {
  return written((text) => {
    if (!new RegExp(ratePattern).test(text)) {
      return refuse('CONFIG_RATE', 'a rate is a whole number with kB or MB');
    }
    const kilobytes = Number(text.slice(0, -2)) * (text.endsWith('MB') ? 1024 : 1);
    return kilobytes >= 32 && kilobytes <= 1024 * 1024
      ? { value: kilobytes }
      : refuse('CONFIG_RANGE', 'the rate is out of range');
  });
}

const endpointForm =
  /^(https?):\/\/([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::([0-9]{1,5}))?\/?$/;
const etcdPort = 2379;

/** Client URL of an etcd member; typed with its port written out and no path. */
export function etcdEndpoint() {
  return written((text) => {
    const [, scheme, host = '', port = String(etcdPort)] = endpointForm.exec(text) ?? [];
    const url = `${scheme}://${host}:${Number(port)}`;
    const usable = scheme !== undefined && Number(port) > 0 && URL.canParse(url);
    return usable
      ? { value: url.toLowerCase() }
      : refuse('CONFIG_URL', 'this is no URL of an etcd: scheme, host and port, nothing else');
  });
}

/** The start of a key in etcd. */
export function keyPrefix() {
  return written((text) =>
    /^[A-Za-z0-9._/-]{1,128}$/.test(text)
      ? { value: text }
      : refuse('CONFIG_NAME', 'this cannot begin the name of a key'),
  );
}

/** Name of a fence agent as its package installs it, or the path of one. */
export function fenceAgent() {
  return written((text) => {
    if (/^fence_[a-z0-9_]{1,60}$/.test(text)) return { value: text };
    const parts = text.split('/').slice(1);
    const isPath = parts.length > 1 && parts.every((part) => /^[\w.-]{1,100}$/.test(part));
    return text.startsWith('/') && isPath && !parts.includes('..') && !parts.includes('.')
      ? { value: text }
      : refuse('CONFIG_NAME', 'a fence agent is called fence_NAME, or its whole path is given');
  });
}

/** A name that a service outside knows its client by. */
export function loginName() {
  return written((text) =>
    /^[^\p{Cc}\s]{1,64}$/u.test(text)
      ? { value: text }
      : refuse('CONFIG_NAME', 'this cannot be the name of a user'),
  );
}
