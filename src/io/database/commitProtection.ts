// Commits that do not wait for the standby although the pair is paired. PostgreSQL lets every session choose, and does not
// show what another session chose: what is seen here is what is set for roles and databases, and by hand for the server.
import type { HeldConnection } from './connection.ts';
import type { Deadline } from './deadline.ts';
import type { Instance } from './instance.ts';
import { isDecisive } from './settings.ts';

// `remote_apply` waits for more than `on`; everything else waits for less.
const settings = `
SELECT coalesce(d.datname, '') AS database, coalesce(r.rolname, '') AS role, c.value,
  (SELECT count(*)::int FROM pg_stat_activity a WHERE a.backend_type = 'client backend'
    AND (s.setdatabase = 0 OR a.datid = s.setdatabase) AND (s.setrole = 0 OR a.usesysid = s.setrole)
    AND a.application_name NOT LIKE 'hotpair%') AS sessions
FROM pg_db_role_setting s
CROSS JOIN LATERAL (SELECT split_part(one, '=', 1) AS name, split_part(one, '=', 2) AS value
  FROM unnest(s.setconfig) one) c
LEFT JOIN pg_database d ON d.oid = s.setdatabase LEFT JOIN pg_roles r ON r.oid = s.setrole
WHERE c.name = 'synchronous_commit' AND c.value NOT IN ('on', 'remote_apply', 'true', 'yes', '1')
ORDER BY 1, 2 LIMIT 20`;

/** One sentence that names them with the sessions they concern now; null where there are none. */
export async function findCommitsUnprotected(
  connection: HeldConnection,
  deadline: Deadline,
): Promise<string | null> {
  const { rows } = await connection.ask({ name: 'hotpair_commits', text: settings }, deadline);
  if (rows.length === 0) return null;
  const places = rows.map(({ database, role, value, sessions }) => {
    const whose = role === '' ? 'every role' : `role ${String(role)}`;
    const where = database === '' ? '' : ` in database ${String(database)}`;
    return `${whose}${where} (${String(value)}, ${String(sessions)} sessions)`;
  });
  return `commits do not wait for the standby where synchronous_commit was set: ${places.join('; ')}`;
}

const byHand = `SELECT DISTINCT lower(name) AS name FROM pg_file_settings
  WHERE sourcefile LIKE '%/postgresql.auto.conf' LIMIT 200`;

/** What ALTER SYSTEM did to a decisive setting is undone: its file has the last word over ours. */
export async function settingsUndoneByHand(
  instance: Instance,
  connection: HeldConnection,
  deadline: Deadline,
): Promise<void> {
  const { rows } = await connection.ask({ name: 'hotpair_byhand', text: byHand }, deadline);
  if (!rows.some(({ name }) => isDecisive(String(name)))) return;
  await instance.files.rewrite();
  instance.server.reload();
}
