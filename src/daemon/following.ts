// Whether a standby's receiver that still calls itself streaming gets what the primary writes. A connection that is cut
// without a word looks alive for seconds: the primary's own statement in the heartbeats tells sooner.
import type { DatabaseObservation } from '../core/events.ts';

/** The log has not moved for so long although the primary's goes further: no round trip on a cable takes this. */
const standsStillMs = 150;

export type Following = {
  /** True while the log stands still behind what the primary said that it has. */
  readonly isStalled: (look: DatabaseObservation, primary: Position | null, now: number) => boolean;
  /** Behind, and not known yet whether it stands still: worth another look soon. */
  readonly isDoubtful: () => boolean;
};

export type Position = { readonly timeline: number | null; readonly lsn: bigint | null };

export function watchFollowing(): Following {
  let last: bigint | null = null;
  let behindSince: number | null = null;
  return {
    isStalled: (look, primary, now) => {
      const { lsn } = look;
      const isBehind =
        look.inRecovery === true &&
        look.receiving &&
        lsn !== null &&
        typeof primary?.lsn === 'bigint' &&
        primary.timeline === look.timeline &&
        lsn < primary.lsn;
      const hasMoved = lsn !== last;
      last = lsn;
      if (!isBehind) behindSince = null;
      else if (hasMoved || behindSince === null) behindSince = now;
      return behindSince !== null && now - behindSince >= standsStillMs;
    },
    isDoubtful: () => behindSince !== null,
  };
}
