// The status in plain words. A pure function of what the agent tells, so that every sentence can be tested.
import type { StatusJson } from '../daemon/status.ts';
import { alarmText } from './alarmText.ts';
import { portRows, resetText, watchdogText } from './hardwareText.ts';
import { localTime, roughly } from './localTime.ts';
import { guardianRows } from './serviceText.ts';
import { syncRows } from './syncText.ts';

/** What each arbiter relies on, in one line (protocol.md sections 5 and 6). */
const assumptions = {
  lan: 'evidence from the LAN; assumes that heartbeat and LAN are never both cut at once, that a hung box is reset by its watchdog, and that no box freezes and goes on later',
  etcd: 'a ledger outside the pair (etcd) gives each epoch to one box; assumes that it is never restored to an older state',
  fence:
    'a power switch: a box goes on alone only after the other was switched off, verified; assumes that the device tells the truth',
  manual: 'a person decides; a standby never takes over by itself',
} as const satisfies Record<StatusJson['arbiter'], string>;

/** Several lines, the first of which says the most important. */
export function statusText(status: StatusJson): string {
  const rows = statusRows(status);
  const width = Math.max(...rows.map(([name]) => name.length));
  const body = rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}\n`).join('');
  return `${headline(status)}\n${body}`;
}

/** What is said below the first line: subject and sentence; a row without a subject goes on with that of the row before. */
export function statusRows(status: StatusJson): readonly TextRow[] {
  return [
    ['because', status.reason],
    ...waitingRows(status),
    ['last change', lastChangeText(status)],
    ['other box', peerText(status)],
    ...problemRow('heartbeat', status.heartbeatProblem),
    ...status.paths.map((path) => [`heartbeat ${path.name}`, pathText(path)] as const),
    ...keyRows(status),
    ['database', databaseText(status)],
    ...status.databaseFindings.map(({ text }) => ['', text] as const),
    ['service port', portText(status)],
    ...portRows(status),
    ...guardianRows(status.guardian),
    ...syncRows(status.guardian),
    ...problemRow('state', status.stateProblem),
    ...problemRow('flight record', status.flight.problem),
    ...arbiterRows(status),
    ['watchdog', watchdogText(status)],
    ...(status.maintenanceUntil === null
      ? []
      : [
          [
            'maintenance',
            `takeovers are paused until ${localTime(status.maintenanceUntil)}`,
          ] as const,
        ]),
    ...preferenceRows(status),
    ['last start', bootText(status)],
    ...(status.quarantine === null
      ? []
      : [['quarantine', quarantineText(status.quarantine)] as const]),
    ...alarmRows(status.alarms),
  ];
}

/** One sentence: role, paired or solo, since when. */
export function headline(status: StatusJson): string {
  const { node, role, mode, epoch, modeSince, state } = status;
  const since = `since ${localTime(modeSince)}`;
  const reign = epoch === null ? '' : ` (epoch ${epoch})`;
  if (role === 'primary' && mode === 'paired') {
    return `${node} is primary, paired ${since}${reign}: every commit is on both boxes.`;
  }
  if (role === 'primary')
    return `${node} is primary, solo ${since}${reign}: commits are on this box only.`;
  if (role === 'standby' && status.eligible && status.quarantine === null)
    return `${node} is standby, paired ${since}${reign}: it can take over.`;
  if (role === 'standby') return `${node} is standby${reign}: it cannot take over now.`;
  if (status.recordProblem !== null) return `${node} serves nothing: its record cannot be used.`;
  return `${node} serves nothing: ${stateText[state]}${reign}.`;
}

export type TextRow = readonly [string, string];

/** Where another box than the one that serves is preferred, what becomes of that. */
function preferenceRows({ role, preferred, failback, peerStatus }: StatusJson): TextRow[] {
  const isOther = peerStatus?.preferred === true;
  if (preferred && isOther)
    return [['preferred', 'both boxes have node.preferred: neither asks for the service']];
  const box =
    role === 'primary' && isOther ? 'the other' : role === 'standby' && preferred ? 'this' : null;
  if (box === null) return [];
  const then =
    failback === 'manual'
      ? 'hotpair switchover makes it primary when it suits'
      : failback === 'never'
        ? 'it does not become primary by itself'
        : `it asks for the service when it was fit for ${roughly(failback)}`;
  return [['preferred', `${box} box is preferred: ${then}`]];
}

/** What is waited for and, for a box that cannot take over or go on alone, which condition is missing. */
function waitingRows({
  waitingFor,
  reason,
  role,
  mode,
  hindrance,
  eligible,
  peerHeard,
  pairingPause,
}: StatusJson): TextRow[] {
  const rows: TextRow[] = [];
  if (waitingFor !== null && waitingFor !== reason) rows.push(['waits for', waitingFor]);
  if (role === 'primary' && mode === 'solo') {
    rows.push([
      'waits for',
      pairingPause === null
        ? 'the other box: it is made a synchronous standby as soon as it follows'
        : pairingPause.text,
    ]);
  }
  if (role === 'standby' && !eligible) {
    rows.push([
      'waits for',
      'the primary: it must find this box in step and allow it to take over',
    ]);
  }
  // While the other box is heard there is nothing to decide.
  if (!peerHeard && mode === 'paired' && hindrance !== null) {
    rows.push(['not alone yet', hindranceText[hindrance] ?? hindrance]);
  }
  return rows;
}

/** Why a box that hears nothing from the other one does not go on alone at this moment. */
export const hindranceText: Readonly<Record<string, string>> = {
  maintenance: 'takeovers are paused for a maintenance',
  neverHeard: 'the other box was not heard since the agent started',
  peerNotSilent: 'the other box has not been silent for long enough',
  soloTimeNotReached: 'the other box has not been silent for long enough',
  claimLost: 'the arbiter gave the epoch to the other box',
  notSettled: 'the arbiter has not said yet what became of an earlier request',
  notPublished: 'the arbiter does not know yet that the pair is paired',
  askedJustNow: 'the arbiter was asked just now',
  notEligible: 'the primary had not allowed this box to take over',
  databaseNotReady: 'the database does not run as a standby',
  noRoundSinceContact: 'the LAN has not been asked since the last contact',
  roundTooOld: 'the LAN has not been asked just now',
  roundInterrupted: 'the LAN was not asked as often as it must be: this box was busy',
  lanNotGood: 'the LAN is not good here: no carrier, or no reference answers',
  lanWasBroken: 'the LAN was not good all the time since the last contact',
  nobodyLooked: 'the LAN was not watched all the time since the last contact',
  addressAnswered: 'somebody answers for the service address: the other box lives',
  peerAnswered: 'the other box answers on the heartbeat port: it lives',
  addressClaimed: 'somebody else answered for the service address',
  addressOff: 'the service address is off',
  tooLate: 'the silence has lasted too long to judge it: a person decides',
  probeUntested: 'the probe of the service address was not seen to work',
  arbiterIsManual: 'a person decides (arbiter manual)',
  arbiterDiffers: 'the arbiter of this epoch is another than the configured one',
  recordInFlight: 'the record is being written',
};

/** What safety rests on, and how it stands with whoever is outside the pair. */
function arbiterRows({ arbiter, arbiterStatus }: StatusJson): TextRow[] {
  const { state, problem } = arbiterStatus;
  return [
    ['arbiter', `${arbiter}: ${assumptions[arbiter]}`],
    ...(state === null ? [] : [['', state] as const]),
    ...problemRow('', problem),
  ];
}

function bootText(status: StatusJson): string {
  const { text, boots, unexpectedInRow } = status.boot;
  const row = unexpectedInRow > 1 ? `, ${unexpectedInRow} unexpected starts in a row` : '';
  return `${text}; boot ${boots}${row}${resetText(status)}`;
}

function quarantineText({ leftMs, text }: NonNullable<StatusJson['quarantine']>): string {
  return `${text}, for ${roughly(leftMs)} more; hotpair maintenance off ends it`;
}

function problemRow(
  name: string,
  problem: { readonly code: string; readonly text: string } | null,
): TextRow[] {
  return problem === null ? [] : [[name, `${problem.code}: ${problem.text}`]];
}

/** Nothing is said of a key that stays. */
function keyRows({ pairKey }: StatusJson): TextRow[] {
  const { exchange, fingerprint, otherFingerprint } = pairKey;
  if (exchange === null) return [];
  const text =
    exchange === 'next'
      ? `is exchanged: ${fingerprint} is sent with, ${otherFingerprint} is accepted and waits for the other box`
      : `is exchanged: ${fingerprint} is sent with, ${otherFingerprint} is accepted until the other box does the same`;
  return [['pair key', text]];
}

function alarmRows(alarms: readonly string[]): TextRow[] {
  if (alarms.length === 0) return [['alarms', 'none']];
  return alarms.map((name, index) => [index === 0 ? 'alarms' : '', alarmText(name)]);
}

const stateText = {
  unpaired: 'it is not paired',
  starting: 'it waits to know what it may do',
  opening: 'it opens its database',
  solo: 'it is about to serve alone',
  pairing: 'it is pairing',
  paired: 'it holds a paired epoch',
  leaving: 'it is going on alone',
  handingOver: 'it hands over',
  rejoining: 'it comes back as standby',
  standby: 'it is standby',
  takingOver: 'it takes over',
  steppingDown: 'it steps down',
} as const satisfies Record<StatusJson['state'], string>;

/** What the other box says that it is. */
export const peerStateText = {
  unpaired: 'not paired',
  starting: 'starting',
  opening: 'opening its database',
  solo: 'primary, alone',
  pairing: 'primary, pairing',
  paired: 'primary, paired',
  leaving: 'primary, going on alone',
  handingOver: 'handing over',
  rejoining: 'coming back as standby',
  standby: 'standby',
  takingOver: 'taking over',
  steppingDown: 'stepping down',
} as const satisfies Record<StatusJson['state'], string>;

function lastChangeText({ lastRoleChange, lastChange }: StatusJson): string {
  if (lastRoleChange !== null) {
    const { from, to, at, text } = lastRoleChange;
    const change =
      from === 'none' ? `to ${roleText[to]}` : `from ${roleText[from]} to ${roleText[to]}`;
    return `${change} at ${localTime(at)}: ${text}`;
  }
  if (lastChange === null) return 'none known';
  return `${stateText[lastChange.to]} since ${localTime(lastChange.at)}: ${lastChange.reason}`;
}

const roleText = { primary: 'primary', standby: 'standby', none: 'no role' } as const;

function peerText({ peerHeard, silentMs, peerStatus, lastContact }: StatusJson): string {
  if (silentMs === null || lastContact === null) return 'not heard since the agent started';
  const said =
    peerStatus === null
      ? ''
      : `, ${peerStateText[peerStatus.state]}${peerStatus.eligible ? ' (can take over)' : ''}${unfitText(peerStatus)}`;
  if (peerHeard) return `heard ${roughly(silentMs)} ago${said}`;
  const last = said === '' ? '' : `; what it said last: ${said.slice(2)}`;
  return `silent for ${roughly(silentMs)}, since ${localTime(lastContact)}${last}`;
}

/** Only what keeps a primary from handing over to it, and is not told by its state. */
function unfitText({ fitness }: NonNullable<StatusJson['peerStatus']>): string {
  return fitness.services ? '' : ', its services are not fit';
}

function pathText(path: StatusJson['paths'][number]): string {
  const bad = Object.values(path.garbage).reduce((sum, count) => sum + count, 0);
  const { received, lost, jitterMs, lastReceived } = path;
  const trouble = [
    bad > 0 ? `${bad} not readable` : '',
    path.alarms.includes('pathOneWay') ? 'does NOT reach the other box' : '',
    path.alarms.includes('pathOnlySmall') ? 'passes SMALL datagrams only' : '',
    path.looped > 0 ? `${path.looped} of our own (a loop in the cable)` : '',
    path.repeated > 0 ? `${path.repeated} repeated` : '',
    path.sendFailed > 0 ? `${path.sendFailed} not sent` : '',
  ].filter((text) => text !== '');
  const since = `${pathStateText[path.state]} since ${localTime(path.since)}`;
  const damped = path.holdMs > 0 ? `, believed again after ${roughly(path.holdMs)} of quiet` : '';
  const figures =
    lastReceived === null
      ? 'nothing received yet'
      : `last ${localTime(lastReceived)}, ${received} received, ${lost} lost, jitter ${jitterMs} ms`;
  return [`${path.device} ${since}${damped}`, figures, ...trouble].join(', ');
}

const pathStateText = { working: 'works', silent: 'SILENT', flapping: 'FLAPPING' } as const;

function databaseText({ database }: StatusJson): string {
  if (database.problem !== null) return `${database.problem.code}: ${database.problem.text}`;
  if (!database.present) return 'none';
  if (!database.running) return 'stopped';
  if (!database.answering) return 'runs, does not answer';
  const { timeline, lagBytes } = database;
  if (database.inRecovery === true) {
    return `standby on timeline ${timeline}, ${database.receiving ? 'receives the log' : 'receives nothing'}`;
  }
  const clients = database.admitted ? '' : ', clients are kept out';
  const behind =
    lagBytes === null
      ? 'no standby follows'
      : lagBytes === 0
        ? 'the standby has the whole log'
        : `the standby is ${lagBytes} bytes behind`;
  return `primary on timeline ${timeline}, ${behind}${clients}`;
}

function portText({ port }: StatusJson): string {
  if (!port.present) return `${port.device} does not exist`;
  const link = port.up ? (port.carrier ? 'up' : 'up without carrier') : 'down';
  const address = port.addressesOn
    ? 'service addresses on'
    : port.anyAddressOn
      ? 'some service addresses on'
      : 'no service address';
  return `${port.device} ${link}, ${address}`;
}
