// Random pairs of faults: the second within three seconds of the first, then both are healed. Drawn
// from a seed, which draws the same pairs each time.

import { nowMs, pause, until } from './clock.ts';
import { untilEvent, type Field } from './field.ts';
import { sentenceOf } from './labError.ts';
import { operatorWanted, takeOverByHand } from './operatorAct.ts';
import { pairFaults, type PairFault } from './pairFaults.ts';
import { mulberry32 } from './random.ts';
import { wholePairPrimary } from './sight.ts';
import { heal } from './site.ts';
import { noLimit, type Trial } from './trial.ts';

export type FaultPair = {
  readonly first: PairFault;
  readonly second: PairFault;
  /** From the first to the second, and from there to the healing. */
  readonly apartMs: number;
  readonly lastsMs: number;
};

const mostApartMs = 3000;
const shortestMs = 500;
const longestMs = 8000;
/** After this time a pair that needs nobody is whole, on a loaded machine too. */
const byItselfMs = 40_000;

/** The pairs of a seed. */
export function pairsOf(seed: number, count: number): readonly FaultPair[] {
  const random = mulberry32(seed);
  return Array.from({ length: count }, () => drawn(random));
}

function drawn(random: () => number): FaultPair {
  for (;;) {
    const first = oneOf(pairFaults, random);
    const second = oneOf(pairFaults, random);
    const apartMs = Math.floor(random() * mostApartMs);
    const lastsMs = shortestMs + Math.floor(random() * (longestMs - shortestMs));
    if (isWithinAssumptions(first, second)) return { first, second, apartMs, lastsMs };
  }
}

/**
 * The arbiter `lan` assumes that heartbeat and LAN are not both cut between two living boxes; what
 * happens then has trials of its own (B07, B08).
 */
function isWithinAssumptions(first: PairFault, second: PairFault): boolean {
  const cuts = new Set([first.cuts, second.cuts]);
  return first !== second && !(cuts.has('heartbeat') && cuts.has('lan'));
}

function oneOf<Item>(items: readonly Item[], random: () => number): Item {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error('there is nothing to draw from');
  return item;
}

/** The trial of a pair. */
export function pairTrial(pair: FaultPair): Trial {
  const { first, second, apartMs, lastsMs } = pair;
  return {
    name: `pair-${first.name}-${second.name}-${apartMs}-${lastsMs}`,
    title: `${first.name}, after ${apartMs} ms ${second.name}, healed after ${lastsMs} ms more`,
    expected: {
      text: 'nothing lost, never two acknowledgers, a healthy pair at the end',
      roleChanges: [0, 1, 2, 3, 4],
      outageLimitMs: noLimit,
      mayOverlap: true,
    },
    act: async (field) => applied(field, pair),
  };
}

async function applied(
  field: Field,
  { first, second, apartMs, lastsMs }: FaultPair,
): Promise<void> {
  const atMs = nowMs();
  field.noteFault(atMs);
  await tried(field, first);
  await pause(atMs + apartMs - nowMs());
  await tried(field, second);
  await pause(lastsMs);
  await heal();
  field.noteHealed();
  await untilHealed(field);
}

/** What is to be killed may be gone by then: the first fault, or the pair's answer, was faster. */
async function tried(field: Field, fault: PairFault): Promise<void> {
  try {
    await fault.apply(field);
  } catch (error) {
    field.remark(`${fault.name} found nothing: ${sentenceOf(error)}`);
  }
}

/** A pair that is not whole in time must be waiting for a person, and the person's act heals it. */
async function untilHealed(field: Field): Promise<void> {
  const isWhole = (): boolean => wholePairPrimary(field.observer.report().sight) !== undefined;
  try {
    await until('a whole pair', byItselfMs, isWhole, 50);
  } catch {
    const wanted = await operatorWanted(field.site.binary);
    if (wanted === undefined) return;
    field.remark(`${wanted.box} waited for the operator: ${wanted.why}`);
    await takeOverByHand(field, wanted.box);
    await untilEvent(field, wanted.box, 'primary by order', 30_000, ({ event, to }) => {
      return event === 'roleChanged' && to === 'primary';
    });
  }
}
