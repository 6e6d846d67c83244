// Changes of role on a real pair: promotion, the old primary back by following, by a rewind and by
// a clone, and crashes between the steps.
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { execFileSync } from 'node:child_process';
import test from 'ava';
import { exportDivergence, listDivergences } from '../../../src/io/database/keptDivergences.ts';
import {
  ask,
  codeOf,
  connectClient,
  removePair,
  reopen,
  startPair,
  until,
  untilTrue,
} from './loopbackPair.ts';
import type { Box, LoopbackPair } from './loopbackPair.ts';

let pair: LoopbackPair;

const asStandby = { role: 'standby', synchronous: false, admitted: false } as const;
const asPrimary = { role: 'primary', synchronous: false, admitted: true } as const;

test.before(async () => {
  pair = await startPair();
});

test.after.always(async () => {
  await removePair(pair);
});

async function kill(box: Box): Promise<void> {
  await box.database.stop({ how: 'now', deadlineMs: 5_000 });
}

async function numbers(box: Box): Promise<number[]> {
  const rows = await ask(box, 'SELECT number FROM row ORDER BY number');
  return rows.map((row) => Number(row['number']));
}

async function rejoin(box: Box, primary: Box): Promise<void> {
  await box.database.start(asStandby);
  await until(primary, (look) => look.standbyStreaming);
  await until(box, (look) => look.receiving);
}

test.serial(
  'a promotion ends in a committed write, on a new timeline, with clients let in',
  async (t) => {
    await pair.a.database.setSynchronous({ deadlineMs: 5_000 });
    await ask(pair.a, 'INSERT INTO row VALUES (1)');
    await kill(pair.a);
    const { timeline, lsn } = await pair.b.database.promote({ deadlineMs: 5_000 });
    t.is(timeline, 2);
    t.true(lsn > 0n);
    t.deepEqual(await numbers(pair.b), [1]);
    await ask(pair.b, 'INSERT INTO row VALUES (2)');
    t.like(await pair.b.database.observe(1_000), {
      inRecovery: false,
      admitted: true,
      timeline: 2,
    });
  },
);

test.serial('an old primary without a log of its own follows without a rewind', async (t) => {
  await pair.b.database.checkpoint({ deadlineMs: 5_000 });
  await until(pair.b, (look) => look.rewindable);
  t.deepEqual(await pair.a.database.keepDivergence({}), { kept: null });
  t.deepEqual(await pair.a.database.rewind({}), { rewound: false });
  await rejoin(pair.a, pair.b);
  await pair.b.database.setSynchronous({ deadlineMs: 5_000 });
  const stopped = await pair.a.database.stop({ how: 'clean', deadlineMs: 10_000 });
  // The end of a standby's log is read from the log itself, on the timeline it followed.
  t.like(await pair.b.database.observe(1_000), { timeline: 2 });
  t.is(stopped.timeline, 2);
  await pair.b.database.clearSynchronous({ deadlineMs: 5_000 });
  await rejoin(pair.a, pair.b);
});

test.serial('what only the old primary has is kept, and the old primary is rewound', async (t) => {
  // B goes on alone and is lost with what it acknowledged alone; A is promoted. One transaction began while
  // A still followed: its rows are in both logs, its end is in one.
  await ask(
    pair.b,
    'CREATE TABLE note (number int PRIMARY KEY, "the ""text" text, twice int GENERATED ALWAYS AS (number * 2) STORED)',
  );
  await ask(pair.b, "INSERT INTO note VALUES (1, 'as it was'), (2, 'goes'), (5, 'stays')");
  const long = await connectClient(pair.b);
  await long.query("BEGIN; INSERT INTO note VALUES (3, 'begun before')");
  await ask(pair.b, 'CHECKPOINT');
  await until(pair.b, (look) => look.standbyFlushLsn === look.lsn);
  await kill(pair.a);
  await long.query('COMMIT');
  await long.end();
  await ask(pair.b, 'INSERT INTO row SELECT generate_series(100, 199)');
  await ask(pair.b, `UPDATE note SET "the ""text" = E'new, "quoted"\nand long' WHERE number = 1`);
  await ask(pair.b, 'DELETE FROM note WHERE number = 2');
  await ask(
    pair.b,
    'BEGIN; INSERT INTO note VALUES (4, NULL); SAVEPOINT part; INSERT INTO note VALUES (6, $$$$); COMMIT',
  );
  await ask(pair.b, "BEGIN; INSERT INTO note VALUES (7, 'never'); ROLLBACK");
  await kill(pair.b);
  await pair.a.database.start(asStandby);
  await pair.a.database.promote({ deadlineMs: 5_000 });
  await ask(pair.a, 'INSERT INTO row VALUES (3)');
  await pair.a.database.checkpoint({ deadlineMs: 5_000 });
  const { kept } = await pair.b.database.keepDivergence({});
  if (kept === null) throw new Error('nothing kept');
  const told = JSON.parse(readFileSync(join(kept, 'divergence.json'), 'utf8')) as {
    segments: string[];
  };
  t.true(told.segments.length > 0 && told.segments.every((name) => existsSync(join(kept, name))));
  t.true(existsSync(join(kept, 'pg_control')));
  // The scratch server is gone, and nobody took it for the box's own.
  t.like(await pair.b.database.observe(1_000), { running: false });
  t.deepEqual(pair.b.exits, []);
  const [list] = [await listDivergences(pair.b.options.divergenceDirectory)];
  const newest = list.at(-1);
  if (newest === undefined || newest.rows === null) throw new Error('no rows kept');
  t.like(newest.rows, { missing: null, transactions: 5 });
  const note = newest.rows.tables.find(({ table }) => table === 'note');
  t.like(note, {
    database: 'postgres',
    schema: 'public',
    inserted: 3,
    updated: 1,
    deleted: 1,
    rows: 4,
  });
  const target = join(pair.root, 'export');
  await exportDivergence(pair.b.options.divergenceDirectory, newest, target);
  const csv = readFileSync(join(target, note?.file ?? ''), 'utf8');
  const [header, ...others] = csv.trimEnd().split(/\n(?=\d)/);
  t.is(header, 'number,"the ""text"');
  t.deepEqual(others.toSorted(), ['1,"new, ""quoted""\nand long"', '3,begun before', '4,', '6,""']);
  t.is(
    await codeOf(exportDivergence(pair.b.options.divergenceDirectory, newest, target)),
    'DIVERGENCE_TARGET',
  );
  t.deepEqual(await pair.b.database.keepDivergence({}), { kept });
  t.deepEqual(await pair.b.database.rewind({}), { rewound: true });
  await rejoin(pair.b, pair.a);
  t.deepEqual(await numbers(pair.a), [1, 2, 3]);
});

