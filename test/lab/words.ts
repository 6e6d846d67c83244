// The words of a lab command line: positional words, then options, all of them known, each checked.

import { parseArgs } from 'node:util';
import { parserSentence } from '../../src/cli/parserSentence.ts';
import { UsageError, wholeNumber } from '../usage.ts';
import { largeBuffers } from './dirtyStandby.ts';
import type { TrialOptions } from './field.ts';
import { defaultBinary } from './layout.ts';
import type { SiteOptions } from './siteState.ts';

export type Words = {
  readonly positional: readonly string[];
  readonly site: SiteOptions;
  /** Whether any option about the site was given; without one a running site is taken as it is. */
  readonly siteGiven: boolean;
  readonly trial: TrialOptions;
  /** Undefined where none was given: one for a trial, three for the suite. */
  readonly runs: number | undefined;
  readonly only: readonly string[] | undefined;
  readonly pairs: number | undefined;
  /** Where the suite writes its report. */
  readonly report: string | undefined;
  readonly trials: number;
  readonly seed: number;
  readonly resume: boolean;
  readonly json: boolean;
  readonly keep: boolean;
  readonly stopOnFailure: boolean;
};

const known = {
  eth1: { type: 'string', default: 'direct' },
  'standby-port': { type: 'string', default: 'unaddressed' },
  arbiter: { type: 'string', default: 'lan' },
  'second-path': { type: 'string', default: 'none' },
  sip: { type: 'boolean', default: false },
  binary: { type: 'string', default: defaultBinary },
  runs: { type: 'string' },
  only: { type: 'string' },
  pairs: { type: 'string' },
  report: { type: 'string' },
  trials: { type: 'string', default: '200' },
  seed: { type: 'string', default: '1' },
  minutes: { type: 'string' },
  load: { type: 'string', default: 'none' },
  'during-checkpoint': { type: 'boolean', default: false },
  resume: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  keep: { type: 'boolean', default: false },
  'stop-on-failure': { type: 'boolean', default: false },
} as const;

/** @throws {UsageError} an unknown option or a value that is not allowed */
export function parseWords(line: readonly string[]): Words {
  const { values, positionals } = parsed(line);
  const checkpoint = values['during-checkpoint'];
  return {
    positional: positionals,
    site: {
      eth1: oneOf('--eth1', values.eth1, ['direct', 'switched'] as const),
      standbyPort: oneOf('--standby-port', values['standby-port'], [
        'unaddressed',
        'down',
      ] as const),
      linkUpDeadline: '3s',
      arbiter: oneOf('--arbiter', values.arbiter, ['lan', 'etcd', 'fence'] as const),
      secondPath: oneOf('--second-path', values['second-path'], ['none', 'serial', 'lan'] as const),
      sip: values.sip,
      binary: values.binary,
      sharedBuffers: checkpoint ? largeBuffers : '128MB',
    },
    siteGiven: line.some((word) =>
      /^--(?:eth1|standby-port|arbiter|second-path|sip|binary|during-checkpoint)/u.test(word),
    ),
    trial: {
      load: oneOf('--load', values.load, ['none', 'cpu'] as const),
      duringCheckpoint: checkpoint,
      minutes: values.minutes === undefined ? undefined : minutes(values.minutes),
    },
    runs: optional('--runs', values.runs, 1000),
    only: values.only?.split(',').map((word) => word.trim()),
    pairs: optional('--pairs', values.pairs, 10_000),
    report: values.report,
    trials: wholeNumber('--trials', values.trials, 1, 1_000_000),
    seed: wholeNumber('--seed', values.seed, 0, 0xffff_ffff),
    resume: values.resume,
    json: values.json,
    keep: values.keep,
    stopOnFailure: values['stop-on-failure'],
  };
}

function parsed(line: readonly string[]) {
  try {
    return parseArgs({ args: [...line], options: known, allowPositionals: true });
  } catch (error) {
    throw new UsageError(parserSentence(error) ?? String(error));
  }
}

function oneOf<Value extends string>(
  option: string,
  given: string,
  allowed: readonly Value[],
): Value {
  const value = allowed.find((candidate) => candidate === given);
  if (value === undefined) {
    throw new UsageError(`${option} takes ${allowed.join(' or ')}, not '${given}'`);
  }
  return value;
}

function optional(option: string, given: string | undefined, most: number): number | undefined {
  return given === undefined ? undefined : wholeNumber(option, given, 1, most);
}

function minutes(given: string): number {
  const value = /^\d+(\.\d+)?$/u.test(given) ? Number(given) : NaN;
  if (!(value > 0 && value <= 1440))
    throw new UsageError(`--minutes takes a number above 0, up to 1440, not '${given}'`);
  return value;
}
