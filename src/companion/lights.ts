// What the four lights mean: one table for every panel and for the lights of the case. docs/panel.md prints it; the first row of a
// light that holds is shown, and where none holds the light is dark: nothing is known.
import type { StatusJson } from '../daemon/status.ts';
import type { Light } from '../io/panel/panel.ts';
import type { View } from './view.ts';

/** Top to bottom. */
export const lightNames = ['box', 'role', 'peer', 'database'] as const;
export type LightName = (typeof lightNames)[number];
export type Lights = Readonly<Record<LightName, Light>>;

type LightRow = {
  readonly light: LightName;
  readonly shown: Light;
  readonly means: string;
  /** Asked only where the agent answers. */
  readonly holds: (status: StatusJson) => boolean;
};

const green: Light = { colour: 'green', blinks: false };
const amber: Light = { colour: 'amber', blinks: false };
const amberBlinks: Light = { colour: 'amber', blinks: true };
const red: Light = { colour: 'red', blinks: false };
const redBlinks: Light = { colour: 'red', blinks: true };
const dark: Light = { colour: 'off', blinks: false };
/** The agent is silent: the one thing that is known then. */
const silentBox = redBlinks;

/** Alarms that somebody has to see to at once; any other one makes the box amber. */
const graveAlarms: ReadonlySet<string> = new Set([
  'waitingForOperator',
  'twoPrimaries',
  'addressConflict',
  'recordUnusable',
  'recordNotWritten',
  'statePartition',
  'databaseFault',
  'promotionFailed',
  'diskAlmostFull',
  'servicesUnfit',
  'guardianDown',
  'quarantined',
]);

const table: readonly LightRow[] = [
  {
    light: 'box',
    shown: red,
    means: 'somebody must see to this box now: the page "alarms" says why',
    holds: ({ alarms }) => alarms.some((name) => graveAlarms.has(name)),
  },
  {
    light: 'box',
    shown: amber,
    means: 'it works, and there is an alarm or a maintenance',
    holds: ({ alarms, maintenanceUntil }) => alarms.length > 0 || maintenanceUntil !== null,
  },
  {
    light: 'box',
    shown: green,
    means: 'everything is as it should be',
    holds: () => true,
  },
  {
    light: 'role',
    shown: green,
    means: 'primary: this box serves the telephones',
    holds: ({ role }) => role === 'primary',
  },
  {
    light: 'role',
    shown: amber,
    means: 'standby: it can take over',
    holds: ({ role, eligible, quarantine }) =>
      role === 'standby' && eligible && quarantine === null,
  },
  {
    light: 'role',
    shown: amberBlinks,
    means: 'on its way: a change of roles, or a standby that cannot take over yet',
    holds: (status) => status.role === 'standby' || isChanging(status),
  },
  {
    light: 'role',
    shown: red,
    means: 'no role: it serves nothing and waits',
    holds: () => true,
  },
  {
    light: 'peer',
    shown: red,
    means: 'the other box is not heard',
    holds: ({ peerHeard }) => !peerHeard,
  },
  {
    light: 'peer',
    shown: amber,
    means: 'it is heard, but not over every path, or it is not fit to serve',
    holds: (status) => status.paths.some(({ state }) => state !== 'working') || !peerIsFit(status),
  },
  {
    light: 'peer',
    shown: green,
    means: 'it is heard over every path and fit',
    holds: () => true,
  },
  {
    light: 'database',
    shown: redBlinks,
    means: 'the database of this box does not run, or cannot be used',
    holds: ({ database }) => !database.running || database.problem !== null,
  },
  {
    light: 'database',
    shown: green,
    means: 'in step: every commit is on both boxes',
    holds: isInStep,
  },
  {
    light: 'database',
    shown: amber,
    means: 'a standby follows and is not in step yet',
    holds: ({ database }) =>
      database.inRecovery === true ? database.receiving : database.standbyStreaming,
  },
  {
    light: 'database',
    shown: red,
    means: 'no standby follows, or this one receives nothing: one box has everything alone',
    holds: () => true,
  },
];

/** What the lights show of what is known. */
export function lightsOf({ agent }: View): Lights {
  if (agent.type !== 'answering')
    return { ...allDark, box: agent.type === 'silent' ? silentBox : dark };
  const { status } = agent;
  const shown = (name: LightName): Light => {
    const row = table.find(({ light, holds }) => light === name && holds(status));
    return row === undefined ? dark : row.shown;
  };
  return {
    box: shown('box'),
    role: shown('role'),
    peer: shown('peer'),
    database: shown('database'),
  };
}

export const allDark: Lights = { box: dark, role: dark, peer: dark, database: dark };

/** `red, blinks` */
export function lightText({ colour, blinks }: Light): string {
  return blinks ? `${colour}, blinks` : colour;
}

/** The rows of docs/panel.md. */
export function lightTable(): readonly { light: LightName; shown: string; means: string }[] {
  return lightNames.flatMap((name) => [
    ...(name === 'box'
      ? [
          {
            light: name,
            shown: lightText(silentBox),
            means: 'the agent does not answer: the other lights are dark then',
          },
        ]
      : []),
    ...table
      .filter(({ light }) => light === name)
      .map((row) => ({ light: name, shown: lightText(row.shown), means: row.means })),
  ]);
}

function isChanging({ role, state, recordProblem, alarms }: StatusJson): boolean {
  const waits = recordProblem !== null || alarms.includes('waitingForOperator');
  return role === 'none' && state !== 'unpaired' && !waits;
}

function peerIsFit({ peerStatus }: StatusJson): boolean {
  if (peerStatus === null) return false;
  const { carrier, lan, database, disk, services, maintenance } = peerStatus.fitness;
  return carrier && lan && database && disk && services && !maintenance;
}

function isInStep({ role, mode, eligible, database }: StatusJson): boolean {
  if (mode !== 'paired') return false;
  if (database.inRecovery === true) return role === 'standby' && eligible && database.receiving;
  return database.standbyStreaming;
}
