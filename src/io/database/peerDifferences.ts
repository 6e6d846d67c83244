// What this standby and its primary do not have alike, found before a takeover needs it: versions, settings, collations.
// The primary is asked over the heartbeat path, once a minute.
import type { Finding } from './care.ts';
import type { HeldConnection } from './connection.ts';
import type { Deadline } from './deadline.ts';
import type { Instance } from './instance.ts';
import type { Row } from './session.ts';
import { askPeer } from './source.ts';

const peerPauseMs = 60_000;

/** Beside what the configuration sets: a server without one of these does not start, or not as the same server. */
const always = ['shared_preload_libraries', 'data_checksums', 'block_size', 'wal_segment_size'];

const values = `SELECT name, setting FROM pg_settings WHERE name = ANY ($1::text[])`;
const version = `SELECT current_setting('server_version') AS version`;
const collations = `SELECT string_agg(datname, ', ') AS names FROM pg_database
  WHERE datallowconn AND datcollversion IS NOT NULL
  AND datcollversion IS DISTINCT FROM pg_database_collation_actual_version(oid)`;
const knowsCollations = `SELECT current_setting('server_version_num')::int >= 150000 AS knows`;

/** Returns the look; between two looks at the primary it tells what it found last. */
export function findDifferences(
  instance: Instance,
  connection: HeldConnection,
): (deadline: Deadline) => Promise<readonly Finding[]> {
  let askedAt = -Infinity;
  let found: readonly Finding[] = [];
  return async (deadline) => {
    if (performance.now() - askedAt < peerPauseMs) return found;
    askedAt = performance.now();
    const names = [...new Set([...always, ...Object.keys(instance.options.extraSettings)])];
    const own = await ownValues(connection, names, deadline);
    const collation = await collationFinding(connection, deadline);
    try {
      const theirs = await askPeer(instance.options, deadline, async (ask) => ({
        version: (await ask(version, []))[0]?.['version'],
        settings: settingsOf(await ask(values, [names])),
      }));
      found = [...collation, ...differencesOf(own, theirs)];
    } catch {
      // A primary that does not answer is told by what decides; what was found last stands.
      found = [...collation, ...found.filter(({ name }) => name !== 'collationsDiffer')];
    }
    return found;
  };
}

type Standing = { readonly version: unknown; readonly settings: ReadonlyMap<string, string> };

async function ownValues(
  connection: HeldConnection,
  names: readonly string[],
  deadline: Deadline,
): Promise<Standing> {
  const list = `{${names.map((name) => `"${name}"`).join(',')}}`;
  const { rows } = await connection.ask({ text: values, values: [list] }, deadline);
  const own = await connection.ask({ text: version }, deadline);
  return { version: own.rows[0]?.['version'], settings: settingsOf(rows) };
}

function settingsOf(rows: readonly Row[]): ReadonlyMap<string, string> {
  return new Map(rows.map((row) => [String(row['name']), String(row['setting'])]));
}

/** Only what both tell is compared: some settings are for superusers to see. */
export function differencesOf(own: Standing, theirs: Standing): readonly Finding[] {
  const findings: Finding[] = [];
  if (shortVersion(own.version) !== shortVersion(theirs.version)) {
    const text = `this standby runs PostgreSQL ${shortVersion(own.version)}, its primary ${shortVersion(theirs.version)}: bring both to the newer one`;
    findings.push({ name: 'versionsDiffer', text, unfit: null });
  }
  const different = [...own.settings].flatMap(([name, value]) => {
    const other = theirs.settings.get(name);
    return other === undefined || other === value
      ? []
      : [`${name} (${value} here, ${other} on the primary)`];
  });
  if (different.length > 0) {
    const text = `after a takeover the database would run with other settings: ${different.join(', ')}`;
    findings.push({ name: 'settingsDiffer', text, unfit: null });
  }
  return findings;
}

function shortVersion(text: unknown): string {
  return /^[\d.]+/.exec(String(text))?.[0] ?? String(text);
}

async function collationFinding(
  connection: HeldConnection,
  deadline: Deadline,
): Promise<readonly Finding[]> {
  const { rows } = await connection.ask({ text: knowsCollations }, deadline);
  if (rows[0]?.['knows'] !== true) return [];
  const names = (await connection.ask({ text: collations }, deadline)).rows[0]?.['names'];
  if (typeof names !== 'string') return [];
  const text = `the system's collations differ from those that these databases were made with: ${names}; after a takeover indexes on texts may be wrong: reindex, then ALTER DATABASE ... REFRESH COLLATION VERSION`;
  return [{ name: 'collationsDiffer', text, unfit: null }];
}
