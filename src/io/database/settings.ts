// PostgreSQL's settings as hotpair writes them: one file, included last, in which the user's
// settings stand first and the decisive ones, on which the pair's safety rests, stand last.
import { HotpairError } from '../../protocol/hotpairError.ts';
import { replicationRole, slotName } from './databaseOptions.ts';
import type { DatabaseOptions } from './databaseOptions.ts';

/** Whose name synchronous_standby_names has: no one's (`off`), nobody's that exists, the peer's. */
export type Synchronous = 'off' | 'nobody' | 'peer';

export type SettingsState = {
  readonly synchronous: Synchronous;
  readonly admitted: boolean;
  /** A standby follows the peer; without, it only replays what it has (before a promotion). */
  readonly follows: boolean;
};

export const settingsFile = 'hotpair.conf';
export const hbaFile = 'hotpair_hba.conf';
export const identFile = 'hotpair_ident.conf';
export const passwordFile = 'hotpair_pass';

/** A name that no standby has: commits wait, and nothing but a change of the setting frees them. */
const nobodysName = 'hotpair nobody';

/** Settings that a user cannot give, by PostgreSQL's name. */
const refused: ReadonlySet<string> = new Set(
  `config_file data_directory external_pid_file fsync full_page_writes hba_file hot_standby
  ident_file listen_addresses max_slot_wal_keep_size port primary_conninfo primary_slot_name
  promote_trigger_file recovery_end_command recovery_min_apply_delay recovery_target
  recovery_target_action recovery_target_inclusive recovery_target_lsn recovery_target_name
  recovery_target_time recovery_target_timeline recovery_target_xid restart_after_crash
  restore_command archive_cleanup_command synchronous_commit synchronous_standby_names
  unix_socket_directories wal_level wal_log_hints include include_dir include_if_exists`.split(
    /\s+/,
  ),
);

/** Refuses a decisive setting among the user's with DATABASE_SETTING. */
export function checkExtraSettings(extra: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(extra)) {
    if (isDecisive(name)) {
      throw new HotpairError(
        'DATABASE_SETTING',
        `the PostgreSQL setting ${name} is set by hotpair and cannot be given`,
        { seen: `${name} = ${value}` },
      );
    }
    if (!/^[A-Za-z_][\w.]*$/.test(name) || /\p{Cc}/u.test(value)) {
      throw new HotpairError('DATABASE_SETTING', `the PostgreSQL setting ${name} is malformed`);
    }
  }
}

/** Whether hotpair alone sets it. */
export function isDecisive(name: string): boolean {
  const lower = name.toLowerCase();
  return refused.has(lower) || lower.startsWith('hotpair.');
}

/**
 * Renders the settings file. `generation` is a mark by which a session shows that it has read this
 * very version; `limits` are the primary's values that a standby must not have lower.
 */
export function renderSettings(
  options: DatabaseOptions,
  state: SettingsState,
  generation: string,
  limits: Readonly<Record<string, number>>,
): string {
  const raised = Object.entries(limits).flatMap(([name, least]): [string, string][] =>
    Number(options.extraSettings[name] ?? 0) < least ? [[name, String(least)]] : [],
  );
  const lines = [
    ...Object.entries({ ...defaults, ...options.extraSettings }),
    ...raised,
    ...Object.entries(decisive(options)),
    ['primary_conninfo', state.follows ? connectionText(options) : ''],
    ['primary_slot_name', state.follows ? slotName(options.selfName) : ''],
    ['synchronous_standby_names', synchronousNames(options, state.synchronous)],
    ['hotpair.synchronous', state.synchronous],
    ['hotpair.admitted', state.admitted ? 'on' : 'off'],
    ['hotpair.follows', state.follows ? 'on' : 'off'],
    ['hotpair.generation', generation],
  ].map(([name, value]) => `${name} = ${quoteSetting(value ?? '')}`);
  return ['# Written by hotpair; edits are lost.', ...lines, ''].join('\n');
}

/** What the settings file in force says; the calm state where it cannot be read. */
export function parseSettingsState(text: string): SettingsState {
  const value = (name: string): string | undefined =>
    new RegExp(`^hotpair\\.${name} = '([^']*)'$`, 'm').exec(text)?.[1];
  const synchronous = value('synchronous');
  return {
    synchronous: synchronous === 'peer' || synchronous === 'nobody' ? synchronous : 'off',
    admitted: value('admitted') === 'on',
    follows: value('follows') !== 'off',
  };
}

