// The end of a maintenance, kept over restarts of the agent. It is wall time, the only clock that a restart survives; while
// the agent runs the core counts monotonic time, so a clock that is set does not move a maintenance that is under way.
import { promises as fs } from 'node:fs';
import { join } from 'node:path';

const fileName = 'maintenance.json';

/** Wall time of the end (milliseconds since 1970), null where there is none or it is over. */
export async function readMaintenance(directory: string, now: number): Promise<number | null> {
  try {
    const value: unknown = JSON.parse(await fs.readFile(join(directory, fileName), 'utf8'));
    if (typeof value !== 'object' || value === null || !('untilUtc' in value)) return null;
    const until = typeof value.untilUtc === 'string' ? Date.parse(value.untilUtc) : Number.NaN;
    return until > now ? until : null;
  } catch {
    // A missing or torn file means that takeovers are possible, which is the safe side for the service.
    return null;
  }
}

/** Remembers the end of the maintenance, or with null that there is none. Rejects with what the disk refused. */
export async function writeMaintenance(directory: string, until: number | null): Promise<void> {
  const path = join(directory, fileName);
  if (until === null) {
    await fs.rm(path, { force: true });
    return;
  }
  const text = `${JSON.stringify({ untilUtc: new Date(until).toISOString() })}\n`;
  await fs.writeFile(`${path}.new`, text, { mode: 0o600, flush: true });
  await fs.rename(`${path}.new`, path);
}
