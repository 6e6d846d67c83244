// The keys of `sync`: directories whose files are copied from the primary to the standby.
import * as z from 'zod';
import { facts } from './facts.ts';
import { size, sizePattern, time } from './serviceValues.ts';
import { absolutePath, dataRate, ratePattern, refuse, written } from './values.ts';

/** The section `sync`: a map of names to sets of files. */
export function syncSection() {
  return z.record(z.string(), syncSchema()).prefault({}).register(facts, {
    description:
      'Files outside the database that both boxes need (prompts, recordings, the configuration of the telephone system), each set under its name. They are copied again and again, so the standby is behind by up to the interval; what has to be on both boxes at once belongs into the database.',
    allowed: 'up to 16 sets',
  });
}

function syncSchema() {
  return z
    .strictObject({
      directory: absolutePath().register(facts, {
        description: 'The directory, at the same place on both boxes.',
        allowed: 'absolute path',
        example: '/var/spool/recordings',
      }),
      interval: time('5s', { min: '1s', max: '1d' }, 'Time from one copy to the next.'),
      settle: time(
        '2s',
        { min: '0s', max: '1h' },
        'A file that has not changed on the primary for so long counts as complete; before that it is not copied. 0s: files are copied as they are at that moment, also half-written ones.',
      ),
      exclude: z
        .array(excludePattern())
        .max(32)
        .prefault([])
        .register(facts, {
          description:
            'Files that are neither copied nor removed on the standby, as patterns of rsync: a / at the beginning is the directory of the set.',
          allowed: 'up to 32 patterns',
          example: ['*.tmp'],
        }),
      keep: size('1MB', '1024GB').prefault('1GB').register(facts, {
        description:
          'Bound of what is put aside on this box because only it has it. Beyond it nothing is replaced or removed here any more, with an alarm.',
        allowed: '1MB to 1024GB',
        pattern: sizePattern,
      }),
      rate: dataRate().prefault('20MB').register(facts, {
        description:
          "Bound of the rate of a copy, in bytes a second: the database's log goes over the same cable.",
        allowed: '32kB to 1024MB',
        pattern: ratePattern,
      }),
    })
    .transform(({ interval, settle, keep, rate, ...rest }) => ({
      ...rest,
      intervalMs: interval,
      settleMs: settle,
      keepBytes: keep,
      rateKilobytes: rate,
    }))
    .register(facts, { description: 'One set of files.' });
}

function excludePattern() {
  return written((text) =>
    /^[^\p{Cc}]{1,200}$/u.test(text)
      ? { value: text }
      : refuse('CONFIG_TYPE', 'this cannot be a pattern for files'),
  );
}
