// Invariants that belong to one act: what must be on disk before it, checked at the instant in which it takes force.
import type { DurableRecord } from '../../src/core/record.ts';
import type { Box } from './box.ts';
import type { World } from './world.ts';

/** I4: a lone reign is on disk before commits stop waiting. */
export function checkCleared(world: World, box: Box): void {
  if (!holdsAlone(box))
    world.ledger.break(
      'I4',
      `${box.name} clears the setting with ${said(box.disk.record)} on disk`,
    );
}

/** I4 and I6: a lone reign is on disk before the database is promoted. */
export function checkPromoted(world: World, box: Box): void {
  if (!holdsAlone(box))
    world.ledger.break('I4', `${box.name} promotes with ${said(box.disk.record)} on disk`);
}

/** I6: only a handover, a handback or an operator leads out of a catchup record. */
export function checkRecord(
  world: World,
  box: Box,
  before: DurableRecord | null,
  after: DurableRecord,
): void {
  if (before?.mode !== 'catchup' || after.mode !== 'solo') return;
  const handedToMe = box.peer.disk.record?.handed === 'handedBack';
  if (before.handed !== 'none' || handedToMe || world.operatorDecided) return;
  world.ledger.break('I6', `${box.name} goes from ${said(before)} to ${said(after)}`);
}

export function holdsAlone(box: Box): boolean {
  const { record } = box.disk;
  return record?.mode === 'solo' && record.holder === box.nodeId;
}

export function said(record: DurableRecord | null): string {
  return record === null
    ? 'no record'
    : `${record.mode} ${record.epoch} ${record.handed} of ${record.holder.slice(0, 2)}`;
}
