// A primary whose disk is full. For the trial the box gets a small disk: a file system in memory, mounted outside the box,
// so that it lasts over its power cuts.

import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { nowMs, until } from '../clock.ts';
import { run } from '../command.ts';
import { databaseSession } from '../databaseSession.ts';
import { cutPower } from '../faults.ts';
import { untilTakenOver, type Field } from '../field.ts';
import { hotpair, statusOf } from '../hotpairCommand.ts';
import { diskDirectory, paths, type BoxName } from '../layout.ts';
import { atMost, noLimit, type Trial } from '../trial.ts';
import { untilAlarm } from './byHand.ts';

export const fullDiskTrials: readonly Trial[] = [
  {
    name: 'D05-primary-disk-full',
    title: 'the disk of the primary fills, and then to its last byte',
    expected: {
      text: 'alarms before; the primary hands over while it can; with room again it follows',
      roleChanges: [2],
      outageLimitMs: noLimit,
      mayOverlap: false,
    },
    act: primaryDiskFull,
  },
  {
    name: 'D05-primary-disk-full-at-once',
    title: 'the disk of the primary is full to its last byte before anybody can hand over in time',
    expected: {
      text: 'the standby goes on and does not consent; with room again the old primary follows',
      roleChanges: [2],
      outageLimitMs: atMost(20_000),
      mayOverlap: false,
    },
    act: primaryDiskFullAtOnce,
  },
];

const mb = 1024 * 1024;

async function primaryDiskFull(field: Field): Promise<void> {
  const { primary } = field;
  await withSmallPrimary(field, async (small) => {
    fill(small, 90 * mb);
    await untilAlarm(field, small, 'diskFilling', true);
    const atMs = nowMs();
    field.noteFault(atMs, primary);
    fill(small, 40 * mb);
    await untilTakenOver(field, primary, atMs);
    // Now it is the standby whose log finds no room: the primary goes on without it.
    fill(small, 0);
    await writeLog(primary);
    await field.client.untilFlowing('rows acknowledged', nowMs(), 1000, 30_000);
    rmSync(filler(small));
    field.noteHealed();
    await untilEligible(field, small);
  });
}

/** The log finds no room for its next file, and PostgreSQL ends: it cannot be started again. */
async function primaryDiskFullAtOnce(field: Field): Promise<void> {
  const { primary } = field;
  await withSmallPrimary(field, async (small) => {
    const atMs = nowMs();
    field.noteFault(atMs, primary);
    fill(small, 0);
    await writeLog(small);
    await untilTakenOver(field, primary, atMs, 60_000);
    rmSync(filler(small));
    field.noteHealed();
    await untilEligible(field, small);
  });
}

/** The box that was the standby gets the small disk, and then the service. */
async function withSmallPrimary(
  field: Field,
  act: (small: BoxName) => Promise<void>,
): Promise<void> {
  const { primary, standby: small, site } = field;
  await cutPower(small);
  const restore = onSmallDisk(small);
  try {
    await field.powerOn(small);
    await untilEligible(field, small);
    await hotpair(site.binary, primary, ['switchover', '--wait'], 30_000);
    await untilEligible(field, primary);
    await act(small);
  } finally {
    rmSync(filler(small), { force: true });
    await cutPower(small);
    restore();
    await field.powerOn(small);
  }
}

async function untilEligible({ site }: Field, box: BoxName): Promise<void> {
  await until(`${box} can take over`, 60_000, async () => {
    const status = await statusOf(site.binary, box);
    return typeof status !== 'string' && status.role === 'standby' && status.eligible;
  });
}

/** Returns what puts everything back on the large disk. */
function onSmallDisk(box: BoxName): () => void {
  const lib = paths.lib(box);
  const aside = mkdtempSync(`${diskDirectory}/aside-`);
  run('cp', ['-a', `${lib}/.`, aside], { deadlineMs: 60_000 });
  run('mount', ['-t', 'tmpfs', '-o', 'size=900m,mode=711', 'tmpfs', lib]);
  run('cp', ['-a', `${aside}/.`, lib], { deadlineMs: 60_000 });
  return () => {
    rmSync(aside, { recursive: true });
    run('cp', ['-a', lib, aside], { deadlineMs: 60_000 });
    run('umount', [lib]);
    run('sh', ['-c', 'rm -rf "$1"/* && cp -a "$2"/. "$1"/ && rm -rf "$2"', 'sh', lib, aside], {
      deadlineMs: 60_000,
    });
  };
}

function filler(box: BoxName): string {
  return `${paths.lib(box)}/filler`;
}

function fill(box: BoxName, leave: number): void {
  const file = openSync(filler(box), 'a');
  const block = Buffer.alloc(64 * 1024);
  try {
    for (;;) {
      const { bavail, bsize } = statfsSync(paths.lib(box));
      if (bavail * bsize <= leave) return;
      writeSync(file, block);
    }
  } catch {
    // Full to the last byte.
  } finally {
    closeSync(file);
  }
}

/** New files of the log, for which the full disk has no room. */
async function writeLog(box: BoxName): Promise<void> {
  const session = await databaseSession(box, 'postgres');
  try {
    for (let file = 0; file < 6; file += 1) {
      await session.query('message', "select pg_logical_emit_message(false, 'lab', 'next')");
      await session.query('switch', 'select pg_switch_wal()');
    }
  } catch {
    // It ended.
  } finally {
    session.destroy();
  }
}
