// A tiny write, tried on a box after a fault: the instant of the first one that is accepted is what
// `promotedMs` is measured with.

import { nowMs } from './clock.ts';
import { databaseSession, type DatabaseSession } from './databaseSession.ts';
import type { BoxName } from './layout.ts';

export type WriteProbe = {
  /** Connects beforehand, as a client that was there before the fault would be. */
  readonly prepare: () => Promise<void>;
  /** Tries once: the instant of the acknowledgement, or null. */
  readonly accepted: () => Promise<number | null>;
};

export function writeProbe(box: BoxName): WriteProbe {
  let session: DatabaseSession | undefined;

  const prepare = async (): Promise<void> => {
    try {
      session ??= await databaseSession(box, 'app');
    } catch {
      session = undefined;
    }
  };
  return {
    prepare,
    accepted: async () => {
      await prepare();
      if (session === undefined) return null;
      try {
        await session.query('write', 'update observer_writes set n = n + 1');
        // A wait for the standby that was cancelled is not an acknowledgement.
        return session.warnings().length === 0 ? nowMs() : null;
      } catch (error) {
        // Still read-only: the session is good for the next try. Anything else ends it.
        if (!(error instanceof Error && 'code' in error && error.code === '25006')) {
          session.destroy();
          session = undefined;
        }
        return null;
      }
    },
  };
}
