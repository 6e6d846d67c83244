// The keys of `sync`: directories whose files are copied from the primary to the standby.
import * as z from 'zod';
import { facts } from './facts.ts';
import { time } from './serviceValues.ts';
import { absolutePath } from './values.ts';

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
    })
    .transform(({ interval, ...rest }) => ({ ...rest, intervalMs: interval }))
    .register(facts, { description: 'One set of files.' });
}
