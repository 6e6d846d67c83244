// Which file may import which: the rings of ARCHITECTURE.md as a table. Arrows may skip a ring and
// never point back; the subjects of io do not know one another and meet only in the daemon.

import { posix } from 'node:path';
import type { Complaint, RuleName, SourceFile } from './complaint.ts';
import { lineAt } from './sourceText.ts';
import type { SourceParts } from './sourceText.ts';

/** Folders of src from the innermost out; each may import itself and what stands before it. */
const RINGS = ['core', 'protocol', 'kernel', 'io', 'daemon', 'words', 'companion', 'cli', 'main'];

// config stands beside the rings: it knows core's types and how to refuse input.
const CONFIG_MAY_IMPORT = /^src\/(config\/|core\/|protocol\/hotpairError\.ts$)/;
const MAY_IMPORT_CONFIG = ['daemon', 'cli', 'main', 'config'];

// The kernel is spoken to in one place, and each package has one place that knows it.
const OWNERS_OF_PACKAGES: Readonly<Record<string, RegExp>> = {
  'node:ffi': /^src\/kernel\//,
  pg: /^src\/io\/database\//,
  serialport: /^src\/kernel\//,
  yaml: /^src\/(config|cli)\//,
  // Some of its calls start dozens of programs: never in the agent.
  systeminformation: /^src\/companion\//,
  zod: /^src\/(config|cli)\//,
};

// What the drivers send is decoded by code that shares nothing with theirs.
const SIMULATED_PANEL = /^src\/io\/panel\/(simulated|drawn)\w+\.ts$/;

export function importComplaints(file: SourceFile, parts: SourceParts): readonly Complaint[] {
  const statement =
    /(?<![.\w$])(?:import|export)\b[^'"`;()=]*?\bfrom\s*['"][^'"]+['"]|(?<![.\w$])import\s*\(?\s*['"][^'"]+['"]/g;
  return [...parts.codeAndStrings.matchAll(statement)].flatMap((match) => {
    // A statement that only seems to be one stands inside a string.
    if (!/^(import|export)/.test(parts.code.slice(match.index, match.index + 6))) return [];
    const wanted = /['"]([^'"]+)['"]/.exec(match[0])?.[1] ?? '';
    const refusal = wanted.startsWith('.')
      ? refuseRelative(file.path, wanted)
      : refusePackage(file.path, wanted);
    return refusal === undefined
      ? []
      : [{ ...refusal, path: file.path, line: lineAt(file.text, match.index) }];
  });
}

type Refusal = { readonly rule: RuleName; readonly sentence: string };

function refuseRelative(from: string, wanted: string): Refusal | undefined {
  if (!wanted.endsWith('.ts')) {
    return { rule: 'importEnding', sentence: `${wanted}: relative imports end in .ts` };
  }
  const target = posix.join(posix.dirname(from), wanted);
  const why = from.startsWith('src/') ? whyNotInSource(from, target) : whyNotInTests(from, target);
  return why === undefined
    ? undefined
    : { rule: 'importDirection', sentence: `${from} imports ${target}: ${why}` };
}

function whyNotInSource(from: string, target: string): string | undefined {
  if (!target.startsWith('src/')) return 'the product does not know its tests and scripts';
  if (SIMULATED_PANEL.test(from) && target.startsWith('src/protocol/')) {
    return 'a simulated panel shares no code with the driver that it judges';
  }
  const [ring, targetRing] = [ringOf(from), ringOf(target)];
  if (ring === 'config') {
    return CONFIG_MAY_IMPORT.test(target) ? undefined : 'config knows only core and HotpairError';
  }
  if (targetRing === 'config') {
    return MAY_IMPORT_CONFIG.includes(ring) ? undefined : `${ring} does not know config`;
  }
  if (!RINGS.includes(ring)) return `${ring} is no ring`;
  if (!RINGS.includes(targetRing)) return `${targetRing} is no ring`;
  if (RINGS.indexOf(targetRing) > RINGS.indexOf(ring)) return `${ring} must not know ${targetRing}`;
  return ring === 'io' && targetRing === 'io' && subjectOf(from) !== subjectOf(target)
    ? 'one subject of io never imports another'
    : undefined;
}

// The simulator proves the core that runs in the field, with the settings that a configuration gives it: nothing of the
// shell may slip in.
function whyNotInTests(from: string, target: string): string | undefined {
  return from.startsWith('test/simulator/') && /^src\/(?!core\/|protocol\/|config\/)/.test(target)
    ? 'the simulator knows only core, protocol and config'
    : undefined;
}

function refusePackage(from: string, wanted: string): Refusal | undefined {
  if (from.startsWith('src/core/')) {
    return { rule: 'importDirection', sentence: `core imports nothing from outside: ${wanted}` };
  }
  const owner = OWNERS_OF_PACKAGES[wanted];
  return !from.startsWith('src/') || owner === undefined || owner.test(from)
    ? undefined
    : { rule: 'importDirection', sentence: `${wanted} has its place, and it is not ${from}` };
}

/** `src/io/link/port.ts` is in `io`; `src/main.ts` is in `main`. */
function ringOf(path: string): string {
  return (path.split('/')[1] ?? '').replace(/\.ts$/, '');
}

/** `src/io/link/port.ts` is of the subject `link`. */
function subjectOf(path: string): string {
  return path.split('/')[2] ?? '';
}
