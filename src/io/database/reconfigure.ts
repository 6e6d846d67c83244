// Other settings and rules for a database that is in use. PostgreSQL is asked first whether it understands them: with one
// unknown name in the file it would take over no later change either, not even the one that releases waiting commits.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { HotpairError } from '../../protocol/hotpairError.ts';
import { findBinaries } from './binaries.ts';
import type { Binaries } from './binaries.ts';
import type { DatabaseOptions } from './databaseOptions.ts';
import { deadlineIn, waitFor } from './deadline.ts';
import type { Deadline } from './deadline.ts';
import { checkHbaLines } from './hba.ts';
import type { Instance } from './instance.ts';
import { runProgram } from './program.ts';
import { checkExtraSettings, settingsFile } from './settings.ts';
import { systemUser } from './systemUser.ts';

/** What may change while PostgreSQL runs. */
export type Reconfiguration = Pick<DatabaseOptions, 'extraSettings' | 'hba' | 'cloneRateKb'>;

/** The options as the parts of an opened database share them: one object, so that a change reaches all. */
export type LiveOptions = Omit<DatabaseOptions, keyof Live> & {
  -readonly [Key in keyof Live]: Live[Key];
};

/** The budget follows the room on the disk, the password the pair's key. */
type Live = Reconfiguration & Pick<DatabaseOptions, 'slotDiskBudgetMb' | 'replicationPassword'>;

const checkDeadlineMs = 5_000;

/**
 * Asks PostgreSQL whether it understands the user's settings, without a server. Refuses with DATABASE_SETTING; where its
 * programs cannot be used, that is for the start to say.
 */
export async function checkSettings(
  options: Pick<DatabaseOptions, 'binDirectory' | 'dataDirectory' | 'user' | 'extraSettings'>,
): Promise<void> {
  checkExtraSettings(options.extraSettings);
  if (Object.keys(options.extraSettings).length === 0) return;
  const { binDirectory, dataDirectory } = options;
  const user = systemUser(options.user);
  let binaries: Binaries;
  try {
    binaries = await findBinaries(binDirectory, dataDirectory, user);
  } catch {
    return;
  }
  const given = Object.entries(options.extraSettings);
  const { code, output } = await runProgram({
    path: join(binaries.directory, 'postgres'),
    // No data directory and an empty file in the place of postgresql.conf: only what is given here is judged.
    args: [
      '-D',
      '/',
      '--config-file=/dev/null',
      '-C',
      'data_directory',
      ...given.flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    user,
    deadline: deadlineIn(checkDeadlineMs),
  });
  // Anything else that keeps the program from working is for the start to say.
  const complaint = /FATAL:\s*(.*parameter ".*)/.exec(output)?.[1];
  if (code === 0 || complaint === undefined) return;
  throw new HotpairError(
    'DATABASE_SETTING',
    `PostgreSQL refuses a setting of database.settings: ${complaint}`,
  );
}

/**
 * Takes other settings and rules over: written durably, read by a running server, seen in force. Resolves with the names of
 * settings that wait for the next start of PostgreSQL. Refuses with DATABASE_SETTING or DATABASE_HBA; nothing has changed
 * then.
 */
export async function reconfigure(
  instance: Instance,
  live: LiveOptions,
  next: Reconfiguration,
  deadlineMs: number,
): Promise<{ readonly pendingRestart: readonly string[] }> {
  const deadline = deadlineIn(deadlineMs);
  checkHbaLines(next.hba);
  await checkSettings({ ...live, extraSettings: next.extraSettings });
  const before: Reconfiguration = {
    extraSettings: live.extraSettings,
    hba: live.hba,
    cloneRateKb: live.cloneRateKb,
  };
  Object.assign(live, next);
  // Without the file there is no database yet; whatever makes one writes it.
  if (!existsSync(join(live.dataDirectory, settingsFile))) return { pendingRestart: [] };
  await instance.files.rewrite();
  if (instance.server.pid() === null || !instance.server.isReady()) return { pendingRestart: [] };
  const complaint = await complaintAboutRules(instance, deadline);
  if (complaint !== null) {
    Object.assign(live, before);
    await instance.files.rewrite();
    throw new HotpairError(
      'DATABASE_HBA',
      `PostgreSQL refuses a line of database.hba: ${complaint}`,
    );
  }
  return { pendingRestart: await takeOver(instance, deadline) };
}

/** The rules are read from the file, not from what is in force: a bad line is found before anything is reloaded. */
async function complaintAboutRules(instance: Instance, deadline: Deadline): Promise<string | null> {
  const text = 'SELECT error FROM pg_hba_file_rules WHERE error IS NOT NULL LIMIT 1';
  const { rows } = await instance.main.ask({ text }, deadline);
  const complaint = rows[0]?.['error'];
  return typeof complaint === 'string' ? complaint : null;
}

async function takeOver(instance: Instance, deadline: Deadline): Promise<readonly string[]> {
  instance.server.reload();
  const inForce = await waitFor(
    async () => {
      const text = "SELECT current_setting('hotpair.generation', true) AS generation";
      const { rows } = await instance.main.ask({ text }, deadline);
      return rows[0]?.['generation'] === instance.files.generation() ? true : null;
    },
    deadline,
    20,
  );
  if (inForce === null) {
    throw new HotpairError(
      'DATABASE_RELOAD',
      'PostgreSQL has not taken the new settings over in time',
    );
  }
  const text = 'SELECT name FROM pg_settings WHERE pending_restart ORDER BY name';
  const { rows } = await instance.main.ask({ text }, deadline);
  return rows.map((row) => String(row['name']));
}
