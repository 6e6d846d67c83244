// Invariants that belong to one act: what must be on disk before it, checked at the instant in which it takes force.
import type { DurableRecord, NodeId } from '../../src/core/record.ts';
import type { Standing } from '../../src/core/standing.ts';
import type { Box } from './box.ts';
import { text } from './ledger.ts';
import { common, contains } from './log.ts';
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

/** A clone takes hours where a rewind takes seconds: it is for what was tried in vain since the box was last in step. */
function checkCloned(world: World, box: Box): void {
  const { database } = box;
  if (!world.options.isStrict) return;
  const isLost = !database.present || database.broken || database.touchedByHand || box.logRecycled;
  if (isLost || box.triedInVain) return;
  world.ledger.break(
    'rebuild',
    `${box.name} is to be cloned, and neither a start nor a rewind failed`,
  );
}

/** What a node may ask to be written. What it asked for may come to the disk later than its agent lives. */
export function checkAsked(world: World, box: Box, asked: DurableRecord): void {
  const before = box.agent?.state.record ?? null;
  if (asked.job === 'cloning' && asked.handed === 'none' && before?.job !== 'cloning')
    checkCloned(world, box);
  if (before?.mode === 'catchup' && asked.mode === 'solo') checkOutOfCatchup(world, box, before);
  if (before?.mode === 'paired' && asked.mode === 'solo') checkPermitted(world, box, before, asked);
  if (before?.mode === 'solo' && asked.mode === 'paired' && asked.holder === box.nodeId)
    checkPaired(world, box, asked);
}

/** I6: only a handover, a handback or an operator leads out of a catchup record. */
function checkOutOfCatchup(world: World, box: Box, before: DurableRecord): void {
  const handedToMe = box.peer.disk.record?.handed === 'handedBack';
  if (before.handed !== 'none' || handedToMe || box.operatorOrdered) return;
  world.ledger.break('I6', `${box.name} goes alone from ${said(before)}`);
}

/** I7: what permits it is younger than the agent: contact, an operator's order, or what the ledger said in its life. */
function checkPermitted(world: World, box: Box, before: DurableRecord, asked: DurableRecord): void {
  const entries = [world.etcd.entry, ...(box.agent?.forgotten ?? [])];
  const inLedger = entries.some(
    (entry) => entry?.epoch === asked.epoch && entry.holder === box.nodeId,
  );
  if (box.operatorOrdered || (world.options.arbiter === 'etcd' && inLedger)) return;
  if (box.agent === null) return;
  const { heardAt, peer } = box.agent.state.contact;
  if (heardAt === null)
    world.ledger.break('I7', `${box.name} goes alone from ${said(before)} and has heard nobody`);
  else if (world.options.isStrict) checkHeardPartner(world, box, before, peer);
}

/** Words of a new box in its place are none of the partner; a record that the disk refused was justified when it was asked first. */
function checkHeardPartner(
  { ledger, options }: World,
  box: Box,
  before: DurableRecord,
  heard: NodeId | null,
): void {
  const isAskedAgain = box.leftEpoch === before.epoch;
  box.leftEpoch = before.epoch;
  const other = before.holder === box.nodeId ? before.partner : before.holder;
  if (isAskedAgain || heard === other || options.arbiter !== 'lan') return;
  ledger.break('I7', `${box.name} goes alone from ${said(before)} and has heard only another box`);
}

/** I5: by the time that the paired record is asked for, the standby holds whatever was ever acknowledged. */
function checkPaired(world: World, box: Box, after: DurableRecord): void {
  const { nodeId, database } = box.peer;
  // A partner whose disk died since cannot hold anything; the consent that this needs is on its way.
  if (nodeId !== after.partner || !database.present) return;
  // What the primary itself lacks is for I1 to say.
  const due = common(box.database.log, world.ledger.acknowledged);
  if (contains(database.flushed, due)) return;
  world.ledger.break('I5', `${box.name} writes ${said(after)} and its standby lacks ${text(due)}`);
}

/** I8: in a paired epoch nobody reads what recovery left here before the standby has it too. */
export function checkAdmitted(world: World, box: Box): void {
  const { record } = box.disk;
  if (record?.mode !== 'paired') return;
  if (box.peer.nodeId !== record.partner) {
    if (!world.options.isStrict || box.peer.wasReplacedJustNow) return;
    world.ledger.break('I8', `${box.name} lets clients in, and its standby is gone for good`);
    return;
  }
  if (contains(box.peer.database.flushed, box.database.visible)) return;
  world.ledger.break(
    'I8',
    `${box.name} lets clients in at ${text(box.database.visible)}, the standby is at ${text(box.peer.database.flushed)}`,
  );
}

/** I5 and I9: a grant goes out only with its record on disk, and makes eligible only whom it names. */
export function checkStanding(world: World, box: Box, standing: Standing): void {
  const { ledger } = world;
  const { grant, record } = standing;
  if (grant?.type === 'eligibility') {
    const onDisk = box.disk.record;
    if (onDisk?.mode !== 'paired' || onDisk.holder !== box.nodeId || onDisk.epoch !== grant.epoch)
      ledger.break('I5', `${box.name} grants epoch ${grant.epoch} with ${said(onDisk)} on disk`);
    ledger.noteGrant(grant);
  }
  if (!standing.eligible || record === null || box.agent === null) return;
  box.triedInVain = false;
  const { epoch } = record;
  const { lossCounter } = standing;
  if (!ledger.wasGranted({ toStart: box.agent.agentStart, epoch, lossCounter }))
    ledger.break('I9', `${box.name} is eligible for epoch ${epoch} that nobody granted it`);
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
