// Every bug of the core that the simulator found, with what it was. What an entry is stands in regression.ts.
import { patch } from '../mutants/mutant.ts';
import type { Regression } from './regression.ts';

export const regressions: readonly Regression[] = [
  {
    story: 'a standby whose database did not start twice gave no consent, and its primary waited',
    arbiter: 'lan',
    faults: ['databaseHung', 'databaseCrashed', 'logRecycled', 'replicationBlocked'],
    patches: [
      patch(
        'rejoin.ts',
        `    givesConsent(
      turn,
      state.phase === 'waiting' ? settings.replicationDeadlineMs : settings.followDeadlineMs,
    )`,
        `    givesConsent(turn, settings.replicationDeadlineMs * Infinity)`,
      ),
    ],
    heldBy: {
      file: 'troubles.test.ts',
      title:
        'so does one whose database is being started again: the primary must not wait for it without end',
    },
  },
  {
    story: 'a promotion that hung left a database that runs, and was started for ever',
    arbiter: 'lan',
    faults: ['databaseHung', 'powerLoss', 'databaseCrashed'],
    patches: [
      patch(
        'entrances.ts',
        `  } else if (!answering && state.now - state.since < settings.followDeadlineMs) {
    enterPhase(turn, 'retrying');
  } else {`,
        `  } else if (settings.followDeadlineMs > 0 || !answering) {
    enterPhase(turn, 'retrying');
  } else {`,
      ),
    ],
    heldBy: {
      file: 'troubles.test.ts',
      title: 'a database whose promotion hung is stopped and started anew',
    },
  },
  {
    story: 'a handback was lost because contact was broken when it was offered',
    arbiter: 'lan',
    faults: ['switchover', 'heartbeatCut', 'heartbeatsFiltered', 'agentStalled'],
    patches: [
      patch(
        'handover.ts',
        `  if (given && said?.record?.handed === 'handedBack') return;
`,
        '',
      ),
    ],
    heldBy: {
      file: 'handover.test.ts',
      title: 'a handback waits for its grant, and is not taken for another log or another start',
    },
  },
  {
    story: 'I3: a takeover whose record failed was asked for after the primary had left alone',
    arbiter: 'lan',
    faults: ['diskSlow', 'diskFailing', 'powerLoss', 'heartbeatCut'],
    patches: [patch('absorb.ts', `if (state.name === 'takingOver') takeoverDiskHangs(turn);`, '')],
    heldBy: {
      file: 'troubles.test.ts',
      title:
        'a takeover whose record fails again and again resets its box before the primary may leave alone',
    },
  },
  {
    story: 'V3: a gate that handed over to a standby that was ahead kept its service address on',
    arbiter: 'lan',
    faults: ['databaseCrashed', 'databaseHung', 'bothPowerLoss', 'powerLoss'],
    patches: [
      patch(
        'entrances.ts',
        `  lowerAddress(turn);
  // Recovery wrote`,
        `  // Recovery wrote`,
      ),
      patch(
        'handover.ts',
        `  if (state.phase === 'granting' && state.port.anyAddressOn && !lowers) lowerAddress(turn);`,
        `  if (lowers && state.phase === 'never') return;`,
      ),
      patch('speech.ts', 'plan.lsn !== null && !state.port.anyAddressOn', 'plan.lsn !== null'),
    ],
    heldBy: {
      file: 'gate.test.ts',
      title:
        'I8: a standby whose log is longer gets the epoch, and this log is marked to be cloned',
    },
  },
  {
    story: 'a claim was waited for although the peer had left the epoch',
    arbiter: 'etcd',
    faults: ['arbiterSlow', 'heartbeatCut', 'heartbeatsFiltered', 'agentStalled'],
    patches: [
      patch(
        'asking.ts',
        `if (state.phase === 'asking' && peerIsAhead(state)) {`,
        `if (state.phase === 'never' && peerIsAhead(state)) {`,
      ),
    ],
    heldBy: {
      file: 'etcd.test.ts',
      title:
        'I2 etcd: a primary that waits for an answer steps down when the peer says a higher epoch',
    },
  },
  {
    story: 'a pairing waited for a ledger that an order which came to nothing had moved on',
    arbiter: 'etcd',
    faults: ['operatorTakeover', 'agentCrashed', 'powerLoss', 'diskFailing'],
    patches: [
      patch(
        'solo.ts',
        '  else skipToLedger(turn);\n',
        '  else if (state.now < 0) skipToLedger(turn);\n',
      ),
    ],
    heldBy: {
      file: 'etcdPublishing.test.ts',
      title:
        'I3 etcd: a ledger that is ahead of a pairing is overtaken an epoch at a time, not waited for',
    },
  },
  {
    story: 'I1: a node in its gate asked the ledger although its standby had been ahead',
    arbiter: 'etcd',
    faults: ['databaseCrashed', 'databaseHung', 'powerLoss', 'agentCrashed'],
    patches: [
      patch(
        'opening.ts',
        'waits && !standbyWasAhead(turn) && mayAsk(turn)',
        '(waits && mayAsk(turn)) || (state.now < 0 && standbyWasAhead(turn))',
      ),
    ],
    heldBy: {
      file: 'etcd.test.ts',
      title:
        'I1 etcd: a primary in its gate does not ask for its epoch where the standby was ahead',
    },
  },
  {
    story:
      'an order that was refused moved the ledger, and the pair could not enter its next epoch',
    arbiter: 'etcd',
    faults: ['operatorTakeover', 'powerLoss', 'databaseLost'],
    patches: [
      patch(
        'commands.ts',
        'if (refused !== null) answer',
        'if (refused !== null && !entersFirst) answer',
      ),
      patch(
        'solo.ts',
        '  else skipToLedger(turn);\n',
        '  else if (state.now < 0) skipToLedger(turn);\n',
      ),
    ],
    heldBy: {
      file: 'etcdOrders.test.ts',
      title: 'etcd: an order that is refused does not move the ledger',
    },
  },
  {
    story: 'a link that refused to come up was asked again at every event',
    arbiter: 'lan',
    faults: ['portUnplugged', 'portDetached', 'switchDead', 'powerLoss'],
    patches: [
      patch(
        'lan.ts',
        '    if (state.now - state.lan.linkAskedAt < linkRetryMs) return;\n',
        '    if (state.now - linkRetryMs < -Infinity) return;\n',
      ),
    ],
    heldBy: {
      file: 'troubles.test.ts',
      title: 'a link that refuses to come up is asked again in a while, not at every event',
    },
  },
  {
    story: 'a standby in step was cloned for the attempts of long ago',
    arbiter: 'lan',
    faults: ['logRecycled', 'replicationBlocked', 'powerLoss'],
    patches: [patch('eligibility.ts', '  turn.state.plan.attempts = 0;\n', '')],
    heldBy: {
      file: 'troubles.test.ts',
      title: 'a standby in step again forgets how often its database was started in vain',
    },
  },
  {
    story:
      'a standby promoted by hand never gave its consent: its log was longer by a timeline of its own',
    arbiter: 'lan',
    faults: ['standbyPromotedByHand', 'agentStalled', 'agentCrashed'],
    patches: [
      patch(
        'consent.ts',
        'return timeline === theirs.timeline && lsn > theirs.lsn;',
        'return lsn > theirs.lsn && timeline !== undefined;',
      ),
    ],
    heldBy: { seed: 8 },
  },
  {
    story: 'an empty box cloned from a standby, or was to be the source of a clone itself',
    arbiter: 'lan',
    faults: ['databaseLost', 'boxReplaced', 'powerLoss'],
    patches: [
      patch(
        'rejoin.ts',
        'return record.holder === state.contact.peer && servesIn(said.stateName);',
        'return state.name !== said.stateName || servesIn(said.stateName) || record !== null;',
      ),
    ],
    heldBy: {
      file: 'troubles.test.ts',
      title: 'only a primary that serves is cloned: one that has lost its database may not be',
    },
  },
  {
    story: 'a database started by hand was followed as if it were a standby',
    arbiter: 'lan',
    faults: ['databaseStartedByHand', 'standbyPromotedByHand', 'agentCrashed'],
    patches: [
      patch(
        'rejoin.ts',
        '  if (database.running && database.inRecovery === false) {',
        '  if (database.running && database.inRecovery === false && turn.state.now < 0) {',
      ),
    ],
    heldBy: {
      file: 'troubles.test.ts',
      title:
        'a database that somebody started by hand beside a rejoining agent is stopped and rewound',
    },
  },
  {
    story: 'a standby without its database did not decline what was handed over to it',
    arbiter: 'lan',
    faults: ['databaseLost', 'switchover'],
    patches: [
      patch(
        'start.ts',
        `const waits = theirs.mode === 'paired' || theirs.handed === 'handed';`,
        `const waits = theirs.mode === 'paired';`,
      ),
    ],
    heldBy: { seed: 40 },
  },
  {
    story: 'a standby with the longer log declined the handover that nobody could take back',
    arbiter: 'lan',
    faults: ['databaseCrashed', 'databaseLost', 'databaseHung'],
    patches: [
      patch(
        'consent.ts',
        'if (!cannotTake(turn) || isLongerThan(turn, said.record)) return false;',
        'if (!cannotTake(turn)) return false;',
      ),
    ],
    heldBy: {
      file: 'handover.test.ts',
      title:
        'I1: a standby whose log is longer than the giver says never declines: nobody else could serve',
    },
  },
  {
    story: 'a higher epoch of a young start of the peer was not obeyed',
    arbiter: 'lan',
    faults: ['heartbeatCut', 'agentCrashed', 'powerLoss', 'agentStalled'],
    patches: [
      patch('contact.ts', '  noteEpoch(state, settings, heartbeat);\n', ''),
      patch(
        'contact.ts',
        '  if (isFresh(state, settings, heartbeat)) takeContact',
        '  noteEpoch(state, settings, heartbeat);\n  if (isFresh(state, settings, heartbeat)) takeContact',
      ),
    ],
    heldBy: {
      file: 'contact.test.ts',
      title:
        'I2: a higher epoch is obeyed at once, also from a start of the peer that is not in contact yet',
    },
  },
  {
    story: 'an agent that was blocked for nearly D saw no break in its LAN',
    arbiter: 'lan',
    faults: ['blockedAndCut', 'pathsAlternateUnseen', 'agentStalled'],
    patches: [
      patch(
        'lan.ts',
        'round.endedAt - seen > checkGapMs(settings) + settings.probeRoundMs',
        'round.startedAt - seen > checkGapMs(settings)',
      ),
      patch(
        'lan.ts',
        'return settings.deadIntervalMs - 2 * probeSpacingMs(settings);',
        'return settings.referenceIntervalMs + settings.marginMs;',
      ),
    ],
    heldBy: {
      file: 'primaryPermission.test.ts',
      title: 'lan 3: an agent that was blocked for nearly D since the last contact has a break',
    },
  },
  {
    story: 'a standby took over on a round that was two rounds old',
    arbiter: 'lan',
    faults: ['pathsAlternate', 'pathsAlternateUnseen', 'blockedAndCut', 'portSilent'],
    patches: [
      patch(
        'permission.ts',
        'const oldestMs = isFast ? 2 * settings.probeRoundMs : probeSpacingMs(settings);',
        'const oldestMs = Math.max(2 * settings.probeRoundMs, isFast ? 0 : probeSpacingMs(settings));',
      ),
    ],
    heldBy: {
      file: 'standbyPermission.test.ts',
      title: 'lan 3: with carrier on Eth1 only a round that ended just now is evidence',
    },
  },
  {
    story: 'a standby gave its consent to a primary that was only opening',
    arbiter: 'lan',
    faults: ['bothPowerLoss', 'databaseCrashed', 'powerLoss'],
    patches: [
      patch(
        'standby.ts',
        `said.stateName === 'opening' ? settings.followDeadlineMs : settings.replicationDeadlineMs`,
        `said.stateName === 'unpaired' ? settings.followDeadlineMs : settings.replicationDeadlineMs`,
      ),
    ],
    heldBy: {
      file: 'contact.test.ts',
      title:
        'a primary that only opens its database is no reason for a consent, until it takes too long',
    },
  },
  {
    story: 'the silence of the peer counted as a fault of the database',
    arbiter: 'lan',
    faults: ['heartbeatCut', 'heartbeatsFiltered', 'replicationBlocked'],
    patches: [
      patch(
        'absorb.ts',
        'else if (wasSilent) state.databaseFaultSince += state.now - silentSince;',
        'else if (wasSilent && silentSince < -Infinity) state.databaseFaultSince = null;',
      ),
    ],
    heldBy: {
      file: 'contact.test.ts',
      title: 'the time in which the primary was not heard is no fault of the database',
    },
  },
  {
    story: 'a primary whose heartbeats were not echoed did not look at its LAN',
    arbiter: 'lan',
    faults: ['heartbeatOneWay', 'portSilent', 'heartbeatsFiltered', 'portUnplugged'],
    patches: [
      patch(
        'contact.ts',
        'state.now - ackedAt > settings.heartbeatIntervalMs * 2.5',
        'ackedAt > Infinity',
      ),
    ],
    heldBy: {
      file: 'contact.test.ts',
      title: 'a primary that hears, and whose heartbeats are not counted, suspects trouble',
    },
  },
  {
    story: 'what the box before it had echoed counted for a new box in its place',
    arbiter: 'lan',
    faults: ['boxReplaced', 'heartbeatCut', 'powerLoss'],
    patches: [
      patch('contact.ts', '  if (contact.peer !== heartbeat.sender) contact.ackedAt = null;\n', ''),
    ],
    heldBy: {
      file: 'contact.test.ts',
      title: 'what the node before it had heard is no contact of a new one in its place',
    },
  },
  {
    story: 'I8: a new box in the place of the partner opened the gate',
    arbiter: 'lan',
    faults: ['boxReplaced', 'databaseCrashed', 'operatorTakeover'],
    patches: [
      patch(
        'opening.ts',
        'if (record === null || turn.state.contact.peer !== record.partner) return;',
        'if (record === null) return;',
      ),
    ],
    heldBy: {
      file: 'gate.test.ts',
      title: 'I8: a new box in the place of the partner opens no gate, whatever it holds',
    },
  },
  {
    story: 'I7: a node left alone on the silence of a new box in the place of its partner',
    arbiter: 'lan',
    faults: ['boxReplaced', 'heartbeatCut', 'heartbeatsFiltered', 'powerLoss'],
    patches: [
      patch(
        'permission.ts',
        'contact.peer !== null && contact.peer !== other',
        'contact.peer !== null && other === undefined',
      ),
    ],
    heldBy: {
      file: 'primaryPermission.test.ts',
      title: 'I7: contact with a new box in the place of the partner permits nothing',
    },
  },
  {
    story: 'a gate handed over to a standby that only seemed ahead, and nobody could take it back',
    arbiter: 'lan',
    faults: ['switchover', 'databaseHung', 'diskSlow'],
    patches: [patch('opening.ts', '    database.admitted ||\n', '')],
    heldBy: {
      file: 'gate.test.ts',
      title:
        'I8: a standby is not ahead of a log that clients still write to, whatever was seen of it last',
    },
  },
  {
    story:
      'an order whose outcome was not known had moved the ledger, and nobody looked there any more',
    arbiter: 'etcd',
    faults: ['operatorTakeover', 'arbiterSlow', 'arbiterDown', 'powerLoss'],
    patches: [
      patch(
        'asking.ts',
        `const looks = record.holder !== settings.self || arbiter.lostEpoch === epoch;`,
        `const looks = arbiter.lostEpoch === epoch;`,
      ),
    ],
    heldBy: {
      file: 'etcd.test.ts',
      title: 'etcd: a standby looks at the ledger now and then, and a look keeps no claim waiting',
    },
  },
  {
    story: 'a pairing waited for a ledger that an order had moved to just its own number',
    arbiter: 'etcd',
    faults: ['operatorTakeover', 'arbiterSlow', 'arbiterDown', 'powerLoss'],
    patches: [
      patch(
        'arbiterNews.ts',
        `if (found.epoch >= record.epoch) arbiter.aheadEpoch`,
        `if (found.epoch > record.epoch) arbiter.aheadEpoch`,
      ),
    ],
    heldBy: {
      file: 'etcdOrders.test.ts',
      title: 'I5 etcd: the same number in the ledger by an order to ',
    },
  },
  {
    story: 'I2: an order found in the ledger was carried through although the peer was ahead',
    arbiter: 'etcd',
    faults: ['operatorTakeover', 'arbiterSlow', 'arbiterDown', 'powerLoss'],
    patches: [
      patch(
        'asking.ts',
        `  if (peerIsAhead(state)) return;
  if (state.record?.mode === 'paired') carryThrough`,
        `  if (state.record?.mode === 'paired') carryThrough`,
      ),
    ],
    heldBy: {
      file: 'etcdOrders.test.ts',
      title:
        'I2 etcd: an order found in the ledger gives nothing once the peer is known to be ahead',
    },
  },
  {
    story: "I1: an operator's order that landed late passed over an epoch which the peer had won",
    arbiter: 'etcd',
    faults: ['orderLate'],
    patches: [
      patch(
        'ledger.ts',
        "if (found === null || (found.mode === 'solo' && found.holder !== self)) return null;",
        'if (found === null) return null;',
      ),
    ],
    heldBy: {
      file: 'ledger.test.ts',
      title:
        'I1 an order is refused once the peer has an epoch, by a claim or by an order of its own',
    },
  },
  {
    story:
      'I2: words that came one way hid that a primary behind a cut cable answered on the LAN only',
    arbiter: 'lan',
    faults: ['heartbeatsFiltered', 'heartbeatOneWay', 'heartbeatCut', 'powerLoss'],
    patches: [
      patch(
        'lan.ts',
        'contact.ackedAt !== null && now - contact.ackedAt < turn.settings.deadIntervalMs;',
        'contact.heardAt !== null && now - contact.heardAt < turn.settings.deadIntervalMs;',
      ),
    ],
    heldBy: {
      file: 'standbyPermission.test.ts',
      title: 'lan 5: words that come one way do not hide that only the LAN answers (I2)',
    },
  },
  {
    story: 'I2: a LAN that blinked while the agent was blocked made a living primary look dead',
    arbiter: 'lan',
    faults: ['lanBlinks'],
    patches: [patch('permission.ts', `if (round.peerOnHeartbeatPort) return 'peerAnswered';`, '')],
    heldBy: {
      file: 'standbyPermission.test.ts',
      title: 'lan 3: a box that answers on Eth1 lives, although its LAN does not answer',
    },
  },
];
