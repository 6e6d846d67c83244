// Section 6 from the primary's side: what it must know before it goes on without its standby, and where its service
// address has to be meanwhile.
import { patch } from './mutant.ts';
import type { Mutant } from './mutant.ts';

const lan = ['lan'] as const;

export const primaryEvidence: readonly Mutant[] = [
  {
    name: 'early-solo',
    rule: 'D_solo is longer than everything that a standby may still do',
    section: '6, times',
    arbiters: lan,
    themes: ['sight', 'blocked'],
    patches: [],
    settings: ({ watchdogMs }) => ({ soloMs: watchdogMs + 500 }),
  },
  {
    name: 'carrier-loss-of-any-age',
    rule: 'D_solo_fast counts only where Eth1 has had no carrier for the whole evidence span',
    section: '6, primary 1',
    arbiters: lan,
    themes: ['sight', 'blocked'],
    patches: [
      patch(
        'permission.ts',
        '!lan.heartbeatCarrier && now - lan.heartbeatCarrierSince >= evidenceSpanMs(settings)',
        '!lan.heartbeatCarrier',
      ),
    ],
  },
  {
    name: 'fast-gap',
    rule: 'a carrier that came back in between begins the evidence span anew',
    section: '6, primary 1',
    arbiters: lan,
    themes: ['sight', 'blocked'],
    patches: [
      patch(
        'lan.ts',
        'lan.heartbeatCarrierSince = now;',
        'if (!carrier && now - lan.heartbeatCarrierSince > 5000) lan.heartbeatCarrierSince = now;',
      ),
    ],
  },
  {
    name: 'restarted-primary-may-leave',
    rule: 'a primary leaves alone only in the agent start that had the contact',
    section: '6, primary 2',
    arbiters: lan,
    themes: ['blink'],
    implied:
      'each probe of a round is asked on the LAN and on Eth1 at the same moment, so that under assumption (a) one of the two meets a living primary, and either answer is a veto; kept for the day on which both are away for a round',
    patches: [
      patch(
        'absorb.ts',
        'state.record = event.record;',
        `state.record = event.record;
        // Later than the port that every start finds new.
        state.contact.ackedAt = state.now + 1;
        state.contact.heardAt = state.now;`,
      ),
    ],
  },
  {
    name: 'no-lan-continuity',
    rule: 'a LAN that was bad since the last contact, however short, keeps a primary from leaving',
    section: '6, primary 3',
    arbiters: lan,
    themes: ['blink'],
    implied:
      'each probe of a round is asked on the LAN and on Eth1 at the same moment, so that under assumption (a) one of the two meets a living primary, and either answer is a veto; kept for the day on which both are away for a round',
    patches: [
      patch(
        'lan.ts',
        'if (wasOff || !port.carrier || !port.addressesOn || flapped) state.lan.brokenAt = state.now;',
        'if (!state.port.addressesOn || !port.addressesOn) state.lan.brokenAt = state.now;',
      ),
      patch(
        'lan.ts',
        '} else {\n    lan.brokenAt = Math.max(lan.brokenAt, round.endedAt);',
        '} else {',
      ),
    ],
  },
  {
    name: 'no-self-continuity',
    rule: 'a span in which this agent did not look at its LAN is a break',
    section: '6, primary 3',
    arbiters: lan,
    themes: ['sight', 'blocked'],
    patches: [
      patch(
        'lan.ts',
        'if (round.endedAt - seen > checkGapMs(settings) + settings.probeRoundMs)',
        'if (false)',
      ),
      patch(
        'permission.ts',
        `if (now - seen > checkGapMs(settings) + settings.probeRoundMs) return 'nobodyLooked';`,
        '',
      ),
    ],
  },
  {
    name: 'address-off-counts-as-good',
    rule: 'a primary whose service address was off since the last contact does not leave',
    section: '6, primary 3',
    arbiters: lan,
    themes: ['sight', 'blocked'],
    patches: [
      patch('permission.ts', `if (!state.port.addressesOn) return 'addressOff';`, ''),
      patch('lan.ts', '!state.port.carrier || !state.port.addressesOn;', '!state.port.carrier;'),
      patch(
        'lan.ts',
        'wasOff || !port.carrier || !port.addressesOn || flapped',
        'wasOff || !port.carrier || flapped',
      ),
    ],
  },
  {
    name: 'foreign-claim-ignored',
    rule: 'a primary does not leave after somebody else answered for or announced its address',
    section: '6, primary 4',
    arbiters: lan,
    themes: ['sight', 'blocked'],
    implied:
      'the model knows no claims and finds nothing: a standby takes over only from a primary that may not leave; kept for the day on which an assumption is broken',
    patches: [
      patch(
        'permission.ts',
        `if (lan.foreignClaimAt >= contact.ackedAt) return 'addressClaimed';`,
        '',
      ),
    ],
  },
  {
    name: 'address-back-without-contact',
    rule: 'a paired primary puts its address back only in contact',
    section: '6, primary 3',
    arbiters: lan,
    themes: ['sight', 'blocked'],
    implied:
      'the model puts the address back at any moment and finds nothing: the break before it keeps a primary from leaving, and its commits wait; kept because telephones would reach a box that cannot write',
    patches: [
      patch(
        'address.ts',
        `if (state.record?.mode === 'solo') return lanIsGoodAgain(state);
  return inContact(state, settings);`,
        'return lanIsGoodAgain(state);',
      ),
    ],
  },
  {
    name: 'address-back-without-probe',
    rule: 'a lone primary whose address is off puts it back only after a silent round',
    section: '6, primary 3',
    arbiters: lan,
    themes: ['sight', 'blocked'],
    implied:
      'the model puts the address back at any moment and finds nothing: a lone primary is alone by permission, so nobody else serves; kept for the day on which an assumption is broken',
    patches: [
      patch(
        'address.ts',
        `return lastRound !== null && lastRound.startedAt >= brokenAt && roundWasSilent(state, -Infinity);`,
        'return lastRound !== null || brokenAt > 0 || roundWasSilent(state, -Infinity);',
      ),
    ],
  },
];
