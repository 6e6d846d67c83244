// One set of files on the box that follows: a look at what differs from the primary, then a copy of what is complete there. Every
// file is written beside its place and on disk before it is renamed into it, so that a pull can be cut off at any moment.
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PullEnd } from '../../core/guardian/sync.ts';
import { losses, planPull } from '../../core/guardian/syncPlan.ts';
import type { Listing, PullPlan, Sightings } from '../../core/guardian/syncPlan.ts';
import { monotonicMs } from '../../kernel/clock.ts';
import { makeDirectories } from '../../kernel/directories.ts';
import type { SyncSecret, SyncSetDescription } from '../../protocol/guardianMessages.ts';
import { copyMark } from './copyMark.ts';
import type { CopyMark } from './copyMark.ts';
import { freeBytes, keptFiles } from './keptFiles.ts';
import type { KeptFiles } from './keptFiles.ts';
import { openListingReader, outputFormat } from './listing.ts';
import type { ListingReader } from './listing.ts';
import { pullProblem } from './pullProblem.ts';
import { runRsync } from './rsyncRun.ts';
import type { RsyncRun } from './rsyncRun.ts';
import { moduleName, silenceSeconds, syncFolder } from './syncServer.ts';
import {
  makeTemporary,
  measureFiles,
  removeLeftovers,
  temporaryFolder,
  waitingFolder,
} from './tree.ts';
import type { Measure } from './tree.ts';

export type PulledSet = Omit<SyncSetDescription, 'intervalMs'>;

export type PullerOptions = {
  readonly set: PulledSet;
  /** Own address, the one that the other box lets in. */
  readonly address: string;
  readonly peer: string;
  readonly port: number;
  readonly stateDirectory: string;
  readonly runDirectory: string;
  /** Environment by which a run that was left over is found. */
  readonly mark: Readonly<Record<string, string>>;
  /** Files were put aside. */
  readonly onKept: (folder: string, kept: Measure) => void;
};

const lookDeadlineMs = 10 * 60_000;
const copyDeadlineMs = 60 * 60_000;

/** So much stays free where the files go. */
const reserveBytes = 64 * 1024 * 1024;

export class SetPuller {
  readonly #given: PullerOptions;
  readonly #mark: CopyMark;
  readonly #aside: KeptFiles;
  #sightings: Sightings = new Map();
  #lookedAt: number | null = null;
  #kept: Measure = { files: 0, bytes: 0 };
  /** Something may lie about that a copy has left; who was here before this process is not known. */
  #isUntidy = true;

  constructor(options: PullerOptions) {
    const { set, stateDirectory } = options;
    this.#given = options;
    this.#mark = copyMark(stateDirectory, set.name, set.directory);
    this.#aside = keptFiles(stateDirectory, set);
  }

  /** What is put aside, as of the last look. */
  get kept(): Measure {
    return this.#kept;
  }

