// The kinds of values that descriptions of services, hooks and sync sets are made of.
import * as z from 'zod';
import { canonicalAddress } from './address.ts';
import { facts } from './facts.ts';
import {
  duration,
  durationFacts,
  type DurationLimits,
  type IssueParams,
  refuse,
  written,
} from './values.ts';

/** Names a file of captured output and a variable of the environment. */
const entryNamePattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;

/** What a name of a service, hook or sync set is, in words. */
export const entryNameRule = '1 to 32 letters, digits, - and _, the first a letter or digit';

export function isEntryName(text: string): boolean {
  return entryNamePattern.test(text);
}

/** The name of a hook. */
export function entryName() {
  return written((text) =>
    isEntryName(text) ? { value: text } : refuse('CONFIG_NAME', 'this cannot be a name here'),
  );
}

/** Name of a user or group as /etc/passwd and /etc/group of Debian have them, root included. */
export function accountName() {
  return written((text) =>
    /^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/.test(text)
      ? { value: text }
      : refuse('CONFIG_NAME', 'this cannot be the name of a user or group'),
  );
}

/** Name of a systemd unit that can be started. */
export function unitName() {
  return written((text) =>
    /^[A-Za-z0-9][A-Za-z0-9:_.@\\-]{0,200}\.service$/.test(text)
      ? { value: text }
      : refuse('CONFIG_NAME', 'a unit is called NAME.service'),
  );
}

const longestWord = 4_096;
export const commandRule = 'a list of 1 to 64 texts, the first an absolute path; no shell reads it';

/** A program with its arguments. It is started as it is: no PATH, no shell. */
export function command() {
  return z
    .array(z.string().max(longestWord))
    .min(1)
    .max(64)
    .transform((words, context) => {
      const refuseWord = (index: number, params: IssueParams, message: string): void => {
        const input = words[index];
        context.issues.push({ code: 'custom', input, message, params, path: [index] });
      };
      const [program = ''] = words;
      if (!isProgramPath(program))
        refuseWord(0, { code: 'CONFIG_PATH' }, 'a program is named by its absolute path');
      for (const [index, word] of words.entries()) {
        if (!word.includes('\0')) continue;
        refuseWord(index, { code: 'CONFIG_TYPE' }, 'a word of a command cannot hold this');
      }
      return words;
    });
}

/** A directory to be in, `/` included. */
export function workingDirectory() {
  return written((text) =>
    text === '/' || isProgramPath(text)
      ? { value: text }
      : refuse('CONFIG_PATH', 'a path starts with / and has no empty, . or .. part'),
  );
}

function isProgramPath(text: string): boolean {
  const parts = text.split('/').slice(1);
  const isPlain = parts.every((part) => part !== '' && part !== '.' && part !== '..');
  return text.startsWith('/') && isPlain && !/\p{Cc}/u.test(text);
}

const ownVariables = /^HOTPAIR_/;
export const environmentRule =
  'names of variables to texts; names that begin with HOTPAIR_ are taken';

/** Variables of the environment. */
export function environment() {
  return z.record(z.string(), z.string().max(longestWord)).transform((map, context) => {
    for (const [name, value] of Object.entries(map)) {
      const message = variableProblem(name, value);
      if (message === undefined) continue;
      const params: IssueParams = { code: 'CONFIG_NAME' };
      context.issues.push({ code: 'custom', input: name, message, params, path: [name] });
    }
    return map;
  });
}

function variableProblem(name: string, value: string): string | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(name)) return 'this cannot be the name of a variable';
  if (ownVariables.test(name)) return 'variables that begin with HOTPAIR_ are set by hotpair';
  return value.includes('\0') ? 'the value holds a character that no variable can' : undefined;
}

/** Unit letters of a size, 1024 each. */
export const sizePattern = '^[1-9][0-9]{0,6}(kB|MB|GB)$';

const unitBytes: Readonly<Record<string, number>> = { kB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 };

/** A size within limits; the typed value is a number of bytes. */
export function size(least: string, most: string) {
  return written((text) => {
    const bytes = sizeBytes(text);
    if (bytes === undefined) {
      return refuse('CONFIG_SIZE', 'a size is a whole number with kB, MB or GB');
    }
    const isWithin = bytes >= (sizeBytes(least) ?? 0) && bytes <= (sizeBytes(most) ?? Infinity);
    return isWithin ? { value: bytes } : refuse('CONFIG_RANGE', 'the size is out of range');
  });
}

function sizeBytes(text: string): number | undefined {
  if (!new RegExp(sizePattern).test(text)) return undefined;
  return Number(text.slice(0, -2)) * (unitBytes[text.slice(-2)] ?? 1);
}

/** An address that a check asks: `service` stands for the first service address. */
export function checkedAddress() {
  return written((text) => {
    if (text === 'service') return { value: text };
    const address = canonicalAddress(text);
    return address === undefined
      ? refuse('CONFIG_ADDRESS', 'this is no IP address, and not the word service')
      : { value: address };
  });
}

/** What a check asks over HTTP; checks stay on the box, so that there is nothing to encrypt. */
export function httpUrl() {
  return written((text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const isUsable =
      url?.protocol === 'http:' &&
      url.username === '' &&
      url.password === '' &&
      text.length < 1024 &&
      !/[\p{Cc}\s]/u.test(text);
    return isUsable
      ? { value: text }
      : refuse('CONFIG_URL', 'this is no http:// URL without user and password');
  });
}

/** A duration with its default and description. */
export function time(byDefault: string, limits: DurationLimits, description: string) {
  return duration(limits)
    .prefault(byDefault)
    .register(facts, { description, ...durationFacts(limits) });
}

/** A whole number with its default and description. */
export function count(byDefault: number, least: number, most: number, description: string) {
  return z
    .int()
    .min(least)
    .max(most)
    .prefault(byDefault)
    .register(facts, { description, allowed: `${least} to ${most}` });
}

/** A port that has to be written. */
export function requiredPort(description: string) {
  return z
    .int()
    .min(1)
    .max(65_535)
    .register(facts, { description, allowed: '1 to 65535', example: 5060 });
}