/** Drops the decisive settings that ALTER SYSTEM or a rewind left in postgresql.auto.conf. */
export function withoutDecisive(autoConf: string): string {
  return autoConf
    .split('\n')
    .filter((line) => !isDecisive(/^\s*([\w.]+)/.exec(line)?.[1] ?? ''))
    .join('\n');
}

/** postgresql.conf with our file included last, so that it has the last word. */
export function withInclude(postgresqlConf: string): string {
  const include = `include '${settingsFile}'`;
  const others = postgresqlConf.split('\n').filter((line) => line.trim() !== include);
  return `${others.join('\n').trimEnd()}\n${include}\n`.trimStart();
}

/** Arguments for the server's command line: with them no settings file can lead around these. */
export function commandLineSettings(dataDirectory: string): string[] {
  const fixed = { ...ruleFiles(dataDirectory), restart_after_crash: 'off' };
  return Object.entries(fixed).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** How the peer's server is reached, for libpq; the password is in a file of its own. */
export function connectionText(options: DatabaseOptions): string {
  const parts = {
    host: options.peerAddress,
    port: String(options.peerPort ?? options.port),
    user: replicationRole,
    application_name: options.selfName,
    passfile: `${options.dataDirectory}/${passwordFile}`,
    // The cable is dedicated and both ends know the pair key: no time is spent on TLS.
    sslmode: 'disable',
    gssencmode: 'disable',
    connect_timeout: '2',
    keepalives_idle: '1',
    keepalives_interval: '1',
    keepalives_count: '3',
    tcp_user_timeout: '3000',
    // The same at the sending end, or a sender whose peer lost power holds its slot, and a checkpoint with it, for a minute.
    options: '-c tcp_user_timeout=3000',
  };
  return Object.entries(parts)
    .map(([name, value]) => `${name}='${value.replaceAll(/[\\']/g, String.raw`\$&`)}'`)
    .join(' ');
}

// What a user may change: sensible for a pair, decisive for nothing.
const defaults: Readonly<Record<string, string>> = {
  max_wal_senders: '10',
  max_replication_slots: '10',
  superuser_reserved_connections: '5',
  // A rewind needs the log since the last checkpoint before the fork, on both sides.
  wal_keep_size: '512MB',
  wal_receiver_status_interval: '1s',
  wal_receiver_timeout: '3s',
  wal_sender_timeout: '3s',
  wal_retrieve_retry_interval: '100ms',
  // A long query on the standby must not hold the replay back, and with it a takeover.
  max_standby_streaming_delay: '1s',
  max_standby_archive_delay: '1s',
};

function decisive(options: DatabaseOptions): Record<string, string> {
  return {
    listen_addresses: options.listenAddresses ?? '*',
    port: String(options.port),
    unix_socket_directories: options.socketDirectory,
    wal_level: 'replica',
    hot_standby: 'on',
    fsync: 'on',
    full_page_writes: 'on',
    wal_log_hints: 'on',
    synchronous_commit: 'on',
    restart_after_crash: 'off',
    recovery_target_timeline: 'latest',
    recovery_min_apply_delay: '0',
    restore_command: '',
    max_slot_wal_keep_size: `${options.slotDiskBudgetMb}MB`,
    ...ruleFiles(options.dataDirectory),
  };
}

// Whole paths: PostgreSQL takes others from the directory that it was started in.
function ruleFiles(dataDirectory: string): Record<string, string> {
  return {
    hba_file: `${dataDirectory}/${hbaFile}`,
    ident_file: `${dataDirectory}/${identFile}`,
  };
}

function synchronousNames(options: DatabaseOptions, synchronous: Synchronous): string {
  const names = {
    off: '',
    nobody: `"${nobodysName}"`,
    peer: `"${options.peerName.replaceAll('"', '""')}"`,
  } satisfies Record<Synchronous, string>;
  return names[synchronous];
}

function quoteSetting(value: string): string {
  return `'${value.replaceAll('\\', String.raw`\\`).replaceAll("'", "''")}'`;
}
