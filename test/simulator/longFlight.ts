// A flight record for tests: whatever the world of the day does with a seed, one in which an agent lived for long.
import { Flights } from './flight.ts';
import type { Flight } from './flight.ts';
import { shippedCore } from './loadCore.ts';
import { simulate } from './simulation.ts';

const safetyMs = 120_000;
const mostSeeds = 40;

/** The first run, from seed 1 on, that paired and has so many bytes at least. */
export function aLongFlight(bytes: number): Flight {
  for (let seed = 1; seed <= mostSeeds; seed += 1) {
    const flights = new Flights();
    simulate(shippedCore, { seed, safetyMs, flights });
    const found = flights.all.find(
      ({ record, story }) => record.length >= bytes && story.includes('pairing -> paired'),
    );
    if (found !== undefined) return found;
  }
  throw new Error(`no agent of ${mostSeeds} seeds has a record of ${bytes} bytes`);
}
