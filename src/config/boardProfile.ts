// What is known of a board: how it is recognised, and which keys of hotpair.yaml it settles. The files are
// board/NAME/board.yaml; the executable carries them, so that a box needs no other file of ours.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import type { Values } from './repair.ts';

// Set by scripts/build.ts; absent when the sources are run without a build.
declare const HOTPAIR_BOARDS: string | undefined;

/** One board; `name` is that of its folder. */
export type BoardProfile = { readonly name: string } & z.output<ReturnType<typeof profileSchema>>;

/** The form of a board's name; `auto` and `none` are no names. */
export const boardNamePattern = /^[a-z0-9][a-z0-9_-]{0,62}$/;

/**
 * The keys and sections that belong to the hardware. Everything else is a matter of the site, and a profile that
 * settled it would surprise whoever reads the file.
 */
export const boardKeys: readonly string[] = [
  'heartbeat.port',
  'heartbeat.serial.device',
  'service.port',
  'service.standbyPort',
  'service.linkUpDeadline',
  'watchdog.policy',
  'watchdog.device',
  'watchdog.timeout',
  'panel',
  'leds',
];

/** All boards in the order of their names. */
export function boardProfiles(): readonly BoardProfile[] {
  known ??=
    typeof HOTPAIR_BOARDS === 'string' ? decodeBoards(HOTPAIR_BOARDS) : readBoards(folder());
  return known;
}

let known: readonly BoardProfile[] | undefined;

/** The board of that name. */
export function boardCalled(name: string): BoardProfile | undefined {
  return boardProfiles().find((board) => board.name === name);
}

/** Reads every board below `path`. Throws an Error that names the file where one is no profile. */
export function readBoards(path: string): readonly BoardProfile[] {
  return readdirSync(path)
    .toSorted()
    .map((name) => ({ name, file: join(path, name, 'board.yaml') }))
    .filter(({ file }) => existsSync(file))
    .map(({ name, file }) => parseBoard(name, readFileSync(file, 'utf8')));
}

/** Reads the text of a profile. Throws an Error that says what is wrong with it. */
export function parseBoard(name: string, text: string): BoardProfile {
  if (!boardNamePattern.test(name) || name === 'auto' || name === 'none') {
    throw new Error(`${name} cannot be the name of a board`);
  }
  const read = profileSchema().safeParse(parse(text));
  if (read.success) return { name, ...read.data };
  throw new Error(`board/${name}/board.yaml: ${z.prettifyError(read.error)}`);
}

/** The form in which the executable carries the boards. */
export function encodeBoards(boards: readonly BoardProfile[]): string {
  return JSON.stringify(boards);
}

/** Written and checked by the build of the same sources. */
function decodeBoards(text: string): readonly BoardProfile[] {
  return JSON.parse(text) as readonly BoardProfile[];
}

function folder(): string {
  return join(import.meta.dirname, '..', '..', 'board');
}

function profileSchema() {
  const text = z.string().min(1).max(2_000);
  const word = z.string().min(1).max(100);
  return z.strictObject({
    /** As it is called by people. */
    title: word,
    /** What it is, for whoever chooses one. */
    about: text,
    architecture: z.enum(['x86_64', 'aarch64']),
    /** Any of these is enough; none where the board is chosen by its name alone. */
    match: z
      .strictObject({
        /** All that is written must be the same, to the letter. */
        dmi: z
          .array(z.strictObject({ vendor: word.optional(), product: word, board: word.optional() }))
          .max(20)
          .prefault([]),
        /** One of these is in the `compatible` of the device tree. */
        deviceTree: z
          .array(z.string().regex(/^[\w-]+,[\w.+-]+$/, 'this is no maker,model of a device tree'))
          .max(20)
          .prefault([]),
      })
      .prefault({}),
    /** A piece of hotpair.yaml that holds nothing but `boardKeys`. */
    configuration: z.record(word, z.unknown()).transform((values): Values => values),
  });
}
