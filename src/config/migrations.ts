// The versions of hotpair.yaml. A file says with `version:` which one it is written for; an older one is read as if it had been
// migrated, so that an update never leaves a box without a configuration, and `hotpair config migrate` shows or writes the new text.
import type { Complaint } from './complaint.ts';
import type { Source } from './source.ts';

/** One step to the next version. */
export type Migration = {
  /** The version that a file has afterwards. */
  readonly to: number;
  /** What changes, for people. */
  readonly about: string;
  /** The text of a file of the version before as the next one has it; its line `version:` is not this function's. */
  readonly change: (text: string) => string;
};

/** In their order, each one higher than the one before. Whoever renames or moves a key adds one. */
export const migrations: readonly Migration[] = [
  {
    to: 1,
    about: 'the file says its version',
    change: (text) => text,
  },
];

/** Of the files that this hotpair writes. */
export const configurationVersion = migrations.at(-1)?.to ?? 0;

const versionLine = /^version:[^\n]*\n?/m;

/** What a text is written for: 0 where it does not say; null where it says something else than a number. */
export function versionOf(text: string): number | null {
  const line = versionLine.exec(text)?.[0];
  if (line === undefined) return 0;
  const [, digits] = /^version:[ \t]*(\d{1,6})[ \t]*(?:#.*)?$/.exec(line.trimEnd()) ?? [];
  return digits === undefined ? null : Number(digits);
}

/** The steps that a text still needs. */
export function pendingMigrations(
  text: string,
  steps: readonly Migration[] = migrations,
): readonly Migration[] {
  const version = versionOf(text);
  return version === null ? [] : steps.filter(({ to }) => to > version);
}

/** The text as the newest version has it; everything else in it stays, comments too. */
export function migrated(text: string, steps: readonly Migration[] = migrations): string {
  const pending = pendingMigrations(text, steps);
  const last = pending.at(-1);
  if (last === undefined) return text;
  const body = text.replace(versionLine, '');
  return withVersion(
    pending.reduce((changed, { change }) => change(changed), body),
    last.to,
  );
}

/** The text as it is read: migrated, but for the line `version:`, so that complaints name the lines of the file where they can. */
export function asNewest(text: string, steps: readonly Migration[] = migrations): string {
  return pendingMigrations(text, steps).reduce((changed, { change }) => change(changed), text);
}

/** Below the comment that a file begins with. */
function withVersion(text: string, version: number): string {
  const [opening = ''] = /^(?:[ \t]*(?:#[^\n]*)?\n|---[^\n]*\n)*/.exec(text) ?? [];
  return `${opening}version: ${version}\n${text.slice(opening.length)}`;
}

/** The values without the version, and what is wrong with that. */
export function takeVersion({ values, entries }: Source): {
  readonly values: unknown;
  readonly complaints: readonly Complaint[];
} {
  const entry = entries.get('version');
  if (entry === undefined || typeof values !== 'object' || values === null) {
    return { values, complaints: [] };
  }
  const { version, ...rest } = values as Readonly<Record<string, unknown>>;
  const isKnown =
    Number.isSafeInteger(version) &&
    Number(version) >= 0 &&
    Number(version) <= configurationVersion;
  if (isKnown) return { values: rest, complaints: [] };
  const isNewer = Number.isSafeInteger(version) && Number(version) > configurationVersion;
  const complaint: Complaint = {
    code: 'CONFIG_VERSION',
    ...entry.value,
    key: 'version',
    message: isNewer
      ? 'the file is written for a newer hotpair than this one'
      : 'version does not name a version of this file',
    seen: entry.seen,
    allowed: `0 to ${configurationVersion}`,
  };
  return { values: rest, complaints: [complaint] };
}
