// What speaks against a box or a pair, sentence by sentence.
import test from 'ava';
import { boxTroubles, pairTroubles, remarks, updateTroubles } from '../../src/cli/healthText.ts';
import type { StatusJson } from '../../src/daemon/status.ts';
import { aStatus } from '../words/aStatus.ts';

const primary = aStatus();
const { peerStatus } = primary;
const peer = peerStatus as NonNullable<StatusJson['peerStatus']>;
const standby = aStatus({
  role: 'standby',
  state: 'standby',
  eligible: true,
  database: { ...primary.database, inRecovery: true, receiving: true },
  peerStatus: { ...peer, state: 'paired', eligible: false },
});

test('a paired primary and its standby lack nothing, and only the standby may be taken out', (t) => {
  t.deepEqual(pairTroubles(primary), []);
  t.deepEqual(pairTroubles(standby), []);
  t.deepEqual(updateTroubles(standby), []);
  t.deepEqual(updateTroubles(primary), ['this box serves: hotpair switchover --wait first']);
});

const unfitPeer = { ...peer, fitness: { ...peer.fitness, lan: false, services: false } };
const cases: readonly (readonly [string, StatusJson, string])[] = [
  ['a silent peer', { ...standby, peerHeard: false }, 'the other box is not heard'],
  [
    'a standby without permission',
    { ...standby, eligible: false },
    'the standby may not take over yet',
  ],
  ['a lone primary', { ...primary, mode: 'solo' }, 'the box serves alone: commits are on it only'],
  [
    'an unfit peer',
    { ...primary, peerStatus: unfitPeer },
    'the other box is not fit: lan, services',
  ],
  [
    'a peer that comes back',
    { ...primary, peerStatus: { ...peer, state: 'rejoining' } },
    'the other box is coming back as standby, not standby',
  ],
  [
    'a maintenance',
    { ...standby, maintenanceUntil: '2026-11-25T20:00:00.000Z' },
    'takeovers are paused for a maintenance',
  ],
  [
    'no role',
    { ...standby, role: 'none', reason: 'listening for the peer' },
    'the box has no role yet: listening for the peer',
  ],
  [
    'a database that stands still',
    { ...standby, database: { ...standby.database, answering: false } },
    'the database does not answer',
  ],
  [
    'a standby that receives nothing',
    { ...standby, database: { ...standby.database, receiving: false } },
    'the database does not receive the log',
  ],
  [
    'clients that are kept out',
    { ...primary, database: { ...primary.database, admitted: false } },
    'clients are not let into the database yet',
  ],
  [
    'a damaged record',
    { ...standby, recordProblem: { code: 'RECORD_CORRUPT', text: 'no copy is valid' } },
    'the record cannot be used: RECORD_CORRUPT',
  ],
  [
    'a quarantine',
    { ...standby, quarantine: { leftMs: 60_000, text: '3 unexpected starts' } },
    'the box is in quarantine after too many unexpected starts',
  ],
];

for (const [what, status, sentence] of cases) {
  test(`${what} is told in one sentence, and no box is taken out then`, (t) => {
    t.deepEqual(pairTroubles(status), [sentence]);
    t.true(updateTroubles(status).includes(sentence));
  });
}

test('a box is judged without the other one where only its own system is in question', (t) => {
  t.deepEqual(boxTroubles({ ...standby, peerHeard: false, peerStatus: null, eligible: false }), []);
  t.deepEqual(boxTroubles({ ...primary, mode: 'solo', peerHeard: false }), []);
});

test('an exchange of the key holds an update back, alarms are remarks', (t) => {
  const exchanging = { ...standby, pairKey: { ...standby.pairKey, exchange: 'next' as const } };
  t.deepEqual(updateTroubles(exchanging), ['the key of the pair is being exchanged']);
  t.deepEqual(remarks({ ...standby, alarms: ['pathSilent'] }), ['alarm pathSilent']);
});
