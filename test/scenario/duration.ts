// Durations as scripts write them: `250 ms`, `1.4 s`, `10 min`, `2 h`.
import { ScenarioFailure } from './scenarioFailure.ts';

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000 };

export function durationMs(words: string): number {
  const [number, unit] = words.split(' ');
  const value = Number(number) * (unitMs[unit ?? ''] ?? Number.NaN);
  if (!Number.isFinite(value)) throw new ScenarioFailure(`"${words}" is no duration`);
  return value;
}
