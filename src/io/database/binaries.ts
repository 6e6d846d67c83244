// Which PostgreSQL is used, and whether it may be: the minors before spring 2025 let commits
// through unprotected just after a start, so they are refused.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { HotpairError } from '../../protocol/hotpairError.ts';
import { runProgram } from './program.ts';
import type { SystemUser } from '../../kernel/systemUser.ts';

export type Binaries = {
  readonly directory: string;
  readonly major: number;
  readonly minor: number;
};

/** The first minor of each major whose synchronous_standby_names is in force from the start. */
const firstSoundMinor: ReadonlyMap<number, number> = new Map([
  [13, 21],
  [14, 18],
  [15, 13],
  [16, 9],
  [17, 5],
]);

/**
 * Finds PostgreSQL's programs and asks for their version.
 *
 * Refuses with DATABASE_BINARIES (not there) or DATABASE_VERSION (too old, or not the data
 * directory's major).
 */
export async function findBinaries(
  binDirectory: string | null,
  dataDirectory: string,
  user: SystemUser,
): Promise<Binaries> {
  const wanted = dataMajor(dataDirectory);
  const directory = binDirectory ?? searchBinaries(wanted);
  if (directory === null || !existsSync(join(directory, 'postgres'))) {
    throw new HotpairError(
      'DATABASE_BINARIES',
      `the programs of ${wantedName(wanted)} are not in ${directory ?? 'any of the usual places'}; ` +
        'install them or set database.binDirectory',
    );
  }
  const { output } = await runProgram({
    path: join(directory, 'postgres'),
    args: ['--version'],
    user,
  });
  const { major, minor } = soundVersion(output);
  if (wanted !== null && wanted !== major) {
    throw new HotpairError(
      'DATABASE_VERSION',
      `the data directory ${dataDirectory} belongs to PostgreSQL ${wanted}, ` +
        `the programs in ${directory} are version ${major}`,
      { seen: String(major), allowed: String(wanted) },
    );
  }
  return { directory, major, minor };
}

function wantedName(major: number | null): string {
  return major === null ? 'PostgreSQL' : `PostgreSQL ${major}, which made the data directory,`;
}

/** Finds them when first asked, and again only after a refusal: a start must not wait for it. */
export function binariesOnce(
  binDirectory: string | null,
  dataDirectory: string,
  user: SystemUser,
): () => Promise<Binaries> {
  let found: Promise<Binaries> | null = null;
  return async () => {
    found ??= findBinaries(binDirectory, dataDirectory, user);
    try {
      return await found;
    } catch (error) {
      found = null;
      throw error;
    }
  };
}

/** Parses `postgres (PostgreSQL) 15.18 ...`; refuses what is too old with DATABASE_VERSION. */
export function soundVersion(text: string): { major: number; minor: number } {
  const match = /\(PostgreSQL\) (\d+)(?:\.(\d+)|\w*)/.exec(text);
  if (match === null) {
    throw new HotpairError('DATABASE_VERSION', 'the version of PostgreSQL cannot be told', {
      seen: text.trim().slice(0, 80),
    });
  }
  const major = Number(match[1]);
  const minor = Number(match[2] ?? 0);
  const least = firstSoundMinor.get(major);
  if (major < 13 || (least !== undefined && minor < least)) {
    const allowed = [...firstSoundMinor].map(([known, first]) => `${known}.${first}`).join(', ');
    throw new HotpairError(
      'DATABASE_VERSION',
      `PostgreSQL ${major}.${minor} can acknowledge commits unprotected after a start: update it`,
      { seen: `${major}.${minor}`, allowed: `at least ${allowed}, or a later major` },
    );
  }
  return { major, minor };
}

/** The major version that a data directory was made by; null where there is none. */
export function dataMajor(dataDirectory: string): number | null {
  try {
    const major = Number.parseInt(readFileSync(join(dataDirectory, 'PG_VERSION'), 'utf8'), 10);
    return Number.isNaN(major) ? null : major;
  } catch {
    return null;
  }
}

function searchBinaries(major: number | null): string | null {
  const found = [
    ...versioned('/usr/lib/postgresql', (name) => `/usr/lib/postgresql/${name}/bin`),
    ...versioned('/usr', (name) => (name.startsWith('pgsql-') ? `/usr/${name}/bin` : null)),
  ];
  const fitting = found.filter((each) => major === null || each.major === major);
  const newest = fitting.toSorted((a, b) => b.major - a.major)[0];
  if (newest !== undefined) return newest.directory;
  const plain = ['/usr/local/pgsql/bin', '/usr/local/bin', '/usr/bin'];
  const paths = [...(process.env['PATH'] ?? '').split(':'), ...plain];
  return paths.find((path) => path !== '' && existsSync(join(path, 'postgres'))) ?? null;
}

function versioned(
  parent: string,
  place: (name: string) => string | null,
): { major: number; directory: string }[] {
  if (!existsSync(parent)) return [];
  return readdirSync(parent).flatMap((name) => {
    const directory = place(name);
    const major = Number.parseInt(name.replace('pgsql-', ''), 10);
    if (directory === null || Number.isNaN(major)) return [];
    return existsSync(join(directory, 'postgres')) ? [{ major, directory }] : [];
  });
}
