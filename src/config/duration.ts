// Durations as people write them in hotpair.yaml (50ms, 5s, 2h, 1d) and as the code counts them
// (milliseconds).

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** The written form, as a regular expression for the JSON Schema. */
export const durationPattern = '^(0|[1-9][0-9]{0,8})(ms|s|m|h|d)$';

const durationRegExp = new RegExp(durationPattern);

/** Milliseconds of a written duration such as `50ms` or `2h`; undefined where it is none. */
export function parseDuration(text: string): number | undefined {
  const [, digits, unit] = durationRegExp.exec(text) ?? [];
  if (digits === undefined || unit === undefined) return undefined;
  const factor = unitMs[unit];
  return factor === undefined ? undefined : Number(digits) * factor;
}

/** The shortest exact way to write a whole number of milliseconds: 2000 is `2s`, 1500 is `1500ms`. */
export function formatDuration(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's']) {
    const factor = unitMs[unit] ?? 1;
    if (ms >= factor && ms % factor === 0) return `${ms / factor}${unit}`;
  }
  return `${ms}ms`;
}
