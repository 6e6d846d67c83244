// Recordings as a telephone system writes them: straight into their files, piece by piece for as long as the call lasts, several
// calls at a time. Each says at its end that it is whole.

import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { nowMs, pause } from './clock.ts';
import { paths, type BoxName } from './layout.ts';

export type Recordings = {
  /** Names of those that are whole, with the instant of their last piece. */
  readonly whole: () => ReadonlyMap<string, number>;
  /** No more pieces: every call that is going on stays as it is. Returns how many those are. */
  readonly stop: () => number;
};

const pieceMs = 40;
const ending = 'the end of the call\n';

/** A short call. */
export const wholeRecording = `hello\n${ending}`;

/** A new call every `everyMs`, each of `pieces` pieces. */
export function startRecording(box: BoxName, everyMs: number, pieces: number): Recordings {
  const whole = new Map<string, number>();
  const directory = paths.recordings(box);
  let isStopped = false;
  let calls = 0;
  let going = 0;

  async function record(name: string): Promise<void> {
    const file = `${directory}/${name}`;
    writeFileSync(file, '');
    going += 1;
    for (let piece = 0; piece < pieces; piece += 1) {
      await pause(pieceMs);
      if (isStopped) return;
      appendFileSync(file, `${name} piece ${piece} ${'.'.repeat(500)}\n`);
    }
    appendFileSync(file, ending);
    whole.set(name, nowMs());
    going -= 1;
  }

  async function ring(): Promise<void> {
    while (!isStopped) {
      calls += 1;
      void record(`call-${nowMs().toFixed(0)}-${calls}.wav`);
      await pause(everyMs);
    }
  }

  void ring();
  return {
    whole: () => whole,
    stop() {
      isStopped = true;
      return going;
    },
  };
}

/** Everything that lies in the recordings of a box, hidden files too, with its content. */
export function recordingsOf(box: BoxName): ReadonlyMap<string, string> {
  return filesIn(paths.recordings(box));
}

/** What a box has put aside of its recordings. */
export function keptRecordingsOf(box: BoxName): ReadonlyMap<string, string> {
  const place = `${paths.lib(box)}/sync-kept/recordings`;
  const folders = existsSync(place) ? readdirSync(place) : [];
  return new Map(folders.flatMap((folder) => [...filesIn(`${place}/${folder}`)]));
}

export function isWhole(content: string): boolean {
  return content.endsWith(ending);
}

function filesIn(directory: string): ReadonlyMap<string, string> {
  const entries = readdirSync(directory, { withFileTypes: true, recursive: true });
  return new Map(
    entries
      .filter((entry) => entry.isFile())
      .map(({ name, parentPath }) => [name, readFileSync(`${parentPath}/${name}`, 'utf8')]),
  );
}
