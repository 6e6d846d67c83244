// Where two values of plain data differ first, for people who must see both.

/** `path` is like `effects[1].token`; `left` and `right` are what stands there. */
export type Difference = { readonly path: string; readonly left: string; readonly right: string };

type Plain = Readonly<Record<string, unknown>>;

const longestShown = 300;

/** Null where both are equal: bit for bit in numbers, with the same keys in the same order. */
export function firstDifference(left: unknown, right: unknown, path = ''): Difference | null {
  if (Object.is(left, right)) return null;
  if (Array.isArray(left) && Array.isArray(right) && left.length === right.length)
    return firstOf(left.map((item, place) => [item, right[place], `${path}[${place}]`] as const));
  if (isPlain(left) && isPlain(right)) {
    const keys = Object.keys(left);
    if (keys.join() === Object.keys(right).join()) {
      const prefix = path === '' ? '' : `${path}.`;
      return firstOf(keys.map((key) => [left[key], right[key], `${prefix}${key}`] as const));
    }
  }
  return { path, left: shown(left), right: shown(right) };
}

function firstOf(pairs: readonly (readonly [unknown, unknown, string])[]): Difference | null {
  for (const [left, right, path] of pairs) {
    const difference = firstDifference(left, right, path);
    if (difference !== null) return difference;
  }
  return null;
}

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  const text =
    value === undefined
      ? 'undefined'
      : JSON.stringify(value, (_key, part: unknown) => {
          if (typeof part === 'bigint') return `${part}n`;
          if (typeof part === 'number' && (!Number.isFinite(part) || Object.is(part, -0)))
            return Object.is(part, -0) ? '-0' : String(part);
          return part;
        });
  return text.length <= longestShown ? text : `${text.slice(0, longestShown)}...`;
}
