// The last release: which commit it is, what it put on the wire and on disk (recorded by its own code), and its sources, to be run
// beside those of now.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Caller } from '../cli/aPair.ts';

const top = join(import.meta.dirname, '../..');

/** The commit of version 0.1.0, to which the next one has to be compatible. A release puts its own here: see CONTRIBUTING.md. */
export const lastRelease = {
  version: '0.1.0',
  commit: '63d5b7bfd8b689f209d0fc7077efb0e3e46172e5',
} as const;

/** Values as text: bigints are written `{"bigint":"7"}`. */
export type Recorded = {
  readonly version: string;
  readonly commit: string;
  readonly pairId: string;
  readonly key: string;
  readonly heartbeats: readonly Sample[];
  readonly keyStatements: readonly Sample[];
  readonly pathProbes: readonly Sample[];
  readonly records: readonly Sample[];
};

/** What was encoded, and the bytes in hex. */
export type Sample = { readonly value: unknown; readonly bytes: string };

export const recordedPath = join(top, 'test/fixtures/lastRelease.json');

export function readRecorded(): Recorded {
  return JSON.parse(readFileSync(recordedPath, 'utf8'), bigintOf) as Recorded;
}

export function recordedText(recorded: Recorded): string {
  const text = JSON.stringify(recorded, (_key, value: unknown) =>
    typeof value === 'bigint' ? { bigint: value.toString() } : value,
  );
  // A sample a line, so that a change of one shows as one.
  return `${text.replaceAll('{"value"', '\n{"value"')}\n`;
}

function bigintOf(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('bigint' in value)) return value;
  return BigInt(String(value.bigint));
}

/** The sources of the last release in a folder of their own, with the Node modules of now. Needs the history of the repository. */
export function unpackLastRelease(): {
  readonly folder: string;
  readonly caller: Caller;
  remove(): void;
} {
  const folder = mkdtempSync(join(tmpdir(), 'hotpair-release-'));
  const sources = join(folder, 'hotpair');
  mkdirSync(sources);
  const archive = execFileSync(
    'git',
    [
      '-C',
      top,
      'archive',
      '--format=tar',
      lastRelease.commit,
      'src',
      'package.json',
      'tsconfig.json',
    ],
    {
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  execFileSync('tar', ['-x', '-C', sources], { input: archive });
  symlinkSync(join(top, 'node_modules'), join(sources, 'node_modules'));
  const entry = join(sources, 'src/main.ts');
  return {
    folder: sources,
    caller: (argv) => [process.execPath, '--disable-warning=ExperimentalWarning', entry, ...argv],
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
