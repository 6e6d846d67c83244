// The keys of the section `stability`: what is done about a box that comes and goes.
import * as z from 'zod';
import { facts } from './facts.ts';
import { duration, durationFacts } from './values.ts';

const pauseLimits = { min: '0s', max: '1h' } as const;

/** Part of the schema of the whole file. */
export function stabilitySection() {
  return z
    .strictObject({
      pairingPause: duration(pauseLimits)
        .prefault('5m')
        .register(facts, {
          description:
            'Longest pause before a standby that was lost soon after its pairing is made synchronous again: it begins with 5s at the second loss and doubles. 0s: no pause.',
          ...durationFacts(pauseLimits),
        }),
    })
    .transform(({ pairingPause }) => ({ pairingPauseMs: pairingPause }))
    .prefault({})
    .register(facts, { description: 'What is done about a box that comes and goes.' });
}
