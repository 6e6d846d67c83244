// The keys of the section `stability`: what is done about a box that comes and goes.
import * as z from 'zod';
import { facts } from './facts.ts';
import {
  duration,
  durationFacts,
  failbackAllowed,
  failbackPattern,
  failbackWish,
} from './values.ts';

const pauseLimits = { min: '0s', max: '1h' } as const;
const steadyLimits = { min: '10s', max: '24h' } as const;
const quarantineLimits = { min: '0s', max: '24h' } as const;

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
      unexpectedStarts: z.int().min(2).max(1000).prefault(5).register(facts, {
        description:
          'So many starts in a row that nobody ordered (power loss, reset, a dead agent) put a standby into quarantine: it follows and does not take over.',
        allowed: '2 to 1000',
      }),
      steadyAfter: duration(steadyLimits)
        .prefault('10m')
        .register(facts, {
          description: 'A run of this length ends such a row.',
          ...durationFacts(steadyLimits),
        }),
      quarantine: duration(quarantineLimits)
        .prefault('30m')
        .register(facts, {
          description:
            'Length of the quarantine; `hotpair maintenance off` ends it before. 0s: there is none.',
          ...durationFacts(quarantineLimits),
        }),
      failback: failbackWish().prefault('never').register(facts, {
        description:
          'When the box with node.preferred becomes primary again after the other one took over: never by itself, manual (`status` reminds of it), or after it was fit for so long.',
        allowed: failbackAllowed,
        pattern: failbackPattern,
      }),
    })
    .transform(({ pairingPause, unexpectedStarts, steadyAfter, quarantine, failback }) => ({
      failback,
      pairingPauseMs: pairingPause,
      unexpectedStarts,
      steadyAfterMs: steadyAfter,
      quarantineMs: quarantine,
    }))
    .prefault({})
    .register(facts, { description: 'What is done about a box that comes and goes.' });
}
