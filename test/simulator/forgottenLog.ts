// A disk that forgets: the primary of a paired epoch loses power, and of its flushed log the newest part. I8 is for this.
// Nothing that was promised is lost as long as the pair goes on with the standby, which holds all of it.
import type { Box } from './box.ts';
import { crashDatabase } from './databaseFaults.ts';
import type { FaultSite } from './faultSite.ts';
import { lsnOf, prefix } from './log.ts';
import type { Position } from './log.ts';

/** What a few recoveries write anew within the same timeline must not hide the loss. */
const leastForgotten = 15;

export function forgetLog(site: FaultSite, box: Box): void {
  const { random, queue } = site.world;
  const primary = box.database.isPrimary ? box : box.peer;
  const { database, disk } = primary;
  const kept = prefix(database.log, database.log.length - random.below(30) - leastForgotten);
  if (!isHeldByStandby(site, primary) || !isVouchedFor(primary, kept)) return;
  const epoch = disk.record?.epoch;
  const bootMs = random.between(1000, 2000);
  const offMs = random.between(50, 1500);
  const troubleMs = offMs + bootMs + random.between(3000, 15_000);
  primary.powerOff();
  site.world.trace(primary.name, 'its disk forgets log that it said it had');
  database.loseNewest(database.log.length - kept.length);
  if (random.chance(0.4)) hangInStart(site, primary, troubleMs);
  if (random.chance(0.3)) keepFromStart(site, primary.peer, troubleMs / 2);
  // Until the pair has decided with what it goes on, nobody holds this twice.
  site.keepCalm(() => disk.record?.mode === 'paired' && disk.record.epoch === epoch);
  queue.after(offMs, () => site.world.mayPowerOn(primary, bootMs));
}

/** It starts and does not answer: for so long nobody knows what it holds. */
function hangInStart({ world, endLater }: FaultSite, box: Box, forMs: number): void {
  box.databaseHangs.begin();
  endLater(forMs, () => {
    box.databaseHangs.end();
    if (box.databaseHangs.active) return;
    box.database.hung = false;
    world.logGrew(box);
  });
}

/** The database of the standby ends and its disk takes no write: what it holds stays where it is. */
function keepFromStart(site: FaultSite, box: Box, forMs: number): void {
  site.cut(`diskFailing ${box.name}`, box.disk.failing, forMs);
  crashDatabase(site.world, box);
}

/** The standby has everything, goes on to follow, and has not begun to give the epoch up. */
function isHeldByStandby({ world }: FaultSite, { nodeId, disk: { record }, peer }: Box): boolean {
  const theirs = peer.disk.settled;
  return (
    record?.mode === 'paired' &&
    record.holder === nodeId &&
    theirs?.mode === 'paired' &&
    theirs.epoch === record.epoch &&
    world.replicationTo(peer).isLive &&
    !peer.database.hung &&
    peer.keepsEverything
  );
}

/** A log that ends before what its record vouches for is never served, and needs no gate. */
function isVouchedFor({ disk: { record } }: Box, kept: Position): boolean {
  return record !== null && kept.branch.timeline === record.timeline && lsnOf(kept) >= record.lsn;
}
