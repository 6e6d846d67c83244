// What Node's parser of command lines says of one that it refuses, as one sentence and without its advice.

const lacksValue = /^Option '(--?[\w-]+)[^']*' argument (missing|is ambiguous)/u;

/** Null for an error of anybody else. */
export function parserSentence(error: unknown): string | null {
  if (!(error instanceof Error && 'code' in error)) return null;
  if (!String(error.code).startsWith('ERR_PARSE_ARGS')) return null;
  const [, option, why] = lacksValue.exec(error.message) ?? [];
  if (option === undefined) return error.message.split(/\.\s/u)[0] ?? error.message;
  return `${option} takes a value${why === 'missing' ? '' : ', which does not begin with a dash'}`;
}
