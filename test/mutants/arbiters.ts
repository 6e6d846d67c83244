// Section 5: what an arbiter outside the pair must have said, and known, before anybody acts; and one arbiter for one epoch.
import { patch } from './mutant.ts';
import type { Mutant } from './mutant.ts';

const etcd = ['etcd'] as const;
const fence = ['fence'] as const;
const outside = ['etcd', 'fence'] as const;

export const arbiters: readonly Mutant[] = [
  {
    name: 'act-when-arbiter-unreachable',
    rule: 'an arbiter whose answer is not known has granted nothing',
    section: '5, etcd and fence',
    arbiters: outside,
    themes: ['arbiter'],
    patches: [
      patch(
        'asking.ts',
        `if (state.phase === 'asking') request(turn, false);`,
        `if (state.phase === 'asking') carryThrough(turn, state.reason, (state.record?.epoch ?? 0) + 1);`,
      ),
    ],
  },
  {
    name: 'unknown-claim-given-up',
    rule: 'a claim whose outcome is unknown is settled before contact counts again',
    section: '5, etcd',
    arbiters: outside,
    themes: ['arbiter'],
    implied:
      'the ledger gives an epoch once, and who asks again finds what he was given; a peer that is switched off late is taken for dead and asked off again; kept because contact would count while it may fall at any moment',
    patches: [
      patch(
        'asking.ts',
        `if (state.phase === 'asking') request(turn, false);`,
        `if (state.phase === 'asking') giveUp(turn, { code: 'claimRefused' });`,
      ),
    ],
  },
  {
    name: 'claim-from-any-epoch',
    rule: 'a claim that was not won is no permission',
    section: '5, etcd',
    arbiters: etcd,
    patches: [
      patch(
        'asking.ts',
        `if (event.outcome === 'won') carryThrough(turn, turn.state.reason, event.epoch);`,
        `if (event.outcome !== 'refused') carryThrough(turn, turn.state.reason, (turn.state.record?.epoch ?? 0) + 1);`,
      ),
    ],
  },
  {
    name: 'won-claim-forgotten',
    rule: 'a claim that was won is found in the ledger by the next start of the agent and carried through',
    section: '5, etcd',
    arbiters: etcd,
    patches: [
      patch(
        'asking.ts',
        `if (event.outcome !== 'won' || state.writing !== null || state.phase === 'stoppingToGrant')
    return;`,
        'if (event.epoch > 0 || state.writing !== null) return;',
      ),
    ],
  },
  {
    name: 'order-passes-over-a-claim',
    rule: "an operator's order is refused where the ledger gave the peer an epoch, unless he vouches for the peer",
    section: '5, operator',
    arbiters: etcd,
    themes: ['late'],
    patches: [
      patch(
        'ledger.ts',
        "if (found === null || (found.mode === 'solo' && found.holder !== self)) return null;",
        'if (found === null) return null;',
      ),
    ],
  },
  {
    name: 'ledger-made-anew-by-anybody',
    rule: 'a ledger that lost its memory is written anew only by a primary in contact with its partner',
    section: '5, etcd',
    arbiters: etcd,
    themes: ['arbiter'],
    patches: [
      patch(
        'asking.ts',
        'const create = inContact(state, settings) && state.contact.peer === record.partner;',
        'const create = inContact(state, settings) || record.epoch > 0;',
      ),
    ],
  },
  {
    name: 'grant-before-publish',
    rule: 'a paired epoch is in the ledger before it is granted',
    section: '5, etcd; 3, I5',
    arbiters: etcd,
    implied:
      'a claim of an epoch that the ledger does not know is refused; kept so that a grant is a right that can be used',
    patches: [
      patch(
        'paired.ts',
        `if (settings.arbiter === 'etcd' && state.arbiter.publishedEpoch !== state.record?.epoch)
    return false;`,
        '',
      ),
    ],
  },
  {
    name: 'operator-not-entered',
    rule: 'the ledger hears of an operator before the record is written',
    section: '5, operator',
    arbiters: etcd,
    themes: ['arbiter'],
    patches: [
      patch(
        'commands.ts',
        `settings.arbiter === 'etcd' && !peerIsOff && state.record !== null`,
        `settings.arbiter === 'etcd' && !peerIsOff && state.record === null`,
      ),
    ],
  },
  {
    name: 'fences-before-it-heard',
    rule: 'an agent that has heard nobody since its start switches nobody off',
    section: '5, fence; 3, I7',
    arbiters: fence,
    themes: ['arbiter'],
    patches: [
      patch(
        'permission.ts',
        `if (contact.heardAt === null && settings.arbiter === 'fence') return 'neverHeard';`,
        '',
      ),
    ],
  },
  {
    name: 'peer-left-off',
    rule: 'a peer that was switched off is switched on again',
    section: '5, fence',
    arbiters: fence,
    patches: [
      patch('asking.ts', `ask(turn, { type: 'unfencePeer', deadlineMs: fenceDeadlineMs });`, ''),
    ],
  },
  {
    name: 'two-arbiters',
    rule: 'in an epoch only the arbiter that its record names may give it away',
    section: '5',
    arbiters: ['lan', 'etcd', 'fence'],
    themes: ['arbiter'],
    patches: [
      patch(
        'permission.ts',
        `if (state.record?.arbiter !== settings.arbiter) return 'arbiterDiffers';`,
        '',
      ),
      patch('eligibility.ts', 'record.arbiter !== turn.settings.arbiter || ', ''),
      patch(
        'asking.ts',
        `if (record?.mode === 'paired' && record.arbiter !== settings.arbiter) return;`,
        '',
      ),
    ],
  },
];
