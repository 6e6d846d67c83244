// What the four lights show. One test a light: the first row of its table that holds.
import test from 'ava';
import { lightsOf, lightTable, lightText } from '../../src/companion/lights.ts';
import type { LightName } from '../../src/companion/lights.ts';
import type { StatusJson } from '../../src/daemon/status.ts';
import { aStatus } from '../words/aStatus.ts';
import { aView, silentAgent } from './aView.ts';

function shown(light: LightName, change: Partial<StatusJson> = {}): string {
  return lightText(lightsOf(aView(change))[light]);
}

const standby = { role: 'standby', state: 'standby' } as const;

test('box: green in order, amber with an alarm or in a maintenance, red where somebody must come', (t) => {
  t.is(shown('box'), 'green');
  t.is(shown('box', { alarms: ['pathSilent'] }), 'amber');
  t.is(shown('box', { maintenanceUntil: '2026-11-23T08:00:00.000Z' }), 'amber');
  t.is(shown('box', { alarms: ['pathSilent', 'waitingForOperator'] }), 'red');
});

test('role: green primary, amber a standby that can take over, blinking where it cannot yet, red none', (t) => {
  t.is(shown('role'), 'green');
  t.is(shown('role', { ...standby, eligible: true }), 'amber');
  t.is(shown('role', { ...standby, eligible: false }), 'amber, blinks');
  t.is(
    shown('role', { ...standby, eligible: true, quarantine: { leftMs: 1, text: '' } }),
    'amber, blinks',
  );
  t.is(shown('role', { role: 'none', state: 'takingOver' }), 'amber, blinks');
  t.is(shown('role', { role: 'none', state: 'unpaired' }), 'red');
  const waits = { role: 'none', state: 'starting', alarms: ['waitingForOperator'] } as const;
  t.is(shown('role', waits), 'red');
});

test('peer: red not heard, amber not over every path or unfit, green otherwise', (t) => {
  t.is(shown('peer'), 'green');
  t.is(shown('peer', { peerHeard: false }), 'red');
  t.is(shown('peer', { peerStatus: null }), 'amber');
  const { peerStatus } = aStatus();
  if (peerStatus === null) throw new Error('the peer of the builder says nothing');
  const fitness = { ...peerStatus.fitness, services: false };
  t.is(shown('peer', { peerStatus: { ...peerStatus, fitness } }), 'amber');
  const [path] = lightsView();
  if (path === undefined) throw new Error('the builder has no path');
  t.is(shown('peer', { paths: [path, { ...path, state: 'silent' }] }), 'amber');
});

function lightsView(): StatusJson['paths'] {
  const { agent } = aView();
  return agent.type === 'answering' ? agent.status.paths : [];
}

test('database: green in step, amber following, red alone, blinking where it does not run', (t) => {
  const { database } = aStatus();
  t.is(shown('database'), 'green');
  t.is(shown('database', { mode: 'solo' }), 'amber');
  t.is(
    shown('database', { mode: 'solo', database: { ...database, standbyStreaming: false } }),
    'red',
  );
  t.is(shown('database', { database: { ...database, standbyStreaming: false } }), 'red');
  t.is(shown('database', { database: { ...database, running: false } }), 'red, blinks');
  const follows = { ...database, inRecovery: true, receiving: true, standbyStreaming: false };
  t.is(shown('database', { ...standby, eligible: true, database: follows }), 'green');
  t.is(shown('database', { ...standby, eligible: false, database: follows }), 'amber');
  t.is(shown('database', { ...standby, database: { ...follows, receiving: false } }), 'red');
});

test('an agent that does not answer: the box blinks red, and nothing else is known', (t) => {
  const lights = lightsOf(aView({}, { agent: silentAgent }));
  t.is(lightText(lights.box), 'red, blinks');
  for (const name of ['role', 'peer', 'database'] as const) t.is(lights[name].colour, 'off');
  t.is(lightsOf(aView({}, { agent: { type: 'asked' } })).box.colour, 'off');
});

test('no two rows of one light look the same', (t) => {
  const looks = lightTable().map(({ light, shown: look }) => `${light} ${look}`);
  t.is(new Set(looks).size, looks.length);
});
