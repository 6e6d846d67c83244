// Where a mended pair may wait for an operator: exactly the cases that protocol.md lists in sections 8 and 9. Any other pair
// that does not become healthy by itself is a violation.
import type { Box } from './box.ts';
import type { World } from './world.ts';

export function operatorIsNeeded({ boxes, options }: World): boolean {
  const [a, b] = boxes;
  if (boxes.some((box) => servesAlone(box))) return false;
  return (
    bothFollowNobody(a, b) ||
    boxes.some((box) => lostItsPartner(box, options.isStrict)) ||
    boxes.some((box) => lostItsDatabase(box))
  );
}

function servesAlone({ agent }: Box): boolean {
  const name = agent?.state.name;
  return name === 'solo' || name === 'pairing';
}

/** Both hold nothing of their own and none handed over: a replaced, empty box must not win. */
function bothFollowNobody(a: Box, b: Box): boolean {
  return [a, b].every(
    ({ disk: { record } }) => record?.mode === 'catchup' && record.handed === 'none',
  );
}

/** The other node of its paired epoch, or of what it handed over, was replaced by a new one. */
function lostItsPartner({ disk: { record }, nodeId, peer }: Box, isStrict: boolean): boolean {
  if (record === null || (record.mode === 'catchup' && record.handed === 'none')) return false;
  if (record.mode === 'solo') return false;
  const other = record.holder === nodeId ? record.partner : record.holder;
  // A handback names nobody: it is for whoever gave the epoch before.
  return other === null && isStrict ? peer.wasReplaced : other !== peer.nodeId;
}

/** Holder or giver of the epoch, or asked to take it, and without the database for it. */
function lostItsDatabase({ disk: { record }, database }: Box): boolean {
  if (record?.mode === 'catchup' && record.handed === 'none') return false;
  return !database.present;
}
