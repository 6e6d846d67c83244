// A new copy of the peer's database, made beside the old directory and put in its place only when
// it is whole, verified and on disk. The old directory is kept until the new one has run. A crash
// at any step is continued by the next call.
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { HotpairError } from '../../protocol/hotpairError.ts';
import type { Binaries } from './binaries.ts';
import { assertOwner, assertReachable, assertWritable } from './dataDirectory.ts';
import { slotName } from './databaseOptions.ts';
import { deadlineIn, isOver } from './deadline.ts';
import type { Deadline } from './deadline.ts';
import { giveTo, renameDurably, syncDirectory } from './durableFile.ts';
import type { Instance } from './instance.ts';
import { beginJob, endJob, isHalfRewound, unfinishedJob } from './jobMarker.ts';
import { clearRemains } from './postmaster.ts';
import { lastComplaint, runProgram } from './program.ts';
import type { ProgramResult } from './program.ts';
import { fractionOf } from './rewind.ts';
import { connectionText } from './settings.ts';
import { awaitSource } from './source.ts';
import type { Source } from './source.ts';

/** Clones the peer's database into the place of the stopped one; resumes what a crash left. */
export async function clone(instance: Instance, deadline: Deadline): Promise<void> {
  const { options, server, user } = instance;
  if (server.adopt()) {
    throw new HotpairError('DATABASE_RUNNING', 'PostgreSQL must be stopped to be cloned anew');
  }
  assertReachable(options.dataDirectory, user);
  assertWritable(dirname(options.dataDirectory));
  if (existsSync(options.dataDirectory)) assertOwner(options.dataDirectory, user);
  if (await finishSwap(instance)) return;
  const source = await awaitSource(options, deadline);
  const binaries = await instance.binaries();
  assertSameMajor(source, binaries);
  // A half rewound directory stays marked as that until the copy takes its place.
  if (!isHalfRewound(options.dataDirectory)) {
    await beginJob(options.dataDirectory, 'copying', user);
  }
  await clearRemains(options.dataDirectory, options.socketDirectory, options.port);
  try {
    await copyAndVerify(instance, binaries.directory, deadline);
  } catch (error) {
    // What there is of it may be what fills the disk.
    await rm(copyPath(options.dataDirectory), { recursive: true, force: true });
    throw error;
  }
  const state = { synchronous: 'off', admitted: false, follows: true } as const;
  await instance.files.writeAll(state, 'standby', copyPath(options.dataDirectory));
  await beginJob(options.dataDirectory, 'swapping', user);
  await finishSwap(instance);
}

/** Refuses, with DATABASE_VERSION, programs of another major version than the peer's server. */
export function assertSameMajor({ majorVersion }: Source, { major }: Binaries): void {
  if (majorVersion === major) return;
  throw new HotpairError(
    'DATABASE_VERSION',
    `the peer runs PostgreSQL ${majorVersion}, this node has ${major}`,
    { seen: String(major), allowed: String(majorVersion) },
  );
}

/** Completes a swap that was begun; true when there was one. */
export async function finishSwap(instance: Instance): Promise<boolean> {
  const { dataDirectory } = instance.options;
  if (unfinishedJob(dataDirectory) !== 'swapping') return false;
  const copy = copyPath(dataDirectory);
  // Without the copy the last rename was done already, and only the note is left.
  if (existsSync(copy)) {
    if (existsSync(dataDirectory)) await renameDurably(dataDirectory, oldPath(dataDirectory));
    await renameDurably(copy, dataDirectory);
  }
  await endJob(dataDirectory);
  return true;
}

/** Removes the directories that clones replaced; called when the new one has run. */
export async function removeOldCopies(dataDirectory: string): Promise<void> {
  const parent = dirname(dataDirectory);
  const prefix = `${basename(dataDirectory)}.old-`;
  for (const name of await readdir(parent)) {
    if (name.startsWith(prefix)) await rm(join(parent, name), { recursive: true, force: true });
  }
}

async function copyAndVerify(
  instance: Instance,
  binDirectory: string,
  deadline: Deadline,
): Promise<void> {
  const { options, user } = instance;
  const copy = copyPath(options.dataDirectory);
  const report = (text: string): void => {
    options.onProgress({ job: 'clone', text, fraction: fractionOf(text) });
  };
  const slotLimit = deadlineIn(10_000);
  for (;;) {
    await rm(copy, { recursive: true, force: true });
    await mkdir(copy, { mode: 0o700 });
    await giveTo(copy, user);
    const result = await runBaseBackup(
      instance,
      join(binDirectory, 'pg_basebackup'),
      deadline,
      report,
    );
    if (result.code === 0) break;
    // The sender of a connection that broke just now may hold the slot for a moment.
    if (!/is active for PID/.test(result.output) || isOver(slotLimit)) {
      throw new HotpairError(
        'DATABASE_CLONE',
        `the copy of the peer's database failed: ${lastComplaint(result.output)}`,
      );
    }
    await delay(200);
  }
  report('verifying the copy');
  const path = join(binDirectory, 'pg_verifybackup');
  const verified = await runProgram({ path, args: ['--quiet', copy], user, deadline });
  if (verified.code !== 0) {
    const complaint = lastComplaint(verified.output);
    throw new HotpairError('DATABASE_CLONE', `the copy is not whole: ${complaint}`);
  }
  // pg_basebackup has synced the files; the name of the copy itself is ours.
  await syncDirectory(dirname(copy));
}

async function runBaseBackup(
  instance: Instance,
  path: string,
  deadline: Deadline,
  report: (text: string) => void,
): Promise<ProgramResult> {
  const { options, user } = instance;
  // Under another name: as the standby's own it would count as one that commits wait for.
  const named = { ...options, selfName: `${options.selfName} clone` };
  return runProgram({
    path,
    args: [
      `--pgdata=${copyPath(options.dataDirectory)}`,
      `--dbname=${connectionText(named)}`,
      '--wal-method=stream',
      '--checkpoint=fast',
      `--slot=${slotName(options.selfName)}`,
      '--progress',
      ...(options.cloneRateKb === undefined ? [] : [`--max-rate=${options.cloneRateKb}`]),
    ],
    user,
    deadline,
    environment: { PGPASSWORD: options.replicationPassword },
    onLine: report,
  });
}

function copyPath(dataDirectory: string): string {
  return `${dataDirectory}.new`;
}

function oldPath(dataDirectory: string): string {
  const time = new Date().toISOString().replaceAll(/[-:.]/g, '');
  return `${dataDirectory}.old-${time}`;
}
