// Splits TypeScript text into what is code, what is comment and what is said in strings, so that a
// house rule about one of them is never fooled by another. Lines and columns stay where they are.

/** Three texts of the same length and lines as the source; what belongs elsewhere is blank. */
export type SourceParts = {
  /** Code alone; strings, templates, regular expressions and comments are blank. */
  readonly code: string;
  readonly comments: string;
  /** Code with its strings, without comments: where import paths can be read. */
  readonly codeAndStrings: string;
};

type Kind = 'code' | 'comment' | 'string';

/** What a scanner found: everything up to `end` is of this kind. */
type Span = { readonly kind: Kind; readonly end: number };

export function splitSource(text: string): SourceParts {
  const kinds: Kind[] = [];
  let templateDepths: readonly number[] = [];
  let depth = 0;
  for (let at = 0; at < text.length;) {
    const inTemplateHole = templateDepths.at(-1) === depth && text[at] === '}';
    const span = inTemplateHole ? template(text, at + 1) : spanAt(text, at);
    if (inTemplateHole) templateDepths = templateDepths.slice(0, -1);
    if (opensHole(text, span, at)) {
      templateDepths = [...templateDepths, depth];
    } else if (span.kind === 'code') {
      depth += braceDepth(text.slice(at, span.end));
    }
    for (; at < span.end; at++) kinds.push(span.kind);
  }
  const only = (...wanted: readonly Kind[]): string =>
    [...kinds]
      .map((kind, at) => (wanted.includes(kind) || text[at] === '\n' ? text[at] : ' '))
      .join('');
  return {
    code: only('code'),
    comments: only('comment'),
    codeAndStrings: only('code', 'string'),
  };
}

/** Line (from 1) in which the character `index` (from 0) stands. */
export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

function spanAt(text: string, at: number): Span {
  const two = text.slice(at, at + 2);
  if (two === '//' || (two === '#!' && at === 0)) {
    return { kind: 'comment', end: endOr(text, text.indexOf('\n', at)) };
  }
  if (two === '/*') return { kind: 'comment', end: endOr(text, text.indexOf('*/', at) + 2) };
  const character = text[at];
  if (character === "'" || character === '"') return { kind: 'string', end: quoted(text, at) };
  if (character === '`') return template(text, at + 1);
  if (character === '/' && startsRegularExpression(text, at)) {
    return { kind: 'string', end: regularExpression(text, at) };
  }
  return { kind: 'code', end: at + 1 };
}

/** The rest of a template literal, up to its end or to the next `${`. */
function template(text: string, from: number): Span {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '`') return { kind: 'string', end: at + 1 };
    else if (text.startsWith('${', at)) return { kind: 'string', end: at + 2 };
  }
  return { kind: 'string', end: text.length };
}

function opensHole(text: string, span: Span, at: number): boolean {
  const opensTemplate = text[at] === '`' || text[at] === '}';
  return span.kind === 'string' && opensTemplate && text.slice(0, span.end).endsWith('${');
}

function quoted(text: string, at: number): number {
  let end = at + 1;
  while (end < text.length && text[end] !== text[at] && text[end] !== '\n') {
    end += text[end] === '\\' ? 2 : 1;
  }
  return Math.min(end + 1, text.length);
}

// A slash divides after a value and opens a regular expression everywhere else.
function startsRegularExpression(text: string, at: number): boolean {
  const before = text.slice(Math.max(0, at - 200), at).trimEnd();
  return before === '' || /[(,=:[!&|?{};+<>~]$|\b(return|typeof|case|of|in)$/.test(before);
}

function regularExpression(text: string, at: number): number {
  let inClass = false;
  for (let end = at + 1; end < text.length && text[end] !== '\n'; end++) {
    if (text[end] === '\\') end++;
    else if (text[end] === '[') inClass = true;
    else if (text[end] === ']') inClass = false;
    else if (text[end] === '/' && !inClass) return end + 1;
  }
  return at + 1;
}

function braceDepth(code: string): number {
  return code.split('{').length - code.split('}').length;
}

function endOr(text: string, end: number): number {
  return end <= 1 ? text.length : end;
}
