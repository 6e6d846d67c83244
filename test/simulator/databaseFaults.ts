// Faults of one box's PostgreSQL.
import type { Box } from './box.ts';
import type { Fault, FaultSite } from './faultSite.ts';
import type { World } from './world.ts';

export const databaseFaultNames = [
  'databaseCrashed',
  'databaseHung',
  'logRecycled',
  'standbyPromotedByHand',
  'databaseStartedByHand',
  'databaseLost',
] as const;

export const databaseFaults = {
  databaseCrashed: ({ world }, box) => crashDatabase(world, box),
  databaseHung: hang,
  logRecycled: recycleLog,
  standbyPromotedByHand: promoteByHand,
  databaseStartedByHand: startByHand,
  databaseLost: loseDatabase,
} satisfies Readonly<Record<(typeof databaseFaultNames)[number], Fault>>;

export function crashDatabase(world: World, box: Box): void {
  if (!box.database.running) return;
  world.trace(box.name, 'PostgreSQL crashes');
  world.databaseEnded(box, false);
  const { agent } = box;
  world.queue.after(world.random.between(1, 20), () => {
    agent?.deliver({ type: 'databaseExited' });
    agent?.databaseChanged();
  });
}

function hang(site: FaultSite, box: Box): void {
  const { world } = site;
  world.trace(box.name, 'PostgreSQL hangs');
  box.databaseHangs.begin();
  box.database.hung = box.database.running;
  site.endLater(site.durationMs(), () => {
    box.databaseHangs.end();
    if (box.databaseHangs.active) return;
    box.database.hung = false;
    world.trace(box.name, 'PostgreSQL answers again');
    world.databaseAnswersAgain(box);
  });
}

/** The peer no longer keeps the log that this box would need to follow: only a clone helps. */
function recycleLog({ world }: FaultSite, box: Box): void {
  if (box.powered && world.replicationTo(box).standbySees) return;
  world.trace(box.name, 'the log that it would follow is recycled');
  box.logRecycled = true;
}

/**
 * Somebody runs `pg_ctl promote` on a standby: it may not become what clients are served from. What it has is thrown away for
 * that, so the other box must have it all: a primary that was replaced in the same moment would leave no copy.
 */
function promoteByHand({ world }: FaultSite, box: Box): void {
  const { database } = box;
  if (!box.peer.holdsEverything) return;
  if (!database.running || database.hung || database.role !== 'standby') return;
  world.trace(box.name, 'PostgreSQL is promoted by hand');
  database.promote();
  database.touchedByHand = true;
  world.replicationTo(box).close(box);
  world.replicationFrom(box).seek();
}

/** Somebody starts PostgreSQL beside the agent, with the files as they are: clients are kept out as in any start. */
function startByHand({ world }: FaultSite, box: Box): void {
  const { database, disk } = box;
  if (!box.powered || database.running || !database.present || database.broken) return;
  if (disk.record?.job !== 'none') return;
  world.trace(box.name, `PostgreSQL is started by hand as a ${database.roleOnDisk}`);
  database.start(database.roleOnDisk, database.synchronousSetting);
  database.touchedByHand = true;
  world.databaseStarted(box);
}

/** A data disk that dies may take only what the other box holds too: more than one copy is never promised. */
function loseDatabase({ world }: FaultSite, box: Box): void {
  const { peer } = box;
  if (!peer.keepsEverything) return;
  box.powerOff();
  world.trace(box.name, 'the data directory is lost');
  box.database.lose();
  world.queue.after(world.random.between(500, 5000), () => world.mayPowerOn(box, 1000));
}
