// What the status says of files that are copied.
import test from 'ava';
import { syncText } from '../../src/words/syncText.ts';

const following = {
  name: 'recordings',
  directory: '/var/spool/recordings',
  state: 'following',
  isPulling: false,
  lagMs: 3_100,
  isBehind: false,
  lastFiles: 0,
  lastBytes: 0,
  heldBack: 0,
  hasNoRoomToKeep: false,
  problem: null,
  keptFiles: 0,
  keptBytes: 0,
} as const;

test('a standby says how far behind its files are at most, and what is out of the ordinary', (t) => {
  t.is(syncText(following), 'recordings at most 3 s behind the primary');
  t.is(
    syncText({ ...following, lastFiles: 2, lastBytes: 300_000, heldBack: 1 }),
    'recordings at most 3 s behind the primary, last 2 files (293 kB), 1 file still being written there',
  );
  t.is(
    syncText({
      ...following,
      lagMs: 300_000,
      isBehind: true,
      isPulling: true,
      problem: 'SYNC_ROOM: x',
    }),
    'recordings BEHIND: at most 5 min behind the primary, being copied, SYNC_ROOM: x',
  );
});

test('a primary hands out, and tells of what it has put aside before', (t) => {
  const source = { ...following, state: 'source', lagMs: null } as const;
  t.is(syncText(source), 'recordings handed out to the other box');
  t.is(
    syncText({ ...source, keptFiles: 4, keptBytes: 120 }),
    'recordings handed out to the other box, 4 files (120 bytes) that only this box had put aside in sync-kept/recordings',
  );
  t.is(syncText({ ...source, state: 'idle' }), 'recordings not copied while the roles are open');
});
