// Making the old primary's directory a standby's of the new one. Where its log is a plain beginning
// of the new one's, nothing needs to be rewound and it only follows; otherwise pg_rewind.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { HotpairError } from '../../protocol/hotpairError.ts';
import { isCleanlyShut, readControlFile } from './controlFile.ts';
import { assertDataDirectory } from './dataDirectory.ts';
import type { Deadline } from './deadline.ts';
import { compareLogs } from './divergence.ts';
import { removeDurably } from './durableFile.ts';
import type { Instance } from './instance.ts';
import { beginJob, endJob, unfinishedJob } from './jobMarker.ts';
import { clearRemains } from './postmaster.ts';
import { lastComplaint, runProgram } from './program.ts';
import { connectionText, passwordFile } from './settings.ts';
import { awaitSource } from './source.ts';

const standbyState = { synchronous: 'off', admitted: false, follows: true } as const;

/**
 * Prepares the stopped server to follow the peer; it can be started as a standby afterwards.
 *
 * Rejects with DATABASE_SOURCE (the peer is no source within the limit), DATABASE_SYSTEM (another
 * cluster), DATABASE_AHEAD or DATABASE_REWIND (it must be cloned). After a failed or interrupted
 * pg_rewind the directory does not start until this or a clone has succeeded.
 */
export async function rewind(
  instance: Instance,
  deadline: Deadline,
): Promise<{ rewound: boolean }> {
  const { options, user, server } = instance;
  if (server.adopt()) {
    throw new HotpairError('DATABASE_RUNNING', 'PostgreSQL must be stopped to be rewound');
  }
  const before = assertDataDirectory(options.dataDirectory, user);
  if (unfinishedJob(options.dataDirectory) === 'rewound') {
    await becomeStandby(instance);
    return { rewound: true };
  }
  if (unfinishedJob(options.dataDirectory) === 'rewinding') {
    // Its log may be half replaced already, and with it what tells a second rewind what to fetch.
    throw new HotpairError('DATABASE_REWIND', 'a former rewind was interrupted: it must be cloned');
  }
  const source = await awaitSource(options, deadline);
  if (source.systemId !== before.systemId) {
    throw new HotpairError('DATABASE_SYSTEM', 'the peer has the data of another cluster', {
      seen: source.systemId,
      allowed: before.systemId,
    });
  }
  await clearRemains(options.dataDirectory, options.socketDirectory, options.port);
  const divergence = compareLogs(options.dataDirectory, before, source);
  if (!divergence.hasOwn) {
    await instance.files.writeAll(standbyState, 'standby');
    return { rewound: false };
  }
  if (source.timeline === divergence.timeline) {
    throw new HotpairError(
      'DATABASE_AHEAD',
      'this log goes further than that of the peer on the same timeline: it must be cloned',
    );
  }
  await beginJob(options.dataDirectory, 'rewinding', user);
  await runRewind(instance, deadline);
  await beginJob(options.dataDirectory, 'rewound', user);
  await becomeStandby(instance);
  return { rewound: true };
}

// Only after pg_rewind: it took standby.signal away and put the peer's settings in place of ours.
async function becomeStandby(instance: Instance): Promise<void> {
  await instance.files.writeAll(standbyState, 'standby');
  await endJob(instance.options.dataDirectory);
}

async function runRewind(instance: Instance, deadline: Deadline): Promise<void> {
  const { options, user } = instance;
  const { directory } = await instance.binaries();
  await instance.files.writeAll(standbyState, 'primary');
  const signal = join(options.dataDirectory, 'standby.signal');
  if (existsSync(signal)) await removeDurably(signal);
  const control = readControlFile(options.dataDirectory);
  const isClean = control !== null && isCleanlyShut(control);
  const { code, output } = await runProgram({
    path: join(directory, 'pg_rewind'),
    args: [
      `--target-pgdata=${options.dataDirectory}`,
      `--source-server=${connectionText(options)} dbname=postgres`,
      '--progress',
      // Without it a directory that was not stopped in order goes through its recovery first.
      ...(isClean ? ['--no-ensure-shutdown'] : []),
    ],
    user,
    deadline,
    environment: { PGPASSFILE: join(options.dataDirectory, passwordFile) },
    onLine: (text) => options.onProgress({ job: 'rewind', text, fraction: fractionOf(text) }),
  });
  if (code === 0) return;
  throw new HotpairError('DATABASE_REWIND', `pg_rewind failed: ${lastComplaint(output)}`);
}

/** The fraction that a progress line such as `4711/9422 kB (50%) copied` tells. */
export function fractionOf(text: string): number | null {
  const percent = /\((\d+)%\)/.exec(text)?.[1];
  return percent === undefined ? null : Math.min(1, Number(percent) / 100);
}
