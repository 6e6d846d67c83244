// A note beside the data directory that says that a rewind or a clone is under way. While it is
// there the directory may be neither old nor new, and a start in it could come up read-write: the
// rewind deletes standby.signal and every note inside the directory, so this one lies outside.
import { readFileSync } from 'node:fs';
import { HotpairError } from '../../protocol/hotpairError.ts';
import { removeDurably, writeDurably } from './durableFile.ts';
import type { SystemUser } from '../../kernel/systemUser.ts';

/** `rewinding`: the directory is being changed. `rewound`: it is, and still lacks our settings. `copying`: only the copy is unfinished. `swapping`: the copy is whole and takes the directory's place. */
export type UnfinishedJob = 'rewinding' | 'rewound' | 'copying' | 'swapping';

/** The job that was begun and not finished, or null. */
export function unfinishedJob(dataDirectory: string): UnfinishedJob | null {
  let text: string;
  try {
    text = readFileSync(markerPath(dataDirectory), 'utf8').trim();
  } catch {
    return null;
  }
  // Anything else is a note that nobody here wrote: the careful reading.
  return text === 'copying' || text === 'swapping' || text === 'rewound' ? text : 'rewinding';
}

export async function beginJob(
  dataDirectory: string,
  job: UnfinishedJob,
  owner: SystemUser,
): Promise<void> {
  await writeDurably(markerPath(dataDirectory), `${job}\n`, owner);
}

export async function endJob(dataDirectory: string): Promise<void> {
  await removeDurably(markerPath(dataDirectory));
}

/** Refuses, with DATABASE_UNFINISHED, a directory that a rewind left half done. */
export function assertNoRewind(dataDirectory: string): void {
  if (!isHalfRewound(dataDirectory)) return;
  throw new HotpairError(
    'DATABASE_UNFINISHED',
    `a rewind of ${dataDirectory} did not finish: it must be rewound or cloned before a start`,
  );
}

/** True when the directory is not what it was before a rewind and not yet a standby's. */
export function isHalfRewound(dataDirectory: string): boolean {
  const job = unfinishedJob(dataDirectory);
  return job === 'rewinding' || job === 'rewound';
}

function markerPath(dataDirectory: string): string {
  return `${dataDirectory}.job`;
}
