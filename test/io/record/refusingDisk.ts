// Run by the record store's test inside a mount namespace of its own: a file system that is full or read-only, a write that
// it refuses, and what can be read afterwards. Prints one JSON object.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRecordStore } from '../../../src/io/record/recordStore.ts';
import { HotpairError } from '../../../src/protocol/hotpairError.ts';
import { durableRecord } from '../../core/builders.ts';

const kind = process.argv[2];
const directory = mkdtempSync(join(tmpdir(), 'hotpair-refusing-'));
execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', directory]);
try {
  const store = openRecordStore(directory);
  await store.write(durableRecord({ epoch: 4 }));
  refuse();
  const refusal = await store.write(durableRecord({ epoch: 5 })).then(
    () => null,
    (error: unknown) => error,
  );
  const epochAfterwards = await epochOf();
  allow();
  await store.write(durableRecord({ epoch: 5 }));
  process.stdout.write(
    JSON.stringify({
      refusal: refusal instanceof HotpairError ? refusal.code : null,
      errno: refusal instanceof Error ? refusal.message.split(': ').at(-1) : null,
      epochAfterwards,
      epochWhenThereIsRoomAgain: await epochOf(),
      left: readdirSync(directory).toSorted(),
    }),
  );
} finally {
  execFileSync('umount', [directory]);
  rmdirSync(directory);
}

function refuse(): void {
  if (kind === 'readonly') execFileSync('mount', ['-o', 'remount,ro', directory]);
  else fill();
  if (kind === 'fullWithOneCopy') {
    rmSync(join(directory, 'record.b'));
    writeFileSync(join(directory, 'filler2'), Buffer.alloc(4096));
  }
}

function allow(): void {
  if (kind === 'readonly') execFileSync('mount', ['-o', 'remount,rw', directory]);
  else {
    rmSync(join(directory, 'filler'));
    rmSync(join(directory, 'filler2'), { force: true });
  }
}

function fill(): void {
  try {
    writeFileSync(join(directory, 'filler'), Buffer.alloc(1024 * 1024));
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'ENOSPC') throw error;
  }
}

async function epochOf(): Promise<number | null> {
  const reading = await openRecordStore(directory).read();
  return reading.kind === 'valid' ? reading.record.epoch : null;
}
