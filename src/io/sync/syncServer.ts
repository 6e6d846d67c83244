// The daemon of rsync that hands the files out: to the other box alone, over the cable between them, for reading. It reads its
// files again for each caller, so that a new secret needs no restart.
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectories } from '../../kernel/directories.ts';
import type { SyncSecret } from '../../protocol/guardianMessages.ts';

export type SyncServerOptions = {
  readonly address: string;
  readonly port: number;
  readonly peer: string;
  readonly sets: readonly { readonly name: string; readonly directory: string }[];
  readonly runDirectory: string;
};

/** More than two runs for each of 16 sets. */
const mostConnections = 40;

/** Without a word from the other side for so long, a connection is given up. */
export const silenceSeconds = 30;

/** These follow links, which a program on this box may have planted, or open devices. */
const refusedOptions = 'copy-links copy-unsafe-links copy-dirlinks copy-devices write-devices';

/** What of the run directory is for the copies alone. */
export function syncFolder(runDirectory: string): string {
  return join(runDirectory, 'sync');
}

/** As the daemon is started; it stays in the foreground. */
export function serverCommand(rsync: string, runDirectory: string): readonly string[] {
  return [rsync, '--daemon', '--no-detach', `--config=${configPath(runDirectory)}`];
}

/** Writes what the daemon reads, each file at once; throws the system's error. */
export function writeServerFiles(options: SyncServerOptions, secrets: readonly SyncSecret[]): void {
  const { runDirectory } = options;
  makeDirectories(syncFolder(runDirectory), 0o700);
  replaceFile(secretsPath(runDirectory), secretsText(secrets));
  replaceFile(configPath(runDirectory), serverConfig(options, secrets));
}

/** Sets have a word before their names, because a module `global` would be none. */
export function moduleName(set: string): string {
  return `set-${set}`;
}

/**
 * Not in a chroot: there users and groups would have numbers only, and two boxes may have given other numbers to the same
 * ones. Links are handed out as links and not followed.
 */
export function serverConfig(
  { address, port, peer, sets, runDirectory }: SyncServerOptions,
  secrets: readonly SyncSecret[],
): string {
  const lines = [
    `address = ${address}`,
    `port = ${port}`,
    'uid = 0',
    'gid = 0',
    'use chroot = no',
    'numeric ids = no',
    'munge symlinks = no',
    'read only = yes',
    'list = no',
    `hosts allow = ${peer}`,
    'hosts deny = *',
    'reverse lookup = no',
    'forward lookup = no',
    `auth users = ${secrets.map(({ name }) => name).join(', ')}`,
    `secrets file = ${literal(secretsPath(runDirectory))}`,
    'strict modes = yes',
    `max connections = ${mostConnections}`,
    `lock file = ${literal(join(syncFolder(runDirectory), 'lock'))}`,
    `timeout = ${silenceSeconds}`,
    'max verbosity = 0',
    'log file = /dev/stdout',
    `refuse options = ${refusedOptions}`,
    // Without users the daemon would ask nobody for a secret.
    ...(secrets.length === 0 ? [] : sets).flatMap(({ name, directory }) => [
      `[${moduleName(name)}]`,
      // The slash keeps a blank or a backslash at the end from being something else.
      `path = ${literal(directory)}/`,
    ]),
  ];
  return `${lines.join('\n')}\n`;
}

function secretsText(secrets: readonly SyncSecret[]): string {
  return secrets.map(({ name, secret }) => `${name}:${secret}\n`).join('');
}

/** `%NAME%` would be a variable of the environment. */
function literal(path: string): string {
  return path.replaceAll('%', '%%');
}

function configPath(runDirectory: string): string {
  return join(syncFolder(runDirectory), 'rsyncd.conf');
}

function secretsPath(runDirectory: string): string {
  return join(syncFolder(runDirectory), 'secrets');
}

function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
