// D05: a real disk that fills under a primary: the alarms come before the first commit fails, and the log that is kept for a
// missing standby gives way.
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { initCluster } from '../../../src/io/database/init.ts';
import { ask, layOutPair, removePair, until } from './loopbackPair.ts';
import type { LoopbackPair } from './loopbackPair.ts';

const disk = mkdtempSync(join(tmpdir(), 'hotpair-small-disk-'));
const mb = 1024 * 1024;
let pair: LoopbackPair | undefined;

test.after.always(async () => {
  if (pair !== undefined) await removePair(pair);
  execFileSync('umount', [disk]);
  rmSync(disk, { recursive: true });
});

function free(): number {
  const { bavail, bsize } = statfsSync(disk);
  return bavail * bsize;
}

function fill(leave: number): void {
  const file = openSync(join(disk, 'filler'), 'w');
  try {
    const block = Buffer.alloc(mb);
    while (free() > leave) writeSync(file, block);
  } finally {
    closeSync(file);
  }
}

test.serial('the disk of a primary fills: two stages, a smaller budget, and back', async (t) => {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1000m,mode=755', 'tmpfs', disk]);
  process.env['TMPDIR'] = disk;
  pair = await layOutPair({ slotDiskBudgetMb: 4096 });
  const { a } = pair;
  await initCluster(a.options, () => {});
  await a.database.start({ role: 'primary', synchronous: false, admitted: true });
  const look = async (): Promise<{ names: readonly string[]; budget: number }> => {
    const { findings, slotBudgetMb } = await a.database.care.look(5_000);
    return { names: findings.map(({ name }) => name), budget: slotBudgetMb };
  };
  const ample = await look();
  t.deepEqual(ample.names, []);
  t.true(ample.budget < 260, `a quarter of the disk at most, not ${ample.budget} MB`);
  const conf = (): string => readFileSync(join(a.options.dataDirectory, 'hotpair.conf'), 'utf8');
  t.true(conf().includes(`max_slot_wal_keep_size = '${ample.budget}MB'`));
  fill(120 * mb);
  const low = await look();
  t.deepEqual(low.names, ['diskFilling']);
  t.true(low.budget < ample.budget);
  fill(60 * mb);
  t.deepEqual((await look()).names, ['diskAlmostFull']);
  t.false((await a.database.care.look(5_000)).isNearlyOut);
  fill(45 * mb);
  t.true((await a.database.care.look(5_000)).isNearlyOut);
  // It still works, and the new budget is in force.
  await ask(a, 'CREATE TABLE still AS SELECT 1 AS works');
  const [row] = await ask(a, 'SHOW max_slot_wal_keep_size');
  t.is(row?.['max_slot_wal_keep_size'], `${(await look()).budget}MB`);
  rmSync(join(disk, 'filler'));
  const after = await look();
  t.deepEqual(after.names, []);
  t.is(after.budget, ample.budget);
  await until(a, (seen) => seen.answering);
});
