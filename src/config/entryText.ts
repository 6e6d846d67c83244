// Services, hooks and sync sets as `config show` prints them and as a reload compares them: each entry one text.
import { maskSetting } from './mask.ts';

export type EntryTexts = readonly string[] | Readonly<Record<string, string>>;

/** Every entry as JSON, secrets included: never print these. */
export function entryTexts(entries: object): EntryTexts {
  return textsOf(entries, (_name, value) => value);
}

/** The same, fit to be shown: what looks like a secret in a variable or a command is masked. */
export function shownEntryTexts(entries: object): EntryTexts {
  return textsOf(entries, (name, value) =>
    typeof value === 'string' ? maskSetting(name, value) : value,
  );
}

function textsOf(entries: object, replacer: (name: string, value: unknown) => unknown): EntryTexts {
  const text = (entry: unknown): string => JSON.stringify(entry, replacer);
  if (Array.isArray(entries)) return entries.map(text);
  return Object.fromEntries(Object.entries(entries).map(([name, entry]) => [name, text(entry)]));
}
