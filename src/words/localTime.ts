// Times for people: the zone of the box, with its offset, so that a copied line still says when it was.

/** `2026-11-23 07:10:12 +01:00` for a UTC text of ISO 8601; with milliseconds `07:10:12.345`. */
export function localTime(utc: string, precision: 'seconds' | 'milliseconds' = 'seconds'): string {
  const time = new Date(utc);
  const offsetMinutes = -time.getTimezoneOffset();
  const sign = offsetMinutes < 0 ? '-' : '+';
  const offset = `${two(Math.trunc(Math.abs(offsetMinutes) / 60))}:${two(Math.abs(offsetMinutes) % 60)}`;
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
  const fraction =
    precision === 'seconds' ? '' : `.${String(time.getMilliseconds()).padStart(3, '0')}`;
  return `${day} ${clock}${fraction} ${sign}${offset}`;
}

/** `40 ms`, `12 s`, `3 min`, `5 h`, `2 days`: how long ago or how long still, roughly. */
export function roughly(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${Math.round(ms / 1_000)} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  if (ms < 172_800_000) return `${Math.round(ms / 3_600_000)} h`;
  return `${Math.round(ms / 86_400_000)} days`;
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
