// The error codes that the sources can show to people, and those that the documents explain, both found in the text alone:
// a code is found however it is thrown, and whoever adds one is told where its row is missing.

import { complainWhere } from './complaint.ts';
import type { Complaint, SourceFile } from './complaint.ts';
import { lineAt, splitSource } from './sourceText.ts';
import type { SourceParts } from './sourceText.ts';

/** The documents whose rows explain codes; the second one is printed from the sources. */
const TABLES = ['docs/errors.md', 'docs/configuration.md'];

/** Words in strings of src that look like codes and belong to others: PostgreSQL, Node, yaml, OpenSSL, the environment. */
const FOREIGN =
  `DUPLICATE_KEY ERR_PARSE_ARGS HAS_EXPIRED HOSTNAME_MISMATCH HOT_UPDATE LC_ALL MULTIPLE_DOCS MULTI_INSERT
  NOT_YET_VALID NOTIFY_SOCKET ON_ERROR_STOP PG_VERSION UV_THREADPOOL_SIZE WATCHDOG_PID WATCHDOG_USEC`.split(
    /\s+/,
  );

/** Variables that services and hooks find in their environment. */
const OWN_VARIABLE = /^HOTPAIR_/;

/** Options of Buildroot, which docs/firmware.md tells of. */
const OF_BUILDROOT = /^BR2_/;

function isForeign(word: string): boolean {
  return FOREIGN.includes(word) || OWN_VARIABLE.test(word) || OF_BUILDROOT.test(word);
}