test.serial("after the rewind the settings are this box's own again", async (t) => {
  const conf = readFileSync(join(pair.b.options.dataDirectory, 'hotpair.conf'), 'utf8');
  t.true(conf.includes(`port = '${pair.b.options.port}'`));
  t.true(conf.includes(`primary_slot_name = 'hotpair_box_b_`));
  t.true((await pair.b.database.observe(1_000)).receiving);
  t.false((await pair.a.database.observe(1_000)).slotUnusable);
});

test.serial(
  'a directory that a rewind left half done does not start, and a clone mends it',
  async (t) => {
    await kill(pair.b);
    const marker = `${pair.b.options.dataDirectory}.job`;
    writeFileSync(marker, 'rewinding\n');
    rmSync(join(pair.b.options.dataDirectory, 'standby.signal'));
    t.is(await codeOf(pair.b.database.start(asPrimary)), 'DATABASE_UNFINISHED');
    t.is(await codeOf(pair.b.database.start(asStandby)), 'DATABASE_UNFINISHED');
    t.is(await codeOf(pair.b.database.rewind({})), 'DATABASE_REWIND');
    await pair.b.database.clone({});
    t.false(existsSync(marker));
    await rejoin(pair.b, pair.a);
    // The replaced directory is kept until the new one has run.
    const { dataDirectory } = pair.b.options;
    const old = (): string[] =>
      readdirSync(dirname(dataDirectory)).filter((name) =>
        name.startsWith(`${basename(dataDirectory)}.old-`),
      );
    await untilTrue(() => old().length === 0);
    t.true(pair.b.progress.some((line) => line.includes('100%')));
  },
);

for (const step of ['copying', 'nothing moved', 'old moved away', 'note left'] as const) {
  test.serial(`a clone that was cut off (${step}) is continued`, async (t) => {
    await kill(pair.b);
    const { dataDirectory } = pair.b.options;
    const copy = `${dataDirectory}.new`;
    const marker = `${dataDirectory}.job`;
    switch (step) {
      case 'copying':
        writeFileSync(marker, 'copying\n');
        mkdirSync(copy);
        writeFileSync(join(copy, 'half'), '');
        break;
      case 'old moved away':
        writeFileSync(marker, 'swapping\n');
        renameSync(dataDirectory, copy);
        mkdirSync(`${dataDirectory}.old-19990101T000000000Z`);
        break;
      case 'nothing moved':
        writeFileSync(marker, 'swapping\n');
        execFileSync('cp', ['-a', dataDirectory, copy]);
        break;
      case 'note left':
        writeFileSync(marker, 'swapping\n');
        break;
    }
    await reopen(pair.b);
    await pair.b.database.clone({});
    await rejoin(pair.b, pair.a);
    t.false(existsSync(copy) || existsSync(marker));
  });
}

test.serial('a start finishes the swap that a crash cut off', async (t) => {
  await kill(pair.b);
  const { dataDirectory } = pair.b.options;
  writeFileSync(`${dataDirectory}.job`, 'swapping\n');
  renameSync(dataDirectory, `${dataDirectory}.new`);
  await reopen(pair.b);
  await rejoin(pair.b, pair.a);
  t.false(existsSync(`${dataDirectory}.job`));
});

test.serial("a standby's directory becomes a primary only on a timeline of its own", async (t) => {
  const before = await pair.b.database.observe(1_000);
  await kill(pair.b);
  await pair.b.database.start(asPrimary);
  const look = await pair.b.database.observe(1_000);
  t.like(look, { inRecovery: false, admitted: true });
  t.is(look.timeline, (before.timeline ?? 0) + 1);
  const client = await connectClient(pair.b);
  await client.end();
});

test.serial('a peer that is no primary, or not there, is no source', async (t) => {
  await kill(pair.a);
  await kill(pair.b);
  t.is(await codeOf(pair.b.database.rewind({ deadlineMs: 300 })), 'DATABASE_SOURCE');
  await pair.a.database.start(asStandby);
  // Long enough that a loaded machine has answered at least once: what it said last is the reason.
  const error = await t.throwsAsync(pair.b.database.rewind({ deadlineMs: 3000 }));
  t.regex(error.message, /not a primary/);
});
