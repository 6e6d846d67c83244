// What the model takes from the clocks and probes of the `lan` arbiter. Each predicate stands for a rule of protocol.md
// section 6 whose arithmetic the simulator tests; everything else of `lan` happens at any moment.
import type { Pair, Side } from './state.ts';
import { Role, other } from './state.ts';

export type Assumption = { readonly name: string; readonly rule: string; readonly text: string };

export const lanAssumptions: readonly Assumption[] = [
  {
    name: 'goneBeforeTakeover',
    rule: 'standby 3, assumptions (a), (b), (c)',
    text: 'a standby asks for its record only while the primary has restarted or its address is off: a living one would have answered the probe',
  },
  {
    name: 'windowIsOver',
    rule: 'standby 4 and 6, primary 1: D_solo > T_max + W + promotion',
    text: 'a primary leaves alone only when no takeover can begin any more on a grant of this epoch; one that has begun may take as long as it likes',
  },
  {
    name: 'sureOfItsAddress',
    rule: 'primary 2 and 3',
    text: 'a primary leaves alone only if it was in contact in this agent start and has kept its address on the port since',
  },
  {
    name: 'wordsExpire',
    rule: 'fresh: echoes a heartbeat sent at most D ago; standby 1',
    text: 'what a standby said before it asked for its record is no contact any more',
  },
];

export function goneBeforeTakeover(pair: Pair, side: Side): boolean {
  const primary = pair.nodes[other(side)];
  return primary.role === Role.starting || !primary.address;
}
