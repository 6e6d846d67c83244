// What a status lacks to be well, as sentences: of this box alone, of the pair, and of a box that is to be updated. Pure functions,
// so that every sentence can be tested.
import type { StatusJson } from '../daemon/status.ts';
import { peerStateText } from '../words/statusText.ts';

/** Of the box itself: an update is judged by this where the other box is away for reasons of its own. */
export function boxTroubles(status: StatusJson): readonly string[] {
  const { role, database, recordProblem, stateProblem, guardian, quarantine } = status;
  return said([
    [recordProblem !== null, `the record cannot be used: ${recordProblem?.code ?? ''}`],
    [stateProblem !== null, `the state directory cannot be written: ${stateProblem?.code ?? ''}`],
    [role === 'none', `the box has no role yet: ${status.reason}`],
    [
      database.problem !== null,
      `the database cannot be used: ${database.problem?.code ?? ''}: ${database.problem?.text ?? ''}`,
    ],
    [
      database.problem === null && (!database.running || !database.answering),
      'the database does not answer',
    ],
    [role === 'primary' && !database.admitted, 'clients are not let into the database yet'],
    [role === 'standby' && !database.receiving, 'the database does not receive the log'],
    [guardian !== null && !guardian.fit, 'a service that the box must have does not run'],
    [quarantine !== null, 'the box is in quarantine after too many unexpected starts'],
  ]);
}

/** Of the pair: nothing means that either box could lose power now. */
export function pairTroubles(status: StatusJson): readonly string[] {
  const { role, mode, peerHeard, peerStatus, eligible, maintenanceUntil } = status;
  const unfit = unfitNames(peerStatus);
  return [
    ...boxTroubles(status),
    ...said([
      [!peerHeard, 'the other box is not heard'],
      [role === 'primary' && mode !== 'paired', 'the box serves alone: commits are on it only'],
      [role === 'standby' && !eligible, 'the standby may not take over yet'],
      [
        role === 'primary' && peerHeard && peerStatus !== null && peerStatus.state !== 'standby',
        `the other box is ${peerStatus === null ? 'unknown' : peerStateText[peerStatus.state]}, not standby`,
      ],
      [peerHeard && unfit.length > 0, `the other box is not fit: ${unfit.join(', ')}`],
      [
        maintenanceUntil !== null || peerStatus?.fitness.maintenance === true,
        'takeovers are paused for a maintenance',
      ],
    ]),
  ];
}

/** What speaks against taking this box out now for an update; the other one has to carry everything meanwhile. */
export function updateTroubles(status: StatusJson): readonly string[] {
  const { role, peerStatus, pairKey, peerHeard, guardian } = status;
  const isBehind = guardian?.sync.some((set) => set.isBehind) === true;
  return [
    ...said([
      [role === 'primary', 'this box serves: hotpair switchover --wait first'],
      [
        role === 'standby' && peerHeard && peerStatus !== null && peerStatus.state !== 'paired',
        `the other box is ${peerStatus === null ? 'unknown' : peerStateText[peerStatus.state]}, not a primary that is paired with this one`,
      ],
      [pairKey.exchange !== null, 'the key of the pair is being exchanged'],
      [isBehind, 'files are being copied from the other box'],
    ]),
    ...pairTroubles(status),
  ];
}

/** Worth a look and no hindrance. */
export function remarks({ alarms }: StatusJson): readonly string[] {
  return alarms.map((name) => `alarm ${name}`);
}

function unfitNames(peer: StatusJson['peerStatus']): readonly string[] {
  if (peer === null) return [];
  return Object.entries(peer.fitness)
    .filter(([name, good]) => name !== 'maintenance' && !good)
    .map(([name]) => name);
}

function said(rows: readonly (readonly [boolean, string])[]): readonly string[] {
  return rows.filter(([applies]) => applies).map(([, text]) => text);
}
