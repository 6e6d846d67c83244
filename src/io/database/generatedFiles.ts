// Writes the generated files into the data directory, durably and one change after the other, and
// knows which state they are in. Whatever a rewind, a clone or ALTER SYSTEM left there is undone.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readControlFile } from './controlFile.ts';
import { replicationRole } from './databaseOptions.ts';
import type { DatabaseOptions } from './databaseOptions.ts';
import { removeDurably, writeDurably } from './durableFile.ts';
import { renderHba, renderIdent } from './hba.ts';
import {
  hbaFile,
  identFile,
  parseSettingsState,
  passwordFile,
  renderSettings,
  settingsFile,
  withInclude,
  withoutDecisive,
} from './settings.ts';
import type { SettingsState } from './settings.ts';
import type { SystemUser } from '../../kernel/systemUser.ts';

export type GeneratedFiles = {
  readonly state: () => SettingsState;
  /** The mark of the newest version that was written. */
  readonly generation: () => string;
  /** Writes what changes in a running server; on disk when it resolves. */
  readonly change: (change: Partial<SettingsState>) => Promise<string>;
  /** Writes settings and rules anew, because the options they are made from have changed. */
  readonly rewrite: () => Promise<void>;
  /** The same for the password of the replication role, which is read at every connection. */
  readonly writePassword: () => Promise<void>;
  /** Writes everything for a stopped server, into `directory` (the data directory by default). */
  readonly writeAll: (
    state: SettingsState,
    role: 'primary' | 'standby',
    directory?: string,
  ) => Promise<void>;
};

export function openGeneratedFiles(options: DatabaseOptions, owner: SystemUser): GeneratedFiles {
  let state = parseSettingsState(readText(join(options.dataDirectory, settingsFile)));
  let generation = '';
  let limits = standbyLimits(options.dataDirectory);
  let last: Promise<unknown> = Promise.resolve();

  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    const done = last.then(work, work);
    last = done.catch(() => {});
    return done;
  };

  const writeSettings = async (directory: string, next: SettingsState): Promise<string> => {
    const mark = randomBytes(6).toString('hex');
    const text = renderSettings(options, next, mark, limits);
    await cleanAutoConf(directory, owner);
    await writeDurably(join(directory, settingsFile), text, owner);
    return mark;
  };

  const writeHba = async (directory: string, admitted: boolean): Promise<void> => {
    const text = renderHba(options.peerAddress, options.hba, admitted);
    await writeDurably(join(directory, hbaFile), text, owner);
  };

  return {
    state: () => state,
    generation: () => generation,
    change: async (change) =>
      inTurn(async () => {
        const next = { ...state, ...change };
        // The settings come last: a session that shows their mark has the rules beside them too.
        if (next.admitted !== state.admitted) await writeHba(options.dataDirectory, next.admitted);
        generation = await writeSettings(options.dataDirectory, next);
        state = next;
        return generation;
      }),
    rewrite: async () =>
      inTurn(async () => {
        await writeHba(options.dataDirectory, state.admitted);
        generation = await writeSettings(options.dataDirectory, state);
      }),
    writePassword: async () =>
      inTurn(async () => {
        const path = join(options.dataDirectory, passwordFile);
        await writeDurably(path, passwordLine(options), owner);
      }),
    writeAll: async (next, role, directory = options.dataDirectory) =>
      inTurn(async () => {
        await writeDurably(join(directory, identFile), renderIdent(), owner);
        await writeDurably(join(directory, passwordFile), passwordLine(options), owner);
        await writeHba(directory, next.admitted);
        const conf = join(directory, 'postgresql.conf');
        const included = withInclude(readText(conf));
        if (included !== readText(conf)) await writeDurably(conf, included, owner);
        const signal = join(directory, 'standby.signal');
        if (role === 'standby') await writeDurably(signal, '', owner);
        else if (existsSync(signal)) await removeDurably(signal);
        limits = standbyLimits(directory);
        generation = await writeSettings(directory, next);
        state = next;
      }),
  };
}

// What the primary had when it wrote the log that this standby replays.
function standbyLimits(directory: string): Readonly<Record<string, number>> {
  if (!existsSync(join(directory, 'standby.signal'))) return {};
  return readControlFile(directory)?.limits ?? {};
}

async function cleanAutoConf(directory: string, owner: SystemUser): Promise<void> {
  const path = join(directory, 'postgresql.auto.conf');
  const text = readText(path);
  const clean = withoutDecisive(text);
  if (clean !== text) await writeDurably(path, clean, owner);
}

function passwordLine(options: DatabaseOptions): string {
  const password = options.replicationPassword.replaceAll(/[\\:]/g, String.raw`\$&`);
  return `*:*:*:${replicationRole}:${password}\n`;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
