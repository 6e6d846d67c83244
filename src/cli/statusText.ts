// The status in plain words. A pure function of what the agent tells, so that every sentence can be tested.
import type { StatusJson } from '../daemon/status.ts';
import { localTime, roughly } from './localTime.ts';

/** What each arbiter relies on, in one line (protocol.md sections 5 and 6). */
const assumptions = {
  lan: 'evidence from the LAN; assumes that heartbeat and LAN are never all cut at once, that a hung box is reset by its watchdog, and that no box pauses and goes on',
  manual: 'a person decides; a standby never takes over by itself',
} as const satisfies Record<StatusJson['arbiter'], string>;

/** Several lines, the first of which says the most important. */
export function statusText(status: StatusJson): string {
  const rows: readonly (readonly [string, string])[] = [
    ['because', status.reason],
    ...(status.waitingFor === null ? [] : [['waits for', status.waitingFor] as const]),
    ['last change', lastChangeText(status)],
    ['peer', peerText(status)],
    ...status.paths.map((path) => [`path ${path.name}`, pathText(path)] as const),
    ['database', databaseText(status)],
    ['service port', portText(status)],
    ['arbiter', `${status.arbiter}: ${assumptions[status.arbiter]}`],
    ['watchdog', watchdogText(status)],
    ...(status.maintenanceUntil === null
      ? []
      : [
          [
            'maintenance',
            `takeovers are paused until ${localTime(status.maintenanceUntil)}`,
          ] as const,
        ]),
    ['alarms', status.alarms.length === 0 ? 'none' : status.alarms.join(', ')],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const body = rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}\n`).join('');
  return `${headline(status)}\n${body}`;
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
  if (role === 'standby' && status.eligible)
    return `${node} is standby, paired ${since}${reign}: it can take over.`;
  if (role === 'standby') return `${node} is standby${reign}: it cannot take over now.`;
  if (status.recordProblem !== null) return `${node} serves nothing: its record cannot be used.`;
  return `${node} serves nothing: ${stateText[state]}${reign}.`;
}

const stateText = {
  unpaired: 'it is not paired',
  starting: 'it waits to know what it may do',
  opening: 'it opens its database',
  solo: 'it is about to serve alone',
  pairing: 'it is pairing',
  paired: 'it is about to serve',
  leaving: 'it is going on alone',
  handingOver: 'it hands over',
  rejoining: 'it comes back as standby',
  standby: 'it is standby',
  takingOver: 'it takes over',
  steppingDown: 'it steps down',
} as const satisfies Record<StatusJson['state'], string>;

function lastChangeText({ lastRoleChange, lastChange }: StatusJson): string {
  if (lastRoleChange !== null) {
    const { from, to, at, text } = lastRoleChange;
    return `from ${roleText[from]} to ${roleText[to]} at ${localTime(at)}: ${text}`;
  }
  if (lastChange === null) return 'none known';
  return `${lastChange.from} to ${lastChange.to} at ${localTime(lastChange.at)}: ${lastChange.reason}`;
}

const roleText = { primary: 'primary', standby: 'standby', none: 'no role' } as const;

function peerText({ peerHeard, silentMs, peerStatus, lastContact }: StatusJson): string {
  if (silentMs === null || lastContact === null) return 'never heard since the agent started';
  const said =
    peerStatus === null
      ? ''
      : `, ${peerStatus.state}${peerStatus.eligible ? ' (can take over)' : ''}`;
  if (peerHeard) return `heard ${roughly(silentMs)} ago${said}`;
  return `silent since ${localTime(lastContact)}; said last${said}`;
}

function pathText(path: StatusJson['paths'][number]): string {
  const bad = Object.values(path.garbage).reduce((sum, count) => sum + count, 0);
  const last =
    path.lastReceived === null ? 'nothing received' : `last ${localTime(path.lastReceived)}`;
  const trouble = [
    bad > 0 ? `${bad} not readable` : '',
    path.looped > 0 ? `${path.looped} of our own (a loop in the cable)` : '',
    path.repeated > 0 ? `${path.repeated} repeated` : '',
    path.sendFailed > 0 ? `${path.sendFailed} not sent` : '',
  ].filter((text) => text !== '');
  const figures = `${last}, ${path.received} received, ${path.lost} lost, jitter ${path.jitterMs} ms`;
  return [figures, ...trouble].join(', ');
}

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
    lagBytes === null ? 'no standby follows' : `the standby is ${lagBytes} bytes behind`;
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

function watchdogText({ watchdog }: StatusJson): string {
  if (watchdog.armed)
    return `${watchdog.name}, resets a hung box after ${roughly(watchdog.effectiveMs)}`;
  return watchdog.problem === null ? 'off' : `not armed: ${watchdog.problem}`;
}
