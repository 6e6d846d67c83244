// What pg_waldump prints, in the words of several versions of PostgreSQL.
import test from 'ava';
import {
  noChanges,
  noCommits,
  noteChange,
  noteCommit,
} from '../../../src/io/database/walSummary.ts';

const head = 'len (rec/tot):     54/   150';

function record(kind: string, tx: number, desc: string): string {
  return `rmgr: ${kind.padEnd(11)} ${head}, tx: ${String(tx).padStart(10)}, lsn: 0/015F1A38, prev 0/015F1A00, desc: ${desc}`;
}

test('commits are counted with their parts, aborts and transactions without a number are not', (t) => {
  const log = noCommits();
  const lines = [
    record('Transaction', 735, 'COMMIT 2026-11-25 04:00:00.000000 UTC'),
    record(
      'Transaction',
      740,
      'COMMIT 2026-11-25 04:00:01.000000 UTC; subxacts: 741 742; inval msgs: relcache 5',
    ),
    record('Transaction', 0, 'COMMIT_PREPARED 750: 2026-11-25 04:00:02.000000 UTC'),
    record('Transaction', 760, 'ABORT 2026-11-25 04:00:03.000000 UTC'),
    record('Transaction', 0, 'COMMIT 2026-11-25 04:00:04.000000 UTC; inval msgs: catcache 5'),
    record('Heap', 770, 'INSERT off 3 flags 0x00, blkref #0: rel 1663/5/16384 blk 0'),
  ];
  for (const line of lines) t.true(noteCommit(line, log));
  t.deepEqual([...log.transactions], [735, 740, 741, 742, 750]);
  t.is(log.firstCommit, '2026-11-25 04:00:00.000000 UTC');
  t.is(log.lastCommit, '2026-11-25 04:00:04.000000 UTC');
});

test('changes of committed transactions are counted for each table, with the pages of new versions', (t) => {
  const commits = noCommits();
  noteCommit(record('Transaction', 735, 'COMMIT 2026-11-25 04:00:00 UTC; subxacts: 736'), commits);
  const log = noChanges();
  const lines = [
    record('Standby', 0, 'RUNNING_XACTS nextXid 734 latestCompletedXid 733 oldestRunningXid 734'),
    record('Heap', 735, 'INSERT+INIT off 1 flags 0x08, blkref #0: rel 1663/5/16384 blk 0'),
    record('Heap', 735, 'INSERT off: 1, flags: 0x08, blkref #0: rel 1663/5/16384 blk 1'),
    record(
      'Heap2',
      736,
      'MULTI_INSERT+INIT 7 tuples flags 0x02, blkref #0: rel 1663/5/16384 blk 2',
    ),
    record(
      'Heap2',
      736,
      'MULTI_INSERT ntuples: 5, flags: 0x02, offsets: [1, 2], blkref #0: rel 1663/5/16384 blk 2',
    ),
    record(
      'Heap',
      735,
      'UPDATE off 1 xmax 735 flags 0x00 ; new off 2 xmax 0, blkref #0: rel 1663/5/16384 blk 9, blkref #1: rel 1663/5/16384 blk 3 FPW',
    ),
    record(
      'Heap',
      735,
      'HOT_UPDATE old_xmax: 735, old_off: 1, old_infobits: [], flags: 0x60, new_xmax: 0, new_off: 2, blkref #0: rel 1663/5/16390 blk 4',
    ),
    record('Heap', 735, 'DELETE off 1 flags 0x00 KEYS_UPDATED, blkref #0: rel 1663/5/16390 blk 8'),
    record('Heap', 735, 'LOCK off 1: xid 735: flags 0x00, blkref #0: rel 1663/5/16390 blk 8'),
    record('Heap', 799, 'INSERT off 3 flags 0x00, blkref #0: rel 1663/5/16384 blk 5'),
  ];
  for (const line of lines) noteChange(line, commits, log);
  const seen = Object.fromEntries(
    [...log.relations].map(([key, change]) => [key, { ...change, pages: [...change.pages] }]),
  );
  t.deepEqual(seen, {
    '1663/5/16384': { inserted: 14, updated: 1, deleted: 0, pages: [0, 1, 2, 9] },
    '1663/5/16390': { inserted: 0, updated: 1, deleted: 1, pages: [4] },
  });
  t.is(log.wholeFrom, 734);
});
