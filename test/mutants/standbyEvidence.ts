// Section 6 from the standby's side: what it must know before it takes a paired epoch that nobody gave it.
import { patch } from './mutant.ts';
import type { Mutant } from './mutant.ts';

const lan = ['lan'] as const;

export const standbyEvidence: readonly Mutant[] = [
  {
    name: 'interrupted-round-counts',
    rule: 'that nobody answered is evidence only where every question of the round was asked',
    section: '6, standby 3',
    arbiters: lan,
    themes: ['question'],
    patches: [patch('permission.ts', "if (!round.whole) return 'roundInterrupted';", '')],
  },
  {
    name: 'no-probe',
    rule: 'a standby does not take over while somebody answers for the service address',
    section: '6, standby 3',
    arbiters: lan,
    themes: ['sight', 'blocked'],
    patches: [
      patch('permission.ts', `if (round.serviceAnswered && canWait) return 'addressAnswered';`, ''),
    ],
  },
  {
    name: 'eth1-answer-ignored',
    rule: 'a primary whose box answers on Eth1 lives, whatever the LAN says',
    section: '6, standby 3',
    arbiters: lan,
    themes: ['blink'],
    patches: [patch('permission.ts', `if (round.peerOnHeartbeatPort) return 'peerAnswered';`, '')],
  },
  {
    name: 'no-lan-evidence',
    rule: 'silence on a LAN that answers nothing else either is no evidence',
    section: '6, standby 3',
    arbiters: lan,
    themes: ['sight', 'blocked'],
    patches: [
      patch('permission.ts', `if (!round.valid || !state.port.carrier) return 'lanNotGood';`, ''),
      patch(
        'lan.ts',
        `if (round.valid) {
    lan.lastValidStartedAt = round.startedAt;`,
        `lan.lastValidStartedAt = round.startedAt;
  if (round.valid) {`,
      ),
    ],
  },
  {
    name: 'old-round-counts',
    rule: 'the silent round began after the last datagram was processed (for D_fast, after the carrier was lost) and has just ended',
    section: '6, standby 3',
    arbiters: lan,
    themes: ['sight', 'blocked'],
    patches: [
      patch(
        'permission.ts',
        '!lan.heartbeatCarrier && lastRound !== null && lastRound.startedAt >= lan.heartbeatCarrierSince',
        '!lan.heartbeatCarrier && lastRound !== null',
      ),
      patch(
        'permission.ts',
        'round === null || round.startedAt <= contact.processedAt',
        'round === null',
      ),
      patch('permission.ts', `ageMs > oldestMs ? 'roundTooOld' : null`, 'null'),
    ],
  },
  {
    name: 'no-standby-continuity',
    rule: 'a span without a valid LAN round since the last contact ends eligibility',
    section: '6, standby 4',
    arbiters: lan,
    themes: ['sight', 'blocked'],
    patches: [
      patch(
        'lan.ts',
        'if (state.now - seen >= evidenceSpanMs(settings) - settings.marginMs)',
        'if (false)',
      ),
    ],
  },
  {
    name: 'fast-late',
    rule: 'the span that ends eligibility is shorter than the wait of a primary without carrier',
    section: '6, standby 4',
    arbiters: lan,
    themes: ['sight', 'blocked'],
    patches: [
      patch(
        'lan.ts',
        'evidenceSpanMs(settings) - settings.marginMs',
        '2 * evidenceSpanMs(settings)',
      ),
    ],
  },
  {
    name: 'fast-answered',
    rule: 'answered on the LAN but not on Eth1 ends eligibility',
    section: '6, standby 5',
    arbiters: lan,
    themes: ['sight', 'blocked'],
    patches: [patch('lan.ts', `loseEligibility(turn, 'answeredOnLanOnly');`, 'return;')],
  },
  {
    name: 'no-eth1-arp',
    rule: 'each round also asks for the Eth1 address of the primary, so that a hung agent is told from a cut cable',
    section: '6, standby 5',
    arbiters: lan,
    themes: ['sight', 'blocked'],
    patches: [
      patch('lan.ts', 'askPeerOnHeartbeatPort: !serves(state)', 'askPeerOnHeartbeatPort: false'),
    ],
  },
  {
    name: 'no-window',
    rule: 'a standby takes over within T_max after the last contact or not at all',
    section: '6, standby 6',
    arbiters: lan,
    themes: ['sight', 'blocked'],
    patches: [
      patch('permission.ts', `if (silentMs > settings.takeoverLimitMs) return 'tooLate';`, ''),
    ],
  },
  {
    name: 'window-shorter-than-watchdog',
    rule: 'T_max is longer than the watchdog needs to reset a hung primary',
    section: '6, times',
    arbiters: lan,
    themes: ['sight', 'blocked'],
    patches: [],
    settings: ({ watchdogMs }) => ({ takeoverLimitMs: watchdogMs - 200 }),
  },
  {
    name: 'no-probe-self-test',
    rule: 'the probe is known to work: in contact the primary itself answered it within the last minute',
    section: '6, standby 7',
    arbiters: lan,
    themes: ['sight', 'blocked'],
    patches: [
      patch(
        'permission.ts',
        'lan.selfTestedAt === null || now - lan.selfTestedAt > selfTestValidMs(settings)',
        'false',
      ),
    ],
  },
  {
    name: 'no-watchdog',
    rule: 'the watchdog is kicked by decisions, so that a hung agent is reset within W',
    section: '6, assumption b',
    arbiters: lan,
    themes: ['sight', 'blocked'],
    patches: [patch('step.ts', `turn.effects.push({ type: 'kickWatchdog' });`, '')],
  },
];
