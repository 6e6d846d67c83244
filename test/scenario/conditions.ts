// What a script can wait for or expect: claims about the boxes, the records, the rows and what was seen so far.
import type { AlarmName } from '../../src/core/effects.ts';
import { reasonText } from '../../src/core/reasons.ts';
import type { State } from '../../src/core/state.ts';
import type { Box } from '../simulator/box.ts';
import { contains } from '../simulator/log.ts';
import { isHealthy } from '../simulator/health.ts';
import { durationMs } from './duration.ts';
import { servesClients } from './lanClient.ts';
import type { Phrase } from './phrase.ts';
import type { Site } from './site.ts';
import { seconds } from './story.ts';
import { recordText } from './watch.ts';

export type Condition = {
  readonly holds: () => boolean;
  /** The figure behind the claim, told with it. */
  readonly figure?: () => string;
};

type Meaning = (site: Site) => Condition;

export const conditions: readonly Phrase<Meaning>[] = [
  // Who does what
  {
    words: 'BOX serves',
    means: (name) => about(name, (box, site) => servesClients(site.world, box)),
  },
  {
    words: 'nobody serves',
    means: () => (site) => ({
      holds: () => !site.world.boxes.some((box) => servesClients(site.world, box)),
    }),
  },
  { words: 'BOX is primary, paired', means: (name) => inState(name, 'paired') },
  { words: 'BOX is primary, alone', means: (name) => inState(name, 'solo') },
  { words: 'BOX is standby', means: (name) => inState(name, 'standby') },
  { words: 'BOX is rejoining', means: (name) => inState(name, 'rejoining') },
  {
    words: 'BOX is at the step WORD',
    means: (name, step) => ofAgent(name, (state) => state.phase === step),
  },
  { words: 'BOX may take over', means: (name) => ofAgent(name, mayTakeOver) },
  {
    words: 'BOX may not take over',
    means: (name) => ofAgent(name, (state) => !mayTakeOver(state)),
  },
  {
    words: 'the pair is healthy',
    means: () => (site) => ({ holds: () => isHealthy(site.world) }),
  },
  // Waiting
  { words: 'BOX waits for the operator', means: (name) => hasAlarm(name, 'waitingForOperator') },
  {
    words: 'BOX waits: TEXT',
    means: (name, text) =>
      ofAgent(name, (state) => state.name === 'starting' && reasonText(state.reason) === text),
  },
  // Alarms
  { words: 'BOX has the alarm WORD', means: (name, alarm) => hasAlarm(name, alarm) },
  {
    words: 'BOX had the alarm WORD',
    means: (name, alarm) => (site) => ({ holds: () => site.watch.alarms.has(`${name} ${alarm}`) }),
  },
  {
    words: 'no box has an alarm',
    means: () => (site) => ({
      holds: () =>
        site.world.boxes.every(({ agent }) => Object.keys(agent?.state.alarms ?? {}).length === 0),
      figure: () =>
        site.world.boxes.flatMap(({ name, agent }) => alarmsOf(name, agent?.state)).join(', '),
    }),
  },
  // Records, databases, ports
  {
    words: 'the record of BOX says TEXT',
    means: (name, text) => (site) => {
      const { disk } = site.box(name);
      return { holds: () => recordText(disk.record) === text };
    },
  },
  {
    words: 'PostgreSQL of BOX runs',
    means: (name) => about(name, ({ database }) => database.running),
  },
  {
    words: 'PostgreSQL of BOX is stopped',
    means: (name) => about(name, ({ database }) => !database.running),
  },
  {
    words: 'the data of BOX is half rewound',
    means: (name) => about(name, ({ database }) => database.broken),
  },
  { words: 'BOX is off', means: (name) => about(name, (box) => !box.powered) },
  {
    words: 'the service address is on at BOX',
    means: (name) => about(name, (box) => box.addressOn),
  },
  {
    words: 'the service address is off at BOX',
    means: (name) => about(name, (box) => !box.addressOn),
  },
  {
    words: 'etcd says TEXT',
    means: (text) => (site) => ({ holds: () => site.watch.ledger === text }),
  },
  // Rows
  {
    words: 'every acknowledged row is on both boxes',
    means: () => (site) => ({
      holds: () => site.world.boxes.every((box) => holdsEverything(site, box)),
    }),
  },
  {
    words: 'every acknowledged row is on BOX',
    means: (name) => about(name, (box, site) => holdsEverything(site, box)),
  },
  { words: 'rows are acknowledged', means: () => rowsFlow(true) },
  { words: 'rows wait', means: () => rowsFlow(false) },
  { words: 'rows waited at most TIME', means: (most) => waited('0 ms', most) },
  { words: 'rows waited TIME to TIME', means: (least, most) => waited(least, most) },
  // What was seen since the beginning, or since "from now on"
  {
    words: 'no role change',
    means: () => (site) => ({ holds: () => site.watch.roleChanges === 0 }),
  },
  {
    words: 'NUMBER role changes',
    means: (count) => (site) => ({ holds: () => site.watch.roleChanges === Number(count) }),
  },
  {
    words: 'the highest epoch is NUMBER',
    means: (epoch) => (site) => ({
      holds: () => site.watch.highestEpoch === Number(epoch),
      figure: () => `${site.watch.highestEpoch}`,
    }),
  },
  {
    words: 'the service address was never on both boxes',
    means: () => (site) => ({ holds: () => site.watch.twoAddressesMs === 0 }),
  },
  {
    words: 'the service address was on both boxes for at most TIME',
    means: (most) => (site) => ({
      holds: () => site.watch.twoAddressesMs <= durationMs(most),
      figure: () => seconds(site.watch.twoAddressesMs),
    }),
  },
  {
    words: 'BOX kept aside what only it had',
    means: (name) => (site) => ({ holds: () => site.watch.kept.has(site.box(name)) }),
  },
];

function about(name: string, claim: (box: Box, site: Site) => boolean): Meaning {
  return (site) => ({ holds: () => claim(site.box(name), site) });
}

function ofAgent(name: string, claim: (state: State) => boolean): Meaning {
  return about(name, ({ agent }) => agent !== null && claim(agent.state));
}

function inState(name: string, wanted: State['name']): Meaning {
  return ofAgent(name, (state) => state.name === wanted);
}

function hasAlarm(name: string, alarm: string): Meaning {
  return ofAgent(name, (state) => state.alarms[alarm as AlarmName] !== undefined);
}

function alarmsOf(name: string, state: State | undefined): readonly string[] {
  return Object.keys(state?.alarms ?? {}).map((alarm) => `${name} ${alarm}`);
}

function mayTakeOver({ eligibility, record }: State): boolean {
  return eligibility.epoch !== null && eligibility.epoch === record?.epoch;
}

function holdsEverything(site: Site, box: Box): boolean {
  return contains(box.database.log, site.world.ledger.acknowledged);
}

const flowMs = 100;

function rowsFlow(wanted: boolean): Meaning {
  return ({ world, client }) => ({
    holds: () => world.queue.nowMs - client.lastMs < flowMs === wanted,
  });
}

function waited(least: string, most: string): Meaning {
  return ({ client }) => ({
    holds: () => client.waitedMs >= durationMs(least) && client.waitedMs <= durationMs(most),
    figure: () => seconds(client.waitedMs),
  });
}
