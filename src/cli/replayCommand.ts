// `hotpair replay`: runs a flight record through the core of this binary and tells what was decided and why.
import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { step } from '../core/step.ts';
import { flightDirectory } from '../daemon/flightRecorder.ts';
import { readGround } from '../daemon/ground.ts';
import { flightFilesIn, readFlightFile } from '../io/flight/flightFiles.ts';
import { flightRefusal, SegmentReader } from '../protocol/flightRecord.ts';
import { Replay } from '../protocol/flightReplay.ts';
import { lineJson, lineText, Story, utcOf } from '../protocol/flightStory.ts';
import type { StoryLine } from '../protocol/flightStory.ts';
import { HotpairError, isHotpairError } from '../protocol/hotpairError.ts';
import { configOption, parseCommandLine, refuseExtra, usageError } from './commandLine.ts';
import { exitCodes } from './exitCodes.ts';
import { LongOutput } from './longOutput.ts';

const usage = 'hotpair replay [FILE|DIRECTORY] [--from TIME] [--all] [--json] [--config FILE]';

export const help = `${usage}

Runs a flight record through the core of this program and prints what happened, what was decided and why. A decision
that is not the recorded one is an error (FLIGHT_DIFFERS). Without a name: the record of this box, whether its agent runs
or not; a copy of the directory is replayed anywhere.
  --from TIME  only what happened from then on: 2026-11-25T01:02:03Z, or seconds of a record without a wall clock
  --all        observations and probes too
  --json       one JSON object a line
`;

export async function run(argv: readonly string[]): Promise<number> {
  const options = {
    ...configOption,
    from: { type: 'string' },
    all: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  } as const;
  const { values, positionals } = parseCommandLine(usage, argv, options);
  refuseExtra(usage, positionals.slice(1));
  const isWanted = values.from === undefined ? () => true : isFrom(values.from);
  const textOf = values.json ? lineJson : lineText;
  const output = new LongOutput(process.stdout);
  const tell = (line: StoryLine): void => {
    if (isWanted(line)) output.line(textOf(line));
  };
  const [path = ownRecord(values.config)] = positionals;
  const replay = new Replay(step, new Story({ all: values.all, tell }));
  try {
    const files = filesOf(path);
    for (const file of files) {
      const name = basename(file);
      const reader = readerOf(file, files.length > 1);
      if (reader === null) replay.unbegun(name);
      else
        for (const _entry of replay.segment(reader, name)) if (output.isLong) await output.flush();
    }
  } finally {
    await output.flush();
  }
  refuseDamage(replay, path);
  return exitCodes.ok;
}

function ownRecord(config: string): string {
  return join(readGround(config).config.state.directory, flightDirectory);
}

/** A directory stands for every record in it. */
function filesOf(path: string): readonly string[] {
  const files = orRefused(path, () =>
    statSync(path).isDirectory() ? flightFilesIn(path) : [path],
  );
  if (files.length > 0) return files;
  throw flightRefusal('FLIGHT_MISSING', 'there is no flight record', path);
}

/** Null for one of several that a power cut left without a beginning: the others are told all the same. */
function readerOf(path: string, isOneOfMany: boolean): SegmentReader | null {
  const bytes = read(path);
  try {
    return new SegmentReader(bytes, basename(path));
  } catch (error) {
    if (isOneOfMany && isHotpairError(error, 'FLIGHT_EMPTY')) return null;
    throw error;
  }
}

function read(path: string): Buffer {
  return orRefused(path, () => readFlightFile(path));
}

function orRefused<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (isHotpairError(error)) throw error;
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw flightRefusal('FLIGHT_READ', `the flight record cannot be read: ${why}`, path);
  }
}

/** An end that a power cut tore is told in the story; damage elsewhere hides what was decided. */
function refuseDamage({ damages }: Replay, path: string): void {
  const damage = damages.find(({ torn }) => !torn);
  if (damage === undefined) return;
  const { name, offset, left } = damage;
  throw new HotpairError(
    'FLIGHT_DAMAGED',
    `${name} is damaged at byte ${offset}: ${left} bytes are left out`,
    { seen: path },
  );
}

function isFrom(text: string): (line: StoryLine) => boolean {
  const isSeconds = /^\d+(\.\d+)?$/.test(text);
  const from = isSeconds ? Number(text) * 1000 : Date.parse(text);
  if (Number.isNaN(from)) throw usageError(usage, `${text} is no time`);
  return (line) => {
    const utc = utcOf(line);
    return (isSeconds || utc === null ? line.at : Date.parse(utc)) >= from;
  };
}
