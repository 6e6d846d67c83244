// `hotpair config migrate`: the configuration as the newest version has it. Printed, or written in the file's place; the old text stays
// beside it.
import { chmodSync, chownSync, existsSync, readFileSync, statSync } from 'node:fs';
import { formatComplaint, isWarning } from '../config/complaint.ts';
import { systemErrorName, writePrivateFile } from '../config/durableFile.ts';
import { defaultConfigPath, loadConfig, parseConfig } from '../config/load.ts';
import { migrated, pendingMigrations, versionOf } from '../config/migrations.ts';
import { HotpairError } from '../protocol/hotpairError.ts';
import { parseCommandLine, refuseExtra } from './commandLine.ts';
import { exitCodes } from './exitCodes.ts';

const usage = 'hotpair config migrate [FILE] [--write]';

/** Returns the exit status. Throws HotpairError USAGE, CONFIG_REFUSED or CONFIG_WRITE. */
export function migrate(args: readonly string[], write: (text: string) => void): number {
  const options = { write: { type: 'boolean', default: false } } as const;
  const { values, positionals } = parseCommandLine(usage, args, options);
  const [file = defaultConfigPath, ...extra] = positionals;
  refuseExtra(usage, extra);
  assertUsable(file, loadConfig(file));
  const text = readFileSync(file, 'utf8');
  const pending = pendingMigrations(text);
  const wanted = migrated(text);
  if (pending.length === 0) {
    write(values.write ? `${file} is of the newest version, ${versionOf(text)}\n` : wanted);
    return exitCodes.ok;
  }
  // A step that breaks what was good is a defect: it must not reach the file.
  assertUsable(file, parseConfig(wanted));
  if (!values.write) {
    write(wanted);
    return exitCodes.ok;
  }
  const kept = `${file}.version-${versionOf(text)}`;
  replace(file, kept, text, wanted);
  for (const { to, about } of pending) write(`version ${to}: ${about}\n`);
  write(`wrote ${file}; the old one is ${kept}\n`);
  return exitCodes.ok;
}

function assertUsable(file: string, loaded: ReturnType<typeof loadConfig>): void {
  if ('config' in loaded) return;
  const lines = loaded.complaints
    .filter((complaint) => !isWarning(complaint))
    .map((complaint) => formatComplaint(file, complaint));
  throw new HotpairError(
    'CONFIG_REFUSED',
    `the configuration cannot be used\n${lines.join('\n')}`,
    {
      exitCode: exitCodes.refusedInput,
    },
  );
}

function replace(file: string, kept: string, text: string, wanted: string): void {
  try {
    const { mode, uid, gid } = statSync(file);
    // An old copy of this version may be there from an update that was taken back.
    if (!existsSync(kept)) writePrivateFile(kept, text, 'refuse');
    writePrivateFile(file, wanted, 'replace');
    chownSync(file, uid, gid);
    chmodSync(file, mode & 0o777);
  } catch (error) {
    throw new HotpairError('CONFIG_WRITE', 'the configuration cannot be written', {
      seen: `${file}: ${systemErrorName(error)}`,
      exitCode: exitCodes.failed,
    });
  }
}
