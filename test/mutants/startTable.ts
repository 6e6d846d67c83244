// Section 8 and the gate (I8): what may be served after a start, of the box, of the agent or of PostgreSQL.
import { patch } from './mutant.ts';
import type { Mutant } from './mutant.ts';

const lan = ['lan'] as const;

export const startTable: readonly Mutant[] = [
  {
    name: 'serve-stale-at-boot',
    rule: 'a node that starts with a paired record never serves alone without a permission obtained after its start',
    section: '3, I7',
    arbiters: lan,
    patches: [
      patch(
        'start.ts',
        `if (record.mode === 'solo' && record.holder === settings.self) {
    if (nothingIsThere(turn))`,
        `if (record.mode === 'paired' && record.holder === settings.self) {
    if (nothingIsThere(turn)) beginLeaving(turn, { code: 'resumeAlone' });
    return;
  }
  if (record.mode === 'solo' && record.holder === settings.self) {
    if (nothingIsThere(turn))`,
      ),
    ],
  },
  {
    name: 'boot-before-links',
    rule: 'a lone primary that starts listens on every path, and for the link-up deadline where there is no carrier',
    section: '8',
    arbiters: lan,
    themes: ['return'],
    patches: [patch('start.ts', 'if (!listenedLongEnough(state, settings)) return false;', '')],
  },
  {
    name: 'boot-without-probe',
    rule: 'a lone primary that starts serves only after a silent round on a LAN that answers',
    section: '8',
    arbiters: lan,
    themes: ['return'],
    patches: [
      patch(
        'start.ts',
        'return roundWasSilent(state, quietSince) && (state.lan.lastRound?.startedAt ?? 0) >= startedAt;',
        'return roundWasSilent(state, quietSince) || startedAt <= now;',
      ),
    ],
  },
  {
    name: 'no-restart-gate',
    rule: 'a primary that starts in a paired epoch lets clients in only when the standby holds the whole log',
    section: '3, I8',
    arbiters: lan,
    themes: ['databases'],
    patches: [
      patch(
        'opening.ts',
        `if (record?.mode === 'solo') {
    admit(turn);`,
        `if (record?.mode === 'solo' || state.reason.code === 'resumePaired') {
    admit(turn);`,
      ),
    ],
  },
  {
    name: 'ungated-crash-restart',
    rule: 'PostgreSQL that ended by itself on a paired primary is started behind the gate',
    section: '3, I8',
    arbiters: lan,
    themes: ['databases'],
    patches: [
      patch(
        'opening.ts',
        `if (record?.mode === 'solo') {
    admit(turn);`,
        `if (record?.mode === 'solo' || state.reason.code === 'databaseExited') {
    admit(turn);`,
      ),
    ],
  },
  {
    name: 'ahead-standby-not-asked',
    rule: 'a standby that flushed more than a crash left on the primary gets the epoch',
    section: '3, I8',
    arbiters: lan,
    themes: ['forgetful'],
    patches: [patch('opening.ts', 'return said.database.lsn > database.lsn;', 'return false;')],
  },
  {
    name: 'operator-takes-n-plus-1',
    rule: 'an operator writes n+2, which can never equal the n+1 of a lone peer',
    section: '5, operator',
    arbiters: lan,
    themes: ['return'],
    patches: [
      patch(
        'records.ts',
        'Math.max((record?.epoch ?? 0) + (holdsNothing ? 1 : 0), contact.highestEpoch) + 2',
        'Math.max(record?.epoch ?? 0, contact.highestEpoch) + 1',
      ),
    ],
  },
];
