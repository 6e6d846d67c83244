// The run file: what the next guardian of the same boot must know. It is in the run directory, which is empty after a boot, and
// written by rename at every change. It holds the descriptions, whose environments may have secrets: it is for root alone.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Remembered } from '../../core/guardian/events.ts';
import { bootMark } from '../../kernel/processes.ts';
import type { ProcessIdentity } from '../../kernel/processes.ts';
import type { ServiceDescription } from '../../protocol/guardianMessages.ts';

export type RunningService = {
  readonly main: ProcessIdentity | null;
  /** With which it was started. */
  readonly description: ServiceDescription;
};

export type RunFile = {
  readonly services: readonly RunningService[];
  readonly remembered: Remembered | null;
  /** Hooks under way: the next guardian ends what is left of them before it runs them anew. */
  readonly hooks: readonly ProcessIdentity[];
};

const nothing: RunFile = { services: [], remembered: null, hooks: [] };

export function runFilePath(runDirectory: string): string {
  return join(runDirectory, 'services.json');
}

/** What was written in this boot; nothing where there is no such file, or one that nobody of this program wrote. */
export function readRunFile(runDirectory: string): RunFile {
  try {
    const value = JSON.parse(readFileSync(runFilePath(runDirectory), 'utf8')) as RunFile & {
      readonly boot?: unknown;
    };
    return value.boot === bootMark() ? value : nothing;
  } catch {
    return nothing;
  }
}

export type RunFileWriter = {
  /** Writes what differs from the last time. Returns what the system refused, null for nothing. */
  readonly write: (content: RunFile) => string | null;
};

/** In line, not by the pool: between a start and its line here, a guardian that dies would lose a service. */
export function openRunFile(runDirectory: string): RunFileWriter {
  const path = runFilePath(runDirectory);
  const boot = bootMark();
  let written = '';
  return {
    write(content) {
      const text = `${JSON.stringify({ boot, ...content })}\n`;
      if (text === written) return null;
      try {
        writeFileSync(`${path}.new`, text, { mode: 0o600 });
        renameSync(`${path}.new`, path);
        written = text;
        return null;
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    },
  };
}

/** What of a description the running process depends on: another one is a reason to start it anew. */
export function launchKey(description: ServiceDescription): string {
  const { program, user, group, directory, environment, memoryLimitBytes, openFiles } = description;
  const sorted = Object.entries(environment).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([program, user, group, directory, sorted, memoryLimitBytes, openFiles]);
}
