// What only the box itself can say of services, hooks and sync sets: whether their programs, directories, users and groups are
// there. Asked by `hotpair config check`, also where the file has other faults; the agent starts without.
import { readFileSync, statSync, type Stats } from 'node:fs';
import { basename, join } from 'node:path';
import type { Complaint, ComplaintCode } from '../config/complaint.ts';
import type { ReliableConfig } from '../config/load.ts';
import { findRsync } from '../io/sync/rsyncRun.ts';

/** Complaints about the services, then the hooks, then the sync sets. */
export function checkServices(given: ReliableConfig): readonly Complaint[] {
  const { config, isValid, places } = given;
  const accounts = { users: namesIn('/etc/passwd'), groups: namesIn('/etc/group') };
  const findings = [
    ...serviceQuestions(config, accounts),
    ...hookQuestions(config, accounts),
    ...syncQuestions(config),
  ];
  return findings
    .filter(({ key }) => places.has(key) && isValid(key))
    .flatMap(({ key, code, ask }): readonly Complaint[] => {
      const problem = ask();
      const place = places.get(key);
      if (problem === null || place === undefined) return [];
      return [{ code, ...place, key, message: `${key}: ${problem}` }];
    });
}

type Accounts = { readonly users: ReadonlySet<string>; readonly groups: ReadonlySet<string> };

/** What is asked of a key that is written in the file; the answer is what is wrong, or null. */
type Question = {
  readonly key: string;
  readonly code: ComplaintCode;
  readonly ask: () => string | null;
};

function serviceQuestions(
  { services }: ReliableConfig['config'],
  accounts: Accounts,
): readonly Question[] {
  return Object.entries(services).flatMap(([name, service]) => {
    const at = `services.${name}`;
    const { command, script, unit, user, group, directory, checks } = service;
    return [
      aboutFile(`${at}.command[0]`, () => programProblem(command?.[0] ?? '')),
      aboutFile(`${at}.script`, () => programProblem(script ?? '')),
      aboutFile(`${at}.unit`, () => unitProblem(unit ?? '')),
      aboutFile(`${at}.directory`, () => directoryProblem(directory)),
      aboutUser(`${at}.user`, () => accountProblem('user', user ?? '', accounts.users)),
      aboutUser(`${at}.group`, () => accountProblem('group', group ?? '', accounts.groups)),
      ...checks.map((check, index) =>
        aboutFile(`${at}.checks[${index}].command[0]`, () =>
          programProblem(check.command?.[0] ?? ''),
        ),
      ),
    ];
  });
}

function hookQuestions(
  { hooks }: ReliableConfig['config'],
  accounts: Accounts,
): readonly Question[] {
  return hooks.flatMap(({ command, user }, index) => [
    aboutFile(`hooks[${index}].command[0]`, () => programProblem(command[0] ?? '')),
    aboutUser(`hooks[${index}].user`, () => accountProblem('user', user ?? '', accounts.users)),
  ]);
}

/** What is missing on the one box only is told by that box. */
function syncQuestions({ sync }: ReliableConfig['config']): readonly Question[] {
  return Object.entries(sync).map(([name, { directory }]) => ({
    key: `sync.${name}.directory`,
    code: 'CONFIG_SYNC_FILE',
    ask: () =>
      findRsync() === null
        ? 'rsync, which copies it, is not installed'
        : directoryProblem(directory),
  }));
}

function aboutFile(key: string, ask: Question['ask']): Question {
  return { key, code: 'CONFIG_SERVICE_FILE', ask };
}

function aboutUser(key: string, ask: Question['ask']): Question {
  return { key, code: 'CONFIG_SERVICE_USER', ask };
}

const anyExecute = 0o111;

function programProblem(path: string): string | null {
  const stats = statOf(path);
  if (typeof stats === 'string') return `${path} cannot be found (${stats})`;
  if (!stats.isFile()) return `${path} is no program`;
  return (stats.mode & anyExecute) === 0 ? `${path} may not be executed` : null;
}

function directoryProblem(path: string): string | null {
  const stats = statOf(path);
  if (typeof stats === 'string') return `${path} cannot be found (${stats})`;
  return stats.isDirectory() ? null : `${path} is no directory`;
}

/** Where systemd looks for units, in the order of systemd.unit(5). */
const unitDirectories = [
  '/etc/systemd/system',
  '/run/systemd/system',
  '/run/systemd/generator',
  '/run/systemd/generator.late',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
];

function unitProblem(unit: string): string | null {
  if (typeof statOf('/run/systemd/system') === 'string') return 'systemd does not run on this box';
  const template = unit.replace(/@.*\.service$/, '@.service');
  const files = unitDirectories.flatMap((directory) =>
    [unit, template].map((name) => join(directory, basename(name))),
  );
  return files.some((file) => typeof statOf(file) !== 'string')
    ? null
    : `systemd has no unit ${unit}`;
}

function accountProblem(
  kind: 'user' | 'group',
  name: string,
  known: ReadonlySet<string>,
): string | null {
  return known.has(name) ? null : `there is no ${kind} ${name} on this box`;
}

function statOf(path: string): Stats | string {
  try {
    return statSync(path);
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

/** The names in the first column; none where the file cannot be read. */
function namesIn(path: string): ReadonlySet<string> {
  try {
    const lines = readFileSync(path, 'utf8').split('\n');
    return new Set(lines.map((line) => line.split(':')[0] ?? ''));
  } catch {
    return new Set();
  }
}
