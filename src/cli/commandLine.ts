// Reads the options of a command and says in one sentence what is wrong with them.
import { parseArgs } from 'node:util';
import type { ParseArgsOptionsConfig } from 'node:util';
import { defaultConfigPath } from '../config/load.ts';
import { HotpairError } from '../protocol/hotpairError.ts';
import { exitCodes } from './exitCodes.ts';
import { parserSentence } from './parserSentence.ts';

type Parsed<O extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ options: O; allowPositionals: true; args: string[]; strict: true }>
>;

/** Parses `argv` strictly. Throws HotpairError USAGE with the command's usage line. */
export function parseCommandLine<const O extends ParseArgsOptionsConfig>(
  usage: string,
  argv: readonly string[],
  options: O,
): Parsed<O> {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw usageError(usage, parserSentence(error) ?? String(error));
  }
}

/** The refusal of a command line; `problem` says what is wrong with it. */
export function usageError(usage: string, problem: string): HotpairError {
  return new HotpairError('USAGE', problem, {
    allowed: usage,
    exitCode: exitCodes.refusedInput,
  });
}

/** Refuses words that the command does not take. */
export function refuseExtra(usage: string, extra: readonly string[]): void {
  const [first] = extra;
  if (first !== undefined) throw usageError(usage, `${first} is not expected here`);
}

/** The option that every command has. */
export const configOption = { config: { type: 'string', default: defaultConfigPath } } as const;
