// Sections 3 and 7: records before acts, the order of a pairing, handover and handback, the way back of an old primary.
import { patch } from './mutant.ts';
import type { Mutant } from './mutant.ts';

const lan = ['lan'] as const;

export const changes: readonly Mutant[] = [
  {
    name: 'no-barrier',
    rule: 'the standby has flushed past the position taken after the proof before the paired record is written',
    section: '3, I5',
    arbiters: lan,
    patches: [
      patch(
        'solo.ts',
        `database.standbyFlushLsn === null ||
    database.standbyFlushLsn < plan.lsn ||
    state.contact.peer === null`,
        'state.contact.peer === null',
      ),
      patch(
        'solo.ts',
        `phase !== 'barrier' || plan.lsn === null || !database.standbyStreaming`,
        `phase !== 'barrier' || plan.lsn === null`,
      ),
    ],
  },
  {
    name: 'pair-before-sync',
    rule: 'the setting is proved in force before the paired record is written',
    section: '3, I5',
    arbiters: lan,
    patches: [
      patch(
        'solo.ts',
        `ask(turn, { type: 'setSynchronous', deadlineMs: turn.settings.pairingDeadlineMs });`,
        `ask(turn, { type: 'setSynchronous', deadlineMs: turn.settings.pairingDeadlineMs });
  turn.state.plan.lsn = turn.state.database.lsn;
  enterPhase(turn, 'barrier');`,
      ),
    ],
  },
  {
    name: 'tell-before-record',
    rule: 'the paired epoch is said and granted only when its record is on disk',
    section: '7, pairing',
    arbiters: lan,
    themes: ['records'],
    patches: [
      patch(
        'solo.ts',
        `write(turn, pairedRecord(turn, (state.record?.epoch ?? 0) + 1, state.contact.peer));`,
        `write(turn, pairedRecord(turn, (state.record?.epoch ?? 0) + 1, state.contact.peer));
  state.record = state.writing;
  beginPaired(turn, { code: 'pairedProved' });`,
      ),
      patch(
        'paired.ts',
        `state.leaving ||
    state.writing !== null ||`,
        'state.leaving ||',
      ),
    ],
  },
  {
    name: 'record-after-promote',
    rule: 'the record of a takeover is on disk before the database is promoted',
    section: '3, I4',
    arbiters: lan,
    patches: [
      patch(
        'takeover.ts',
        'write(turn, soloRecord(turn, epoch));',
        `write(turn, soloRecord(turn, epoch));
  if (state.database.running && state.database.inRecovery === true) promote(turn);`,
      ),
    ],
  },
  {
    name: 'record-after-clear',
    rule: 'the record of a lone reign is on disk before the setting is cleared',
    section: '3, I4',
    arbiters: lan,
    patches: [
      patch(
        'entrances.ts',
        'write(turn, soloRecord(turn, epoch));',
        `write(turn, soloRecord(turn, epoch));
  if (state.database.running) clearSetting(turn);`,
      ),
    ],
  },
  {
    name: 'lower-record-rewritten',
    rule: 'a lower record is never written again, also not when the writing of a higher one failed',
    section: '3, I3',
    arbiters: lan,
    patches: [
      patch('turn.ts', `throw new Error('I3: a lower record would be written');`, ';'),
      patch(
        'step.ts',
        'write(turn, state.writing);',
        'write(turn, state.record ?? state.writing);',
      ),
    ],
  },
  {
    name: 'no-recheck-before-write',
    rule: 'a record of a takeover that was late is asked for again only while the permission still holds',
    section: '4',
    arbiters: lan,
    themes: ['records'],
    implied:
      'the model lets a primary leave while a takeover is under way and finds nothing: whoever is taken over from is gone or has its address off, and leaves only after new contact; kept so that no takeover is open when D_solo is over',
    patches: [patch('absorb.ts', `if (state.name === 'takingOver') takeoverDiskHangs(turn);`, '')],
  },
  {
    name: 'catchup-may-promote',
    rule: 'a node in catchup never promotes',
    section: '3, I6',
    arbiters: lan,
    patches: [
      patch(
        'permission.ts',
        `if (record === null || record.mode !== 'paired' || record.holder === settings.self)
    return 'notPaired';
  const general = generalHindrance(state, settings);
  if (general !== null) return general;
  if (state.maintenanceUntil`,
        `if (record === null || record.mode === 'solo' || record.holder === settings.self)
    return 'notPaired';
  const general = generalHindrance(state, settings);
  if (general !== null) return general;
  if (state.maintenanceUntil`,
      ),
      patch(
        'permission.ts',
        `if (eligibility.epoch !== record.epoch) return 'notEligible';`,
        `if (record.mode === 'paired' && eligibility.epoch !== record.epoch) return 'notEligible';`,
      ),
    ],
  },
  {
    name: 'handover-taken-back-by-timeout',
    rule: 'no timeout gives a handed epoch back',
    section: '7, handover',
    arbiters: lan,
    patches: [
      patch(
        'handover.ts',
        `if (said === null || record === null || said.record === null || record.job === 'cloning') return;`,
        `if (record === null || record.job === 'cloning') return;
  if (record.handed === 'handed' && inPhaseMs(turn) > turn.settings.handoverDeadlineMs) {
    enterPhase(turn, 'takingBack');
    write(turn, soloRecord(turn, record.epoch + 1));
    return;
  }
  if (said === null || said.record === null) return;`,
      ),
    ],
  },
  {
    name: 'handover-without-position',
    rule: 'the epoch is handed over only when the taker holds the whole log of the giver',
    section: '7, handover',
    arbiters: lan,
    themes: ['databases'],
    implied:
      'what the taker lacks was acknowledged to nobody, because commits waited for it; kept so that the giver follows without a rewind and can be handed back to',
    patches: [
      patch(
        'handover.ts',
        `said.database.lsn === null ||
    said.database.lsn < lsn ||`,
        '',
      ),
      patch(
        'standby.ts',
        'database.lsn === null || database.lsn < grant.lsn',
        'database.lsn === null',
      ),
    ],
  },
  {
    name: 'handback-taken-back',
    rule: 'a handback is never taken back',
    section: '7, handover',
    arbiters: lan,
    themes: ['handback'],
    patches: [
      patch(
        'handover.ts',
        `record.handed === 'handedBack' ||
    said.record.mode`,
        'said.record.mode',
      ),
    ],
  },
  {
    name: 'handback-of-a-longer-log',
    rule: 'the taker hands back only when the log of the giver holds all of its own',
    section: '7, handover',
    arbiters: lan,
    themes: ['forgetful'],
    patches: [
      patch(
        'takeover.ts',
        'event.lsn === null || peerLsn === null || event.lsn > peerLsn',
        'peerLsn === null',
      ),
    ],
  },
  {
    name: 'rewind-of-a-forked-log',
    rule: 'a primary whose log a crash left shorter than the standby is cloned afterwards, never rewound',
    section: '3, I8',
    arbiters: lan,
    themes: ['forgetful'],
    patches: [patch('opening.ts', `ends, 'cloning');`, `ends, 'none');`)],
  },
  {
    name: 'job-not-recorded',
    rule: 'the record names the job while the data directory must not be started',
    section: '7, rejoin',
    arbiters: lan,
    themes: ['databases'],
    patches: [
      patch(
        'rejoin.ts',
        `rebuiltRecord(turn, needsClone ? 'cloning' : 'rewinding')`,
        `rebuiltRecord(turn, 'none')`,
      ),
    ],
  },
  {
    name: 'rebuilt-before-consent',
    rule: 'only a box that holds nothing of its own may throw its log away',
    section: '7, rejoin',
    arbiters: lan,
    themes: ['forgetful'],
    patches: [
      patch(
        'rejoin.ts',
        `if ((!needsRewind && !needsClone) || state.record?.mode === 'paired') {`,
        'if (!needsRewind && !needsClone) {',
      ),
      patch('rejoin.ts', ' || !mayBeRebuilt(turn, said)', ''),
    ],
  },
  {
    name: 'consent-though-ahead',
    rule: 'a standby whose log is longer than that of the primary does not consent',
    section: '3, I8',
    arbiters: lan,
    themes: ['forgetful'],
    patches: [patch('consent.ts', `isLongerThan(turn, said.database)`, 'false')],
  },
  {
    name: 'missed-record-still-heard',
    rule: 'a standby whose record is late falls silent and takes no grant',
    section: '7, disk',
    arbiters: lan,
    patches: [patch('absorb.ts', 'state.mute = true;', '')],
  },
];
