// Sections 2 and 4: what counts as contact, and which statements of the peer count at all.
import { patch } from './mutant.ts';
import type { Mutant } from './mutant.ts';

const lan = ['lan'] as const;

export const statements: readonly Mutant[] = [
  {
    name: 'one-way-contact',
    rule: 'contact needs both directions',
    section: '2',
    arbiters: lan,
    themes: ['sight', 'blocked'],
    patches: [
      patch(
        'contact.ts',
        'return sentAt !== null && state.now - sentAt <= settings.deadIntervalMs;',
        'return sentAt === null || sentAt <= state.now;',
      ),
      patch(
        'contact.ts',
        'if (ackedSentAt !== null) contact.ackedAt = Math.max(contact.ackedAt ?? -Infinity, ackedSentAt);',
        'contact.ackedAt = state.now;',
      ),
    ],
  },
  {
    name: 'late-contact',
    rule: 'a datagram that waited in a socket while its reader slept is not a contact of now',
    section: '2',
    arbiters: lan,
    themes: ['sight', 'blocked'],
    implied:
      'every condition counts from what the peer has heard of this node, and a grant names the loss counter of now: a late datagram only makes a node wait; kept because what people are told of contact would be wrong',
    patches: [
      patch('contact.ts', 'state.now - sentAt <= settings.deadIntervalMs', 'sentAt <= state.now'),
    ],
  },
  {
    name: 'heard-counts-as-acked',
    rule: 'the standby counts from what the peer has heard of it, not from what it hears',
    section: '2',
    arbiters: lan,
    themes: ['sight', 'blocked'],
    patches: [
      patch(
        'contact.ts',
        'if (ackedSentAt !== null) contact.ackedAt = Math.max(contact.ackedAt ?? -Infinity, ackedSentAt);',
        'contact.ackedAt = state.now;',
      ),
    ],
  },
  {
    name: 'stale-consent',
    rule: 'a consent names the epoch of now exactly',
    section: '4',
    arbiters: lan,
    patches: [
      patch(
        'paired.ts',
        `said.record.epoch === record.epoch &&
    said.record.handed === 'none'`,
        `said.record.handed === 'none'`,
      ),
    ],
  },
  {
    name: 'stale-grant',
    rule: 'a grant names the loss counter of now',
    section: '2',
    arbiters: lan,
    patches: [
      patch(
        'eligibility.ts',
        `grant.toStart === turn.state.agentStart &&
    grant.lossCounter === turn.state.eligibility.lossCounter`,
        'grant.toStart === turn.state.agentStart',
      ),
    ],
  },
  {
    name: 'contact-restores-eligibility',
    rule: 'contact alone never restores eligibility',
    section: '2',
    arbiters: lan,
    patches: [
      patch(
        'eligibility.ts',
        '!isGranted(turn, record.epoch)',
        `peerSays(turn)?.record?.epoch !== record.epoch || peerSays(turn)?.record?.mode !== 'paired'`,
      ),
    ],
  },
  {
    name: 'not-mute-while-leaving',
    rule: 'from asking for the record of a lone reign a node says only that it is leaving',
    section: '4',
    arbiters: lan,
    themes: ['blocked', 'records'],
    patches: [
      patch(
        'speech.ts',
        'leaving: state.leaving,\n    lossCounter',
        'leaving: false,\n    lossCounter',
      ),
    ],
  },
  {
    name: 'higher-epoch-ignored',
    rule: 'a higher epoch in an authentic message ends the service of whoever hears it',
    section: '4',
    arbiters: lan,
    patches: [
      patch(
        'contact.ts',
        'return state.record !== null && state.contact.highestEpoch > state.record.epoch;',
        `return state.record !== null && state.record.mode === 'catchup' && state.contact.highestEpoch > state.record.epoch;`,
      ),
    ],
  },
  {
    name: 'rebooted-standby-eligible',
    rule: 'eligibility is of this agent start only',
    section: '2, I9',
    arbiters: lan,
    patches: [
      patch(
        'absorb.ts',
        'state.record = event.record;',
        `state.record = event.record;
        if (event.record?.mode === 'paired') {
          state.eligibility.epoch = event.record.epoch;
          state.contact.ackedAt = state.now;
          state.contact.heardAt = state.now;
          state.lan.selfTestedAt = state.now;
        }`,
      ),
    ],
  },
  {
    name: 'consent-of-another-node',
    rule: 'only the partner of the epoch can release it',
    section: '2',
    arbiters: lan,
    implied:
      'a box is replaced only where nothing is lost with it, or with loss accepted by an operator; kept for the one who replaces the wrong box',
    patches: [
      patch(
        'paired.ts',
        `said.record.handed === 'none' &&
    contact.peer === record.partner`,
        `said.record.handed === 'none' && contact !== null`,
      ),
    ],
  },
];
