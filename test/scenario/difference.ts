// The difference between the story in a file and the one that was told, line by line with a little of what is around it.

type Line = { readonly mark: ' ' | '-' | '+'; readonly text: string };

const around = 2;

/** Lines that are missing now begin with `-`, new ones with `+`; empty when both texts are the same. */
export function difference(expected: string, told: string): string {
  const lines = compare(expected.split('\n'), told.split('\n'));
  const changed = lines.map(({ mark }) => mark !== ' ');
  const shown = lines.map((_, index) =>
    changed.slice(Math.max(0, index - around), index + around + 1).includes(true),
  );
  return lines
    .flatMap(({ mark, text }, index) => {
      if (!shown[index]) return [];
      const begins = index > 0 && !shown[index - 1];
      return begins ? ['  ...', `${mark} ${text}`] : [`${mark} ${text}`];
    })
    .join('\n');
}

/** The shortest way from one list to the other, by the longest common part. */
function compare(left: readonly string[], right: readonly string[]): readonly Line[] {
  const common = commonLengths(left, right);
  const lines: Line[] = [];
  let [i, j] = [0, 0];
  while (i < left.length || j < right.length) {
    const [a, b] = [left[i], right[j]];
    if (a !== undefined && a === b) {
      lines.push({ mark: ' ', text: a });
      i += 1;
      j += 1;
    } else if (a !== undefined && (common[i + 1]?.[j] ?? 0) >= (common[i]?.[j + 1] ?? -1)) {
      lines.push({ mark: '-', text: a });
      i += 1;
    } else {
      lines.push({ mark: '+', text: b ?? '' });
      j += 1;
    }
  }
  return lines;
}

/** How many lines the rests of both lists from [i][j] on have in common; no entry beyond the end of `right`. */
function commonLengths(left: readonly string[], right: readonly string[]): readonly number[][] {
  const table = Array.from({ length: left.length + 1 }, () =>
    Array.from({ length: right.length + 1 }, () => 0),
  );
  for (let i = left.length - 1; i >= 0; i -= 1) {
    for (let j = right.length - 1; j >= 0; j -= 1) {
      const [here, below] = [table[i], table[i + 1]];
      if (here === undefined || below === undefined) continue;
      here[j] =
        left[i] === right[j] ? (below[j + 1] ?? 0) + 1 : Math.max(below[j] ?? 0, here[j + 1] ?? 0);
    }
  }
  return table;
}