/** The property that holds the beginning of codes whose ends a template adds: `${codes}_MISSING`. */
const STEM = /\bcodes: *['"]([A-Z][A-Z0-9_]*)['"]/g;

/** A part of a code that only a running program knows; in a document it has a name, as in `KERNEL_<errno>`. */
const HOLE = '<>';

/** What the sources and the documents say differently; `files` is the whole tree. */
export function errorCodeComplaints(files: readonly SourceFile[]): readonly Complaint[] {
  const sources = files.filter(({ path }) => /^src\/.*\.ts$/.test(path));
  const documents = files.filter(({ path }) => /^(docs\/.*|README)\.md$/.test(path));
  const found = codesInSources(sources);
  const rows = documents.filter(({ path }) => TABLES.includes(path)).flatMap(rowsIn);
  return [
    ...undocumented(found, rows),
    ...unsoundRows(rows),
    ...documents.flatMap((file) => strangers(file, found)),
    ...staleForeign(found),
  ];
}

type Place = { readonly file: SourceFile; readonly index: number };

/** Each code with the first place where it stands; a part that is not known from the text is a hole. */
export function codesInSources(files: readonly SourceFile[]): ReadonlyMap<string, Place> {
  const split = files.map((file) => ({ file, parts: splitSource(file.text) }));
  const stems = split.flatMap(({ parts }) =>
    [...parts.codeAndStrings.matchAll(STEM)].map(([, stem = '']) => stem),
  );
  const found = new Map<string, Place>();
  for (const { file, parts } of split) {
    for (const { code, index } of [...wholeCodes(parts), ...builtCodes(parts)]) {
      for (const each of withStems(code, stems)) {
        if (!found.has(each)) found.set(each, { file, index });
      }
    }
  }
  return found;
}

type Found = { readonly code: string; readonly index: number };

/** Any word of two or more parts counts, wherever in a string it stands: a code may be printed with its sentence. */
function wholeCodes({ code, codeAndStrings }: SourceParts): readonly Found[] {
  // The beginning that a kind of files has, `codes: 'KEY'`, is a code only with an end.
  const words = /(?<![\w$]|\bcodes: *['"])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?!\w)/g;
  // A word of one part is a code only where one must stand: everything from SIGTERM to SELECT looks like it.
  const thrown = /(?:Error|[Rr]efus(?:e|ed|al)|\bcode:)[ \n]*\(?\s*['"]([A-Z][A-Z0-9]+)['"]/g;
  const printed = /\bhotpair: ([A-Z][A-Z0-9]+): /g;
  return [words, thrown, printed]
    .flatMap((pattern) => [...codeAndStrings.matchAll(pattern)])
    .map(({ 0: text, 1: word = text, index }) => ({
      code: word,
      index: index + text.lastIndexOf(word),
    }))
    .filter(({ code: word, index }) => code.slice(index, index + word.length).trim() === '');
}

/** Codes that a template or a plus puts together from a part that is written and one that is not. */
function builtCodes({ codeAndStrings }: SourceParts): readonly Found[] {
  const template = /`((?:[A-Z][A-Z0-9]*_)*\$\{[^{}`]+\}(?:_[A-Z0-9]+)*)`/g;
  const sum = /(['"])([A-Z][A-Z0-9]*_)+\1\s*\+|\+\s*(['"])(_[A-Z0-9]+)+\3/g;
  const templates = [...codeAndStrings.matchAll(template)]
    .map(({ 1: text = '', index }) => ({ code: text, index }))
    // A template of one hole alone says nothing: what fills it is found where it is written.
    .filter(({ code }) => /[A-Z_]\$\{|\}_/.test(code))
    .map(({ code, index }) => ({
      code: code.replace(/\$\{(?!codes\})[^}]*\}/, HOLE),
      index,
    }));
  const sums = [...codeAndStrings.matchAll(sum)].map(({ 0: text, index }) => {
    const part = text.replace(/[^A-Z0-9_]/g, '');
    return { code: part.startsWith('_') ? `${HOLE}${part}` : `${part}${HOLE}`, index };
  });
  return [...templates, ...sums];
}

function withStems(code: string, stems: readonly string[]): readonly string[] {
  return code.includes('${codes}') ? stems.map((stem) => code.replace('${codes}', stem)) : [code];
}

type Row = {
  readonly code: string;
  readonly cells: readonly string[];
  readonly file: SourceFile;
  readonly line: number;
};

/** Rows of a table that begin with one code. */
function rowsIn(file: SourceFile): readonly Row[] {
  return file.text.split('\n').flatMap((text, at) => {
    const [, code, rest] = /^\| *`([A-Z][A-Z0-9_]*(?:<\w+>)?)` *\|(.*)\|\s*$/.exec(text) ?? [];
    if (code === undefined || rest === undefined) return [];
    const cells = rest.split('|').map((cell) => cell.trim());
    return [{ code: withHole(code), cells, file, line: at + 1 }];
  });
}

function undocumented(
  found: ReadonlyMap<string, Place>,
  rows: readonly Row[],
): readonly Complaint[] {
  const explained = new Set(rows.map(({ code }) => code));
  return [...found]
    .filter(([code]) => !explained.has(code) && !isForeign(code))
    .map(([code, { file, index }]) => ({
      rule: 'errorCode',
      path: file.path,
      line: lineAt(file.text, index),
      sentence: `${code} has no row in ${TABLES.join(' or ')}`,
    }));
}

/** A code is explained once, and in errors.md with what to do about it. */
function unsoundRows(rows: readonly Row[]): readonly Complaint[] {
  return rows.flatMap(({ code, cells, file, line }, at) => {
    const complaint = { rule: 'errorCode', path: file.path, line } as const;
    const isTwice = rows.findIndex((row) => row.code === code) !== at;
    const wanted = file.path === TABLES[0] ? 2 : 1;
    return [
      ...(isTwice ? [{ ...complaint, sentence: `${code} is explained twice` }] : []),
      ...(cells.length === wanted && cells.every((cell) => cell !== '')
        ? []
        : [{ ...complaint, sentence: `${code} needs its meaning and what to do, no more` }]),
    ];
  });
}

/** Codes in a document, in its tables or its prose, that no source has. */
function strangers(file: SourceFile, found: ReadonlyMap<string, Place>): readonly Complaint[] {
  const words = /(?<![\w$])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_(?:[A-Z0-9]+(?!\w)|<\w+>)/g;
  const named = complainWhere(file, 'errorCode', file.text, words, (word) => word);
  const inRows = rowsIn(file)
    .filter(({ code }) => TABLES.includes(file.path) && !code.includes('_'))
    .map(({ code, line }) => ({
      rule: 'errorCode' as const,
      path: file.path,
      line,
      sentence: code,
    }));
  return [...named, ...inRows]
    .filter(({ sentence: word }) => !isForeign(word) && !isMade(withHole(word), found))
    .map((complaint) => ({ ...complaint, sentence: `${complaint.sentence} is nowhere in src` }));
}

/** `KERNEL_ENODEV` is one of `KERNEL_<errno>`. */
function isMade(code: string, found: ReadonlyMap<string, Place>): boolean {
  if (found.has(code)) return true;
  const patterns = [...found.keys()].filter((each) => each.includes(HOLE));
  return patterns.some((each) => new RegExp(`^${each.replace(HOLE, '[A-Z0-9]+')}$`).test(code));
}

/** A word that nobody uses any more would hide a code of the same name. */
function staleForeign(found: ReadonlyMap<string, Place>): readonly Complaint[] {
  return FOREIGN.filter((word) => !found.has(word)).map((word) => ({
    rule: 'errorCode',
    path: 'test/house/errorCodes.ts',
    line: 1,
    sentence: `${word} is called foreign and stands nowhere in src`,
  }));
}

function withHole(code: string): string {
  return code.replace(/<\w+>/, HOLE);
}
