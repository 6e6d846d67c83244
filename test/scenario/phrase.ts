// The words of the script language: patterns with what they mean. A line that fits none is an error that names the
// nearest ones.

/** `words` is what a person would write; A stands for either box, D for a duration, N for a number. */
export type Phrase<Meaning> = {
  readonly words: string;
  readonly means: (...parts: readonly string[]) => Meaning;
};

const slots: Readonly<Record<string, string>> = {
  BOX: '(A|B)',
  TIME: String.raw`([\d.]+ (?:ms|s|min|h))`,
  NUMBER: String.raw`(\d+)`,
  WORD: String.raw`([\w-]+)`,
  TEXT: '(.+)',
};

/** The meaning of a line, or null where no phrase fits. */
export function understand<Meaning>(
  phrases: readonly Phrase<Meaning>[],
  line: string,
): Meaning | null {
  for (const { words, means } of phrases) {
    const found = patternOf(words).exec(line);
    if (found !== null) return means(...found.slice(1));
  }
  return null;
}

function patternOf(words: string): RegExp {
  const literal = words.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${literal.replace(/\b[A-Z]{3,}\b/g, (slot) => slots[slot] ?? slot)}$`);
}

/** The phrases that share most words with a line that was not understood. */
export function nearest(phrases: readonly { readonly words: string }[], line: string): string {
  const said = new Set(line.split(/[^A-Za-z0-9]+/));
  const scored = phrases.map(({ words }) => ({
    words,
    score: words.split(/[^A-Za-z0-9]+/).filter((word) => said.has(word)).length,
  }));
  return scored
    .toSorted((left, right) => right.score - left.score)
    .slice(0, 3)
    .map(({ words }) => `"${words}"`)
    .join(', ');
}
