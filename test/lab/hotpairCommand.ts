// The product's command line, called inside a box.

import { LabError, sentenceOf } from './labError.ts';
import { runInBox } from './insideBox.ts';
import type { BoxName } from './layout.ts';

/** What the lab reads of `hotpair status --json`. */
export type BoxStatus = {
  readonly state: string;
  readonly role: 'primary' | 'standby' | 'none';
  readonly mode: 'paired' | 'solo' | 'catchup' | null;
  readonly epoch: number | null;
  readonly eligible: boolean;
  readonly reason?: string;
  /** By the wall clock of the box. */
  readonly lastContact: string | null;
  readonly waitingFor: string | null;
  readonly alarms: readonly string[];
  readonly watchdog: { readonly armed: boolean; readonly problem: string | null };
  readonly arbiterStatus: { readonly state: string | null };
  /** Null: neither services nor sets of files are configured. */
  readonly guardian: {
    /** `restarts`: starts that followed a failure. */
    readonly services: readonly { readonly name: string; readonly restarts: number }[];
    readonly sync: readonly {
      readonly name: string;
      readonly lagMs: number | null;
      readonly heldBack: number;
      readonly problem: string | null;
      readonly keptFiles: number;
    }[];
  } | null;
  /** How long nothing was heard of the other box; null: never since the agent started. */
  readonly silentMs: number | null;
  readonly paths: readonly {
    readonly name: 'eth1' | 'serial' | 'lan';
    readonly state: 'working' | 'silent' | 'flapping';
    readonly alarms: readonly string[];
    readonly received: number;
    /** Of the peer, by its own numbers. */
    readonly lost: number;
    readonly repeated: number;
    readonly looped: number;
    readonly foreign: number;
    readonly tooLong: number;
    readonly garbage: Readonly<Record<string, number>> & { readonly badKey: number };
  }[];
};

/** @throws {LabError} with what the command said */
export async function hotpair(
  binary: string,
  box: BoxName,
  words: readonly string[],
  deadlineMs: number,
  onProgress?: (text: string) => void,
): Promise<string> {
  const outcome = await runInBox(box, [binary, ...words], deadlineMs, onProgress);
  if (outcome.exitCode === 0) return outcome.stdout;
  const said = (outcome.stderr.trim() || outcome.stdout.trim()).split('\n').slice(-3).join(' | ');
  const how = outcome.exitCode === null ? `no end within ${deadlineMs} ms` : said;
  throw new LabError(`hotpair ${words.join(' ')} on ${box}: ${how}`);
}

/** The status of a box, or the sentence why there is none. */
export async function statusOf(binary: string, box: BoxName): Promise<BoxStatus | string> {
  try {
    return JSON.parse(await hotpair(binary, box, ['status', '--json'], 5000)) as BoxStatus;
  } catch (error) {
    return sentenceOf(error);
  }
}