  /** Looks and copies; never rejects. */
  async pull(secret: SyncSecret, signal: AbortSignal): Promise<PullEnd> {
    const { set } = this.#given;
    try {
      const refused = refusedHere(set);
      return refused === null ? await this.#pull({ secret, signal }) : failure(refused);
    } catch (error) {
      return failure(`SYNC_DISK: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** The files are this box's own from now on. Rejects with the system's error, and is so all the same. */
  async becomeSource(): Promise<void> {
    this.#sightings = new Map();
    this.#lookedAt = null;
    await this.#mark.remove();
  }

  /** Removes what a copy that was cut off has left beside its place. */
  async tidy(): Promise<void> {
    if (!this.#isUntidy) return;
    await removeLeftovers(this.#given.set.directory);
    this.#isUntidy = false;
  }

  async measureKept(): Promise<void> {
    this.#kept = await this.#aside.measure();
  }

  async #pull(asked: Asked): Promise<PullEnd> {
    const lookedAt = monotonicMs();
    const reader = openListingReader();
    const args = ['--recursive', '--dry-run', '--delete-delay'];
    const end = await runRsync(runOf(this.#given, asked, args, reader, lookDeadlineMs));
    if (end.type === 'cancelled') return end;
    const problem = pullProblem(end);
    if (problem !== null) return failure(problem);
    const { settleMs } = this.#given.set;
    const times = { lookedAt, before: this.#lookedAt };
    const listing = reader.listing();
    const isCopy = this.#mark.isSet();
    const plan = planPull(listing, this.#sightings, times, { settleMs, isCopy });
    this.#sightings = plan.sightings;
    this.#lookedAt = lookedAt;
    // What waits and is here already is put aside, even if nothing else is to be done.
    const isNeeded =
      plan.copies.length > 0 || plan.removes || (!isCopy && losses(listing).length > 0);
    const files = isNeeded ? await this.#carryOut(plan, listing, asked) : nothingCopied;
    if (files.type !== 'copied') return files;
    // A box that has become primary meanwhile has no copy any more.
    if (asked.signal.aborted) return { type: 'cancelled' };
    if (!files.isAddition && !isCopy) this.#mark.set();
    // Now rather than at a takeover, when the disk has other things to do.
    await this.tidy();
    return doneOf(plan, files, settleMs);
  }

  async #carryOut(plan: PullPlan, listing: Listing, asked: Asked): Promise<Copied | PullEnd> {
    const { directory } = this.#given.set;
    if (freeBytes(directory) < plan.bytes + reserveBytes) {
      return failure(`SYNC_ROOM: there is no room for ${plan.bytes} bytes in ${directory}`);
    }
    const lost = losses(listing);
    const isAddition = plan.keeps && lost.length > 0 && !(await this.#hasRoomFor(listing, lost));
    const folder = plan.keeps && !isAddition ? await this.#aside.newFolder() : null;
    try {
      // What waits there is replaced one day too, when nothing is put aside any more.
      const waiting = new Set(plan.heldBack);
      const left = lost.filter((path) => waiting.has(path));
      if (folder !== null) await this.#aside.copyAside(folder, left);
      return await this.#run(plan, asked, { isAddition, folder });
    } finally {
      if (folder !== null) await this.#tellKept(folder);
    }
  }

  /** First what comes, then what goes. */
  async #run(plan: PullPlan, asked: Asked, how: Manner): Promise<Copied | PullEnd> {
    const wasUntidy = this.#isUntidy;
    this.#isUntidy = true;
    const reader = openListingReader();
    for (const args of await this.#runsOf(plan, how)) {
      const end = await runRsync(runOf(this.#given, asked, args, reader, copyDeadlineMs));
      if (end.type === 'cancelled') return end;
      const problem = pullProblem(end);
      if (problem !== null) return failure(problem);
    }
    this.#isUntidy = wasUntidy;
    const { copied, removed, bytes } = reader.figures();
    return { type: 'copied', files: copied + removed, bytes, isAddition: how.isAddition };
  }

  async #runsOf(plan: PullPlan, how: Manner): Promise<readonly (readonly string[])[]> {
    const { set, runDirectory } = this.#given;
    await makeTemporary(set.directory);
    const list = writeList(runDirectory, set.name, plan.copies);
    const copying = copyArguments(set, list, plan, how);
    return [
      ...(plan.copies.length > 0 ? [copying] : []),
      ...(plan.removes && !how.isAddition ? [removeArguments(plan, how)] : []),
    ];
  }

  async #hasRoomFor(listing: Listing, lost: readonly string[]): Promise<boolean> {
    if (listing.isCut) return false;
    await this.measureKept();
    const bytes = await measureFiles(this.#given.set.directory, lost);
    return this.#aside.hasRoom(bytes, this.#kept);
  }

  async #tellKept(folder: string): Promise<void> {
    await this.#aside.dropEmpty(folder);
    const before = this.#kept;
    await this.measureKept();
    const files = this.#kept.files - before.files;
    const bytes = this.#kept.bytes - before.bytes;
    if (files > 0) this.#given.onKept(folder, { files, bytes });
  }
}

/** `folder`: where what is replaced and removed is put aside. */
type Manner = { readonly isAddition: boolean; readonly folder: string | null };

type Asked = { readonly secret: SyncSecret; readonly signal: AbortSignal };

type Copied = {
  readonly type: 'copied';
  readonly files: number;
  readonly bytes: number;
  /** Nothing was replaced or removed, because there was no room to put it aside. */
  readonly isAddition: boolean;
};

const nothingCopied: Copied = { type: 'copied', files: 0, bytes: 0, isAddition: false };

/** The directory is made by whoever owns it: one that is missing may be a disk that is not mounted. */
function refusedHere({ directory }: PulledSet): string | null {
  try {
    if (statSync(directory).isDirectory()) return null;
  } catch {
    // Said below.
  }
  return `SYNC_DIRECTORY: ${directory} is no directory on this box`;
}

function runOf(
  options: PullerOptions,
  { secret: { name, secret }, signal }: Asked,
  args: readonly string[],
  reader: ListingReader,
  deadlineMs: number,
): RsyncRun {
  const { set, address, peer, port } = options;
  const source = `rsync://${name}@${peer}:${port}/${moduleName(set.name)}/`;
  return {
    args: [...usualArguments(set), `--address=${address}`, ...args, source, `${set.directory}/`],
    password: secret,
    mark: options.mark,
    deadlineMs,
    signal,
    onLine: reader.take,
  };
}

/** All but devices and pipes, which only the box itself can have. */
function usualArguments(set: PulledSet): readonly string[] {
  return [
    '--links',
    '--perms',
    '--times',
    '--group',
    '--owner',
    `--out-format=${outputFormat}`,
    '--info=stats2,nonreg0',
    `--timeout=${silenceSeconds}`,
    '--contimeout=5',
    `--exclude=/${temporaryFolder}`,
    `--partial-dir=${waitingFolder}`,
    ...set.exclude.map((pattern) => `--exclude=${pattern}`),
  ];
}

/** Exactly what is listed. */
function copyArguments(
  set: PulledSet,
  list: string,
  plan: PullPlan,
  { isAddition, folder }: Manner,
): readonly string[] {
  return [
    '--dirs',
    '--fsync',
    `--temp-dir=${temporaryFolder}`,
    `--bwlimit=${set.rateKilobytes}`,
    // What has gone since it was looked at is as good as never seen.
    '--ignore-missing-args',
    '--from0',
    `--files-from=${list}`,
    ...(plan.together ? ['--delay-updates'] : []),
    // A directory that has become a file goes with what is in it.
    ...(isAddition ? ['--ignore-existing'] : ['--force']),
    ...backupArguments(folder),
  ];
}

/** Nothing comes; what was there when it was looked at and is there no longer goes too. */
function removeArguments(plan: PullPlan, { folder }: Manner): readonly string[] {
  return [
    '--recursive',
    '--existing',
    '--ignore-existing',
    '--delete-delay',
    ...backupArguments(folder),
    ...(plan.keeps ? [] : [`--max-delete=${plan.mostRemoved}`]),
  ];
}

function backupArguments(folder: string | null): readonly string[] {
  return folder === null ? [] : ['--backup', `--backup-dir=${folder}`];
}

function writeList(runDirectory: string, set: string, paths: readonly string[]): string {
  const folder = syncFolder(runDirectory);
  makeDirectories(folder, 0o700);
  const list = join(folder, `${set}.list`);
  const text = paths.map((path) => `${path}\0`).join('');
  writeFileSync(list, Buffer.from(text, 'latin1'), { mode: 0o600 });
  return list;
}

function failure(text: string): PullEnd {
  return { type: 'failed', text };
}

function doneOf(plan: PullPlan, { files, bytes, isAddition }: Copied, settleMs: number): PullEnd {
  return {
    type: 'done',
    files,
    bytes,
    wholeAt: isAddition ? null : plan.wholeAt,
    heldBack: plan.heldBack.length,
    againMs: plan.isNews ? settleMs : null,
    hasNoRoomToKeep: isAddition,
  };
}
