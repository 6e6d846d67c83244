// The sections `panel` and `leds`: what belongs together, and what the companion is told of it.
import test from 'ava';
import { isReloadable, keysThatNeedRestart } from '../../src/config/reload.ts';
import { companionService, companionSettings } from '../../src/daemon/companionDescription.ts';
import { complaintsAbout, configText, entriesText, someConfig } from './configText.ts';

const device = '/dev/ttyS1';

function said(panel: Readonly<Record<string, unknown>>): readonly string[] {
  return codesOf(configText({ panel }));
}

function saidOfRole(role: unknown): readonly string[] {
  return codesOf(configText({ leds: { role } }));
}

function codesOf(text: string): readonly string[] {
  return complaintsAbout(text).map(({ code, key }) => `${code} ${key}`);
}

function told(panel: Readonly<Record<string, unknown>>): unknown {
  return companionSettings(someConfig({ panel })).panel;
}

test('each driver gets what it needs, the rest follows from it', (t) => {
  t.is(told({}), null);
  t.deepEqual(told({ driver: 'crystalfontz', device }), {
    driver: 'crystalfontz',
    device,
    model: '635',
    baud: 115_200,
  });
  t.like(told({ driver: 'crystalfontz', device, model: '633' }), { model: '633', baud: 19_200 });
  t.like(told({ driver: 'crystalfontz', device, model: '633', baud: 115_200 }), { baud: 115_200 });
  t.deepEqual(told({ driver: 'matrix-orbital', device }), {
    driver: 'matrix-orbital',
    device,
    baud: 19_200,
  });
  t.deepEqual(told({ driver: 'lcdproc' }), { driver: 'lcdproc', host: '127.0.0.1', port: 13_666 });
});

test('a model that is written as a number is the model', (t) => {
  t.like(told({ driver: 'crystalfontz', device, model: 633 }), { model: '633' });
});

test('what does not belong together is refused by its place', (t) => {
  t.deepEqual(said({ driver: 'crystalfontz' }), ['CONFIG_RELATION_PANEL panel.driver']);
  t.deepEqual(said({ device }), ['CONFIG_RELATION_PANEL panel.device']);
  t.deepEqual(said({ driver: 'lcdproc', device }), ['CONFIG_RELATION_PANEL panel.device']);
  t.deepEqual(said({ driver: 'matrix-orbital', device, model: '635', port: 1 }), [
    'CONFIG_RELATION_PANEL panel.model',
    'CONFIG_RELATION_PANEL panel.port',
  ]);
  t.deepEqual(said({ driver: 'teletype', device }), ['CONFIG_CHOICE panel.driver']);
  t.deepEqual(said({ driver: 'crystalfontz', device, model: '632' }), [
    'CONFIG_CHOICE panel.model',
  ]);
  t.deepEqual(said({ driver: 'crystalfontz', device, baud: 300 }), ['CONFIG_RANGE panel.baud']);
  t.deepEqual(said({ driver: 'lcdproc', host: 'panel' }), ['CONFIG_ADDRESS panel.host']);
  t.deepEqual(said({ driver: 'crystalfontz', device: 'ttyS1' }), ['CONFIG_PATH panel.device']);
});

test('one serial port is not for the panel and for heartbeats', (t) => {
  const text = configText({
    heartbeat: { serial: { device } },
    panel: { driver: 'crystalfontz', device },
  });
  const [complaint, ...others] = complaintsAbout(text);
  t.deepEqual(others, []);
  t.like(complaint, { code: 'CONFIG_RELATION_PANEL', key: 'panel.device', seen: device });
});

test('a light of the case is named once, and cannot lead out of its folder', (t) => {
  t.deepEqual(saidOfRole({ green: 'a:green', red: 'a:red' }), []);
  t.deepEqual(saidOfRole({ green: 'a:green', red: 'a:green' }), [
    'CONFIG_RELATION_LEDS leds.role.red',
  ]);
  t.deepEqual(saidOfRole({ green: '../../x' }), ['CONFIG_NAME leds.role.green']);
  t.deepEqual(saidOfRole({ blue: 'a:blue' }), ['CONFIG_UNKNOWN_KEY leds.role.blue']);
});

test('a companion runs where there is a panel or a light, is not required, and its name is taken then', (t) => {
  t.is(companionService(someConfig(), ['/x']), null);
  const leds = { box: { green: 'a:b' } };
  for (const changes of [{ panel: { driver: 'lcdproc' } }, { leds }]) {
    const service = companionService(someConfig(changes), ['/x', 'companion']);
    t.like(service, { name: 'companion', runs: 'always', required: false, after: [] });
    t.deepEqual(service?.program, { type: 'process', command: ['/x', 'companion'] });
    const settings: unknown = JSON.parse(service?.environment['HOTPAIR_COMPANION'] ?? 'null');
    t.like(settings, { node: 'box-a', serviceAddresses: ['192.0.2.10/24', '2001:db8::10/64'] });
  }
  const services = { companion: { command: ['/bin/true'] } };
  t.deepEqual(codesOf(entriesText({ services })), []);
  t.deepEqual(codesOf(entriesText({ services }, { leds })), ['CONFIG_NAME services.companion']);
});

test('a reload takes panel and lights over', (t) => {
  for (const key of ['panel.driver', 'panel.baud', 'leds.peer.amber'])
    t.true(isReloadable(key), key);
  const after = someConfig({ panel: { driver: 'lcdproc' }, leds: { box: { red: 'a:b' } } });
  t.deepEqual(keysThatNeedRestart(someConfig(), after), []);
});
