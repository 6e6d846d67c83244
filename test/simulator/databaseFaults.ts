// Faults of one box's PostgreSQL.
import type { Box } from './box.ts';
import type { Fault, FaultSite } from './faultSite.ts';
import type { World } from './world.ts';

export const databaseFaultNames = ['databaseCrashed', 'databaseHung', 'logRecycled'] as const;

export const databaseFaults = {
  databaseCrashed: ({ world }, box) => crashDatabase(world, box),
  databaseHung: hang,
  logRecycled: recycleLog,
} satisfies Readonly<Record<(typeof databaseFaultNames)[number], Fault>>;

export function crashDatabase(world: World, box: Box): void {
  if (!box.database.running) return;
  world.trace(box.name, 'PostgreSQL crashes');
  world.databaseEnded(box, false);
  const { agent } = box;
  world.queue.after(world.random.between(1, 20), () => agent?.deliver({ type: 'databaseExited' }));
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
    world.logGrew(box);
  });
}

/** The peer no longer keeps the log that this box would need to follow: only a clone helps. */
function recycleLog({ world }: FaultSite, box: Box): void {
  if (box.powered && world.replicationTo(box).standbySees) return;
  world.trace(box.name, 'the log that it would follow is recycled');
  box.logRecycled = true;
}
