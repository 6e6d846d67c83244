// The scenarios beside this file.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export type ScenarioFile = { readonly name: string; readonly path: string; readonly text: string };

/** All of them in order of name, or those whose name begins with one of `wanted`. */
export function scenarioFiles(wanted: readonly string[] = []): readonly ScenarioFile[] {
  return readdirSync(import.meta.dirname)
    .filter((name) => name.endsWith('.txt'))
    .filter((name) => wanted.length === 0 || wanted.some((begin) => name.startsWith(begin)))
    .toSorted()
    .map((name) => {
      const path = join(import.meta.dirname, name);
      return { name, path, text: readFileSync(path, 'utf8') };
    });
}
