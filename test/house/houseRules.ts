// The rules of the house that no linter knows, as one function from a file's text to complaints.
// houseRules.test.ts proves each rule with a planted fault and then holds the real tree to them.

import { atTop, complainWhere } from './complaint.ts';
import type { Complaint, SourceFile } from './complaint.ts';
import { importComplaints } from './importRules.ts';
import { splitSource } from './sourceText.ts';
import type { SourceParts } from './sourceText.ts';

const MAXIMUM_LINES = 400;

/** Everything that the house has against a file; nothing for a good one. */
export function complaintsAbout(file: SourceFile): readonly Complaint[] {
  const anywhere = [...machinePathComplaints(file), ...lockfileComplaints(file)];
  if (!file.path.endsWith('.ts')) return [...anywhere, ...unfinishedWork(file, file.text)];
  const parts = splitSource(file.text);
  return [
    ...anywhere,
    ...unfinishedWork(file, parts.comments),
    ...importComplaints(file, parts),
    ...purityComplaints(file, parts),
    ...nameComplaints(file),
    ...lengthComplaints(file),
    ...headerComplaints(file),
    ...defaultExportComplaints(file, parts),
    ...idleTestComplaints(file, parts),
  ];
}

// The compiler knows no clock in core either, but Date and Math belong to the language itself.
function purityComplaints(file: SourceFile, parts: SourceParts): readonly Complaint[] {
  if (!file.path.startsWith('src/core/')) return [];
  const impure =
    /\bMath\.random\b|(?<![.\w$])(?:Date|Temporal|setTimeout|setInterval|setImmediate|queueMicrotask|process|performance|fetch|crypto|console|globalThis|Buffer|require)\b(?!\s*\??:)/g;
  return complainWhere(
    file,
    'corePurity',
    parts.code,
    impure,
    (found) => `core decides from its arguments alone and must not use ${found}`,
  );
}

function nameComplaints(file: SourceFile): readonly Complaint[] {
  const name = file.path.slice(file.path.lastIndexOf('/') + 1).replace(/(\.test)?\.ts$/, '');
  if (!/^[a-z][A-Za-z0-9]*$/.test(name)) {
    return [atTop(file, 'fileName', `${name}: file names are camelCase`)];
  }
  if (name === 'index') {
    return [atTop(file, 'fileName', 'no barrels: import from the file that has the thing')];
  }
  return /(^|[a-z])(utils?|helpers?|manager|common|misc)$/i.test(name)
    ? [atTop(file, 'fileName', `${name}: a file is named after the thing in it`)]
    : [];
}

function lengthComplaints(file: SourceFile): readonly Complaint[] {
  const lines = file.text.trimEnd().split('\n').length;
  return file.path.startsWith('src/') && lines > MAXIMUM_LINES
    ? [atTop(file, 'fileLength', `${lines} lines; more than ${MAXIMUM_LINES} are two files`)]
    : [];
}

function headerComplaints(file: SourceFile): readonly Complaint[] {
  const opening = file.text.replace(/^#![^\n]*\n/, '');
  return /^(\/\/ \S|\/\*)/.test(opening)
    ? []
    : [atTop(file, 'fileHeader', 'a file opens with two or three lines on what it is for')];
}

function defaultExportComplaints(file: SourceFile, parts: SourceParts): readonly Complaint[] {
  if (!file.path.startsWith('src/')) return [];
  const pattern = /\bexport\s+default\b|\bas\s+default\b/g;
  return complainWhere(file, 'defaultExport', parts.code, pattern, () => 'named exports only');
}

function idleTestComplaints(file: SourceFile, parts: SourceParts): readonly Complaint[] {
  if (!file.path.endsWith('.test.ts')) return [];
  return complainWhere(
    file,
    'testThatDoesNotRun',
    parts.code,
    /\.(skip|todo|only|failing|skipIf|runIf)\s*\(/g,
    (found) => `a test runs, alone or with others, or goes: ${found}`,
  );
}

function unfinishedWork(file: SourceFile, text: string): readonly Complaint[] {
  // CONTRIBUTING.md names the words when it forbids them.
  if (file.path.endsWith('.md')) return [];
  return complainWhere(
    file,
    'unfinishedWork',
    text,
    /\b(TODO|FIXME|XXX|HACK)\b/g,
    (found) => `finish it or leave it out: ${found}`,
  );
}

function machinePathComplaints(file: SourceFile): readonly Complaint[] {
  if (file.path === 'package-lock.json') return [];
  return complainWhere(
    file,
    'machinePath',
    file.text,
    /(?<![\w.$}*-])\/(work|home|root|Users|workspace|builds)\/[\w.-]+/g,
    (found) => `${found} is a path of one machine`,
  );
}

// A lock file with hosts in it can be installed only where those hosts can be reached.
function lockfileComplaints(file: SourceFile): readonly Complaint[] {
  if (file.path !== 'package-lock.json') return [];
  return complainWhere(
    file,
    'lockfileHost',
    file.text,
    /"resolved": "https?:[^"]*"/g,
    (found) => `the registry is the installer's choice: ${found}`,
  );
}
