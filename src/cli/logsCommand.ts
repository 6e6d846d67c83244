// `hotpair logs NAME`: what a service has printed. Reads the files, needs neither agent nor guardian.
import { join } from 'node:path';
import { isEntryName } from '../config/serviceValues.ts';
import { readGround } from '../daemon/ground.ts';
import { HotpairError } from '../protocol/hotpairError.ts';
import { configOption, parseCommandLine, refuseExtra, usageError } from './commandLine.ts';
import { exitCodes } from './exitCodes.ts';
import { readerGone } from './reader.ts';
import { CapturedOutput } from './capturedOutput.ts';

const usage = 'hotpair logs NAME [-n 100] [--follow] [--config FILE]';
const mostLines = 100_000;

export const help = `${usage}

Prints what a service of this box has written to its stdout and stderr, the newest last. Needs root, and no agent.
  -n N      so many lines at most (100)
  --follow  goes on with what it prints from now on, until Ctrl-C
`;

export async function run(argv: readonly string[]): Promise<number> {
  const options = {
    ...configOption,
    lines: { type: 'string', short: 'n', default: '100' },
    follow: { type: 'boolean', default: false },
  } as const;
  const { values, positionals } = parseCommandLine(usage, argv, options);
  const [name, ...extra] = positionals;
  refuseExtra(usage, extra);
  if (name === undefined) throw usageError(usage, 'a service is to be named');
  const count = lineCount(values.lines);
  const { config } = readGround(values.config);
  // A service that is no longer configured may have left its output; the name is a file's, so it is checked all the same.
  if (!isEntryName(name)) throw nothingThere(name, Object.keys(config.services));
  const output = new CapturedOutput(join(config.state.directory, 'services', `${name}.log`));
  const newest = await output.newest(count);
  if (newest === null) throw nothingThere(name, Object.keys(config.services));
  await write(newest);
  if (values.follow) await follow(output);
  return exitCodes.ok;
}

async function follow(output: CapturedOutput): Promise<void> {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => interrupted.abort());
  for await (const piece of output.follow(AbortSignal.any([interrupted.signal, readerGone])))
    await write(piece);
}

/** A reader that is slow is waited for. */
function write(bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write(bytes, () => resolve());
  });
}

function lineCount(text: string): number {
  const count = /^[0-9]{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (count <= mostLines) return count;
  throw usageError(usage, `${text} is no number up to ${mostLines}`);
}

function nothingThere(seen: string, names: readonly string[]): HotpairError {
  return new HotpairError('SERVICE_LOG_MISSING', 'this service has left no output on this box', {
    seen,
    allowed: names.join(', ') || 'none: no services are configured',
    exitCode: exitCodes.refusedInput,
  });
}
