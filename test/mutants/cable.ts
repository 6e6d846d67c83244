// Two heartbeat paths and one way for replication: when a standby consents because that way is cut, and what waits until it is
// good again. A consent gives nothing to whoever gives it, so that the simulator breaks nothing here.
import { patch } from './mutant.ts';
import type { Mutant } from './mutant.ts';

const lan = ['lan'] as const;

const protectionOnly =
  'a consent takes the right to take over from whoever gives it, and its primary leaves only with the record on disk: nothing is lost';

export const cable: readonly Mutant[] = [
  {
    name: 'late-words-are-contact',
    rule: 'words that were on their way when Eth1 went dark are no sign that the peer is heard another way',
    section: '4, consent',
    arbiters: lan,
    themes: ['sight'],
    patches: [
      patch(
        'cable.ts',
        'cable.otherAt - lan.heartbeatCarrierSince >= settings.heartbeatIntervalMs',
        'cable.otherAt >= lan.heartbeatCarrierSince',
      ),
    ],
    implied: `${protectionOnly}; kept because a standby whose primary has just died would give its right away instead of taking over`,
  },
  {
    name: 'silence-alone-is-a-cut',
    rule: 'Eth1 that keeps its carrier is cut only where the log stands still as well',
    section: '4, consent',
    arbiters: lan,
    themes: ['sight'],
    patches: [
      patch('cable.ts', 'if (state.cable.stalledMs < settings.deadIntervalMs) return false;', ''),
    ],
    implied: `${protectionOnly}; kept because heartbeats alone that are lost would leave the pair unprotected`,
  },
  {
    name: 'cut-consent-in-the-gate',
    rule: 'a cut cable is a reason for a consent only where the peer serves as a pair',
    section: '4, consent',
    arbiters: lan,
    themes: ['databases', 'sight'],
    patches: [patch('consent.ts', "said.stateName === 'paired' &&", '')],
    implied:
      'a standby whose log is longer than that of its primary does not consent, so that the gate loses nothing; kept because a primary that only starts keeps nobody waiting',
  },
  {
    name: 'pairs-over-a-cut-cable',
    rule: 'commits wait for a cable that caused a consent only when it has been good for a second',
    section: '7, pairing',
    arbiters: lan,
    themes: ['sight'],
    patches: [patch('solo.ts', '!isSteady(state, turn.settings, said)', 'false')],
    implied:
      'whatever is not flushed behind the barrier ends the pairing again; kept because commits would wait for nothing meanwhile, again and again',
  },
  {
    name: 'rebuilt-over-a-cut-cable',
    rule: 'a log is thrown away only where Eth1 brings what is to take its place',
    section: '7, rejoin',
    arbiters: lan,
    themes: ['sight', 'databases'],
    patches: [
      patch('standby.ts', 'if (!cableCarries(state, settings)) return false;', ''),
      patch('rejoin.ts', 'if (!cableCarries(state, turn.settings)) return;', ''),
    ],
    implied:
      'only a box that holds nothing of its own is rebuilt; kept because that log is what an operator has left where the primary dies meanwhile',
  },
  {
    name: 'serial-silence-too-short',
    rule: 'D_fast gives a serial path, that speaks less often, its own time',
    section: '6, standby 1',
    arbiters: lan,
    themes: ['sight', 'blocked'],
    patches: [
      patch(
        'cable.ts',
        'return Math.max(fastDeadIntervalMs, serialSilenceMs);',
        'return fastDeadIntervalMs;',
      ),
    ],
    implied:
      'a living primary behind a dark cable answers on the LAN; kept because each beginning of a takeover would rest on that answer alone',
  },
];
