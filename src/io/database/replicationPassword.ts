// The password of the replication role follows the pair's key. A standby reads it from a file whenever it connects; a primary has
// its verifier in the catalogue, where a takeover may have brought the one before.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { holdConnection } from './connection.ts';
import { replicationRole } from './databaseOptions.ts';
import { deadlineIn } from './deadline.ts';
import type { Instance } from './instance.ts';
import type { LiveOptions } from './reconfigure.ts';
import { isVerifierOf, scramVerifier } from './scramVerifier.ts';
import { passwordFile } from './settings.ts';

export type ReplicationPassword = {
  /**
   * Lets this database go by a password from now on: in its file, and where it is a primary in its catalogue. True when both
   * are so; looks again only after the server, its role or the password have changed.
   */
  readonly use: (
    password: string,
    role: 'primary' | 'standby' | null,
    deadlineMs: number,
  ) => Promise<boolean>;
};

export function openReplicationPassword(
  instance: Instance,
  live: LiveOptions,
): ReplicationPassword {
  let written: string | null = null;
  let settled = '';
  return {
    use: async (password, role, deadlineMs) => {
      live.replicationPassword = password;
      if (written !== password && existsSync(join(live.dataDirectory, passwordFile))) {
        await instance.files.writePassword();
        written = password;
      }
      // A database that does not run has nobody who could come in; its catalogue is looked at once it is a primary.
      if (role !== 'primary') {
        settled = '';
        return true;
      }
      const server = `${instance.server.pid()} ${password}`;
      if (settled === server) return true;
      await settleCatalogue(instance, password, deadlineMs);
      settled = server;
      return true;
    },
  };
}

/** Its commit must not wait for a standby: the pair has to go on when there is none. */
async function settleCatalogue(
  instance: Instance,
  password: string,
  deadlineMs: number,
): Promise<void> {
  const deadline = deadlineIn(deadlineMs);
  const connection = holdConnection({
    options: instance.options,
    name: 'hotpair password',
    synchronousCommit: 'local',
    mayConnect: () => instance.server.isReady(),
  });
  try {
    const text = `SELECT rolpassword FROM pg_authid WHERE rolname = '${replicationRole}'`;
    const { rows } = await connection.ask({ text }, deadline);
    if (isVerifierOf(String(rows[0]?.['rolpassword']), password)) return;
    const verifier = scramVerifier(password);
    const alter = `ALTER ROLE ${replicationRole} PASSWORD '${verifier}'`;
    await connection.ask({ text: alter }, deadline);
  } finally {
    connection.close();
  }
}
