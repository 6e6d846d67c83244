// An old primary whose log has forked, and how its database is made a standby's again.

import { cutPower } from './faults.ts';
import { objectToLeading, untilEvent, untilTakenOver, type Field } from './field.ts';
import { askKeeper } from './keeperProtocol.ts';
import { leaveCommitUnsent } from './unsentCommit.ts';

/** The standby has taken over, and the log of the old primary has forked. */
export async function losePrimaryWithOwnRow(field: Field): Promise<void> {
  await leaveCommitUnsent(field.primary);
  const atMs = await cutPower(field.primary);
  field.noteFault(atMs, field.standby);
  await askKeeper({ type: 'setSilent', silent: false });
  await untilTakenOver(field, field.standby, atMs);
}

/** The old primary must come up as a standby, whatever was interrupted; it must never lead. */
export async function untilRebuilt(field: Field, ...ways: readonly string[]): Promise<void> {
  const box = field.primary;
  let follows = false;
  const rebuilt = untilEvent(field, box, ways.join(' or '), 90_000, ({ event, reason = '' }) => {
    return event === 'note' && ways.includes(reason);
  });
  const following = rebuilt
    .then(async () =>
      field.observer.untilSeen(`${box} follows`, 30_000, (sight) => {
        return sight[box].database?.inRecovery === true;
      }),
    )
    .finally(() => {
      follows = true;
    });
  await Promise.all([following, objectToLeading(field, box, () => follows, 'came up read-write')]);
}
