// Reads the text of hotpair.yaml into plain values and remembers where each stood, so that every
// later complaint can name its line.
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Complaint } from './complaint.ts';
import { isSecretName, masked, maskSecrets } from './mask.ts';

/** A position in the file, counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Where a key and its value stand, and the value as it may be shown. */
export interface Entry {
  readonly key: Place;
  readonly value: Place;
  readonly seen: string;
}

/** The file as plain values with its places. */
export interface Source {
  /** Sections, lists, texts, numbers, booleans and null. */
  readonly values: unknown;
  /** By dotted name: `heartbeat`, `heartbeat.interval`, `service.addresses[1]`. */
  readonly entries: ReadonlyMap<string, Entry>;
  readonly complaints: readonly Complaint[];
}

/** The dotted name of a path, as complaints write it. */
export function dottedName(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) =>
      typeof part === 'number' ? `[${part}]` : `${index > 0 ? '.' : ''}${String(part)}`,
    )
    .join('');
}

/** Parses YAML 1.2. Never throws: what cannot be read is a complaint. */
export function readSource(text: string): Source {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    schema: 'core',
    merge: false,
  });
  const reader = new Reader(lines);
  const values = reader.read(document.contents, []);
  return {
    values,
    entries: reader.entries,
    complaints: [...syntaxComplaints(document, lines), ...reader.complaints],
  };
}

function syntaxComplaints(document: Document.Parsed, lines: LineCounter): Complaint[] {
  const seenLines = new Set<number>();
  return [...document.errors, ...document.warnings].flatMap((error): Complaint[] => {
    const place = placeAt(lines, error.pos[0]);
    // Duplicate keys are told by the reader, which knows their names. One broken line often breaks
    // several rules of YAML: the first says enough.
    if (error.code === 'DUPLICATE_KEY' || seenLines.has(place.line)) return [];
    seenLines.add(place.line);
    const message =
      error.code === 'MULTIPLE_DOCS'
        ? 'the file holds a second document'
        : maskSecrets(error.message.replaceAll(/\s+/g, ' ').trim());
    return [{ code: 'CONFIG_SYNTAX', ...place, key: '', message }];
  });
}

function placeAt(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

/** Walks the parsed nodes once. */
class Reader {
  readonly entries = new Map<string, Entry>();
  readonly complaints: Complaint[] = [];
  readonly #lines: LineCounter;

  constructor(lines: LineCounter) {
    this.#lines = lines;
  }

  read(node: unknown, path: readonly PropertyKey[]): unknown {
    if (isAlias(node)) return this.#refuseAlias(node.range?.[0] ?? 0, path);
    if (isMap(node)) return this.#readMap(node.items, path);
    if (isSeq(node)) return node.items.map((item, index) => this.#readItem(item, [...path, index]));
    return isScalar(node) ? node.value : null;
  }

  #readMap(
    items: readonly { readonly key: unknown; readonly value: unknown }[],
    path: readonly PropertyKey[],
  ): unknown {
    const found = new Map<string, unknown>();
    for (const { key, value } of items) {
      const at = this.#placeOf(key);
      if (!isScalar(key)) {
        this.complaints.push(
          complaint('CONFIG_TYPE', at, dottedName(path), 'a key must be a plain word'),
        );
        continue;
      }
      const name = String(key.value);
      const here = [...path, name];
      if (found.has(name)) {
        this.#refuseDuplicate(at, here);
        continue;
      }
      this.entries.set(dottedName(here), {
        key: at,
        value: this.#placeOf(value, at),
        seen: seenText(value, here),
      });
      found.set(name, this.read(value, here));
    }
    return Object.fromEntries(found);
  }

  #readItem(item: unknown, path: readonly PropertyKey[]): unknown {
    const at = this.#placeOf(item);
    this.entries.set(dottedName(path), { key: at, value: at, seen: seenText(item, path) });
    return this.read(item, path);
  }

  #refuseDuplicate(at: Place, path: readonly PropertyKey[]): void {
    const key = dottedName(path);
    const first = this.entries.get(key)?.key.line ?? 0;
    const message = `${key} is written a second time, first in line ${first}`;
    this.complaints.push(complaint('CONFIG_DUPLICATE_KEY', at, key, message));
  }

  #refuseAlias(offset: number, path: readonly PropertyKey[]): undefined {
    const message = 'aliases are not used in this file: write the value out';
    const at = placeAt(this.#lines, offset);
    this.complaints.push(complaint('CONFIG_ALIAS', at, dottedName(path), message));
    return undefined;
  }

  #placeOf(node: unknown, otherwise: Place = { line: 1, column: 1 }): Place {
    const offset =
      isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range?.[0] : undefined;
    return offset === undefined ? otherwise : placeAt(this.#lines, offset);
  }
}

function complaint(code: Complaint['code'], at: Place, key: string, message: string): Complaint {
  return { code, ...at, key, message };
}

const longestSeen = 60;

function seenText(node: unknown, path: readonly PropertyKey[]): string {
  if (isMap(node)) return 'a section';
  if (isSeq(node)) return node.items.length === 0 ? 'an empty list' : 'a list';
  if (isAlias(node)) return 'an alias';
  if (!isScalar(node) || node.value === null) return 'nothing';
  if (path.some((part) => isSecretName(String(part)))) return masked;
  const text = maskSecrets(scalarText(node.value));
  if (text === '') return 'an empty text';
  return text.length > longestSeen ? `${text.slice(0, longestSeen)}...` : text;
}

function scalarText(value: unknown): string {
  if (typeof value === 'string') return value;
  const isPlain = ['number', 'bigint', 'boolean'].includes(typeof value);
  return isPlain ? String(value) : 'a value of another kind';
}
