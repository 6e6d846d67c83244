// The words of a lab command line: positional words, then options, all of them known, each checked.

import { parseArgs } from 'node:util';
import { largeBuffers } from './dirtyStandby.ts';
import type { TrialOptions } from './field.ts';
import { LabError, sentenceOf } from './labError.ts';
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

/** @throws {LabError} exit status 2: an unknown option or a value that is not allowed */
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
      binary: values.binary,
      sharedBuffers: checkpoint ? largeBuffers : '128MB',
    },
    siteGiven: line.some((word) =>
      /^--(?:eth1|standby-port|arbiter|binary|during-checkpoint)/u.test(word),
    ),
    trial: {
      load: oneOf('--load', values.load, ['none', 'cpu'] as const),
      duringCheckpoint: checkpoint,
      minutes: optional('--minutes', values.minutes),
    },
    runs: optional('--runs', values.runs),
    only: values.only?.split(',').map((word) => word.trim()),
    pairs: optional('--pairs', values.pairs),
    report: values.report,
    trials: positive('--trials', values.trials),
    seed: positive('--seed', values.seed),
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
    throw new LabError(sentenceOf(error), 2);
  }
}

function oneOf<Value extends string>(
  option: string,
  given: string,
  allowed: readonly Value[],
): Value {
  const value = allowed.find((candidate) => candidate === given);
  if (value === undefined) {
    throw new LabError(`${option} is ${given}; allowed: ${allowed.join(', ')}`, 2);
  }
  return value;
}

function optional(option: string, given: string | undefined): number | undefined {
  return given === undefined ? undefined : positive(option, given);
}

function positive(option: string, given: string): number {
  const value = Number(given);
  if (!(value > 0)) throw new LabError(`${option} is ${given}; allowed: a number above 0`, 2);
  return value;
}
