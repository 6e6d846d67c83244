// Loading as a whole: everything at once, with the right lines, and typed values without surprises.
import test from 'ava';
import { join } from 'node:path';
import { formatComplaint, isWarning } from '../../src/config/complaint.ts';
import { loadConfig, parseConfig } from '../../src/config/load.ts';
import { complaintsAbout, configText, someConfig } from './configText.ts';

const fixtures = join(import.meta.dirname, '..', 'fixtures');

function codesOf(text: string): readonly string[] {
  return complaintsAbout(text).map(({ code }) => code);
}

function keysOf(text: string): readonly string[] {
  return complaintsAbout(text)
    .map(({ key }) => key)
    .toSorted();
}

test('bad.yaml yields at least eight different complaints at once, sorted by line', (t) => {
  const loaded = loadConfig(join(fixtures, 'bad.yaml'));
  const complaints = 'config' in loaded ? [] : loaded.complaints;
  const errors = complaints.filter((complaint) => !isWarning(complaint));
  t.true(new Set(errors.map(({ code }) => code)).size >= 8);
  t.deepEqual(
    complaints.map(({ line }) => line),
    complaints.map(({ line }) => line).toSorted((left, right) => left - right),
  );
});

test('good.yaml is accepted without a warning', (t) => {
  const loaded = loadConfig(join(fixtures, 'good.yaml'));
  t.deepEqual('config' in loaded ? loaded.warnings : loaded.complaints, []);
});

test('durations become milliseconds, addresses values, and the derived times follow the defaults', (t) => {
  const { heartbeat, service, timing, watchdog, database } = someConfig({
    database: { cloneRate: '2MB', settings: { log_connections: true, work_mem: '8MB', jit: 0 } },
  });
  t.is(heartbeat.intervalMs, 50);
  t.deepEqual(heartbeat.address, { family: 4, address: '169.254.69.1', prefixLength: 30 });
  t.deepEqual(service.addresses[1], { family: 6, address: '2001:db8::10', prefixLength: 64 });
  t.is(watchdog.timeoutMs, 2000);
  t.is(timing.takeoverLimitMs, 4000);
  t.is(timing.soloMs, 8300);
  t.deepEqual(timing.derived, ['takeoverLimit', 'solo']);
  t.is(database.cloneRateKilobytes, 2048);
  t.deepEqual(database.settings, { log_connections: 'on', work_mem: '8MB', jit: '0' });
});

test('the derived takeover limit includes the link-up deadline where the port is kept down', (t) => {
  t.is(someConfig({ service: { standbyPort: 'down' } }).timing.takeoverLimitMs, 7000);
});

test('a complaint names line and column of the value, an unknown key those of the key', (t) => {
  const text = 'node:\n  name: box-a\n  nam: x\npair: { keyFile: relative }\n';
  const complaints = complaintsAbout(text);
  const unknown = complaints.find(({ code }) => code === 'CONFIG_UNKNOWN_KEY');
  const path = complaints.find(({ code }) => code === 'CONFIG_PATH');
  t.deepEqual([unknown?.line, unknown?.column, unknown?.key], [3, 3, 'node.nam']);
  t.deepEqual([path?.line, path?.column, path?.key], [4, 18, 'pair.keyFile']);
});

test('an entry of a list is complained of at its own line', (t) => {
  const text = configText({ service: { addresses: ['192.0.2.10/24', '192.0.2.11/33'] } });
  const line = text.split('\n').findIndex((each) => each.includes('192.0.2.11/33')) + 1;
  const found = complaintsAbout(text).find(({ code }) => code === 'CONFIG_ADDRESS');
  t.deepEqual([found?.line, found?.key], [line, 'service.addresses[1]']);
});

test('relations between valid keys are checked although other keys are wrong', (t) => {
  const codes = codesOf(
    configText({
      node: { name: 5 },
      timing: { takeoverLimit: '1s', solo: '2s', probes: 'three' },
      log: { level: 'loud' },
    }),
  );
  t.true(codes.includes('CONFIG_RELATION_TMAX'));
  t.true(codes.includes('CONFIG_RELATION_DSOLO'));
});

test('a relation that needs a wrong key is not guessed at', (t) => {
  const text = configText({ timing: { takeoverLimit: '1s' }, watchdog: { timeout: 'soon' } });
  t.deepEqual(codesOf(text), ['CONFIG_DURATION']);
});

test('every missing key is named when whole sections are missing, also from an empty file', (t) => {
  const keys = keysOf('');
  for (const key of ['node.name', 'heartbeat.port', 'heartbeat.peer', 'service.addresses']) {
    t.true(keys.includes(key), key);
  }
  t.deepEqual(keys, keysOf('heartbeat:\nservice:\n'));
});

test('a section that is no section, and a file that is none, are refused without a crash', (t) => {
  t.true(codesOf('heartbeat: 5\nservice: []\n').includes('CONFIG_TYPE'));
  for (const text of ['- a\n- b\n', 'just words\n', '42', '? [a, b]\n: c\n', '\u0000', '{', '%']) {
    t.false('config' in parseConfig(text), JSON.stringify(text));
  }
});

test('nothing is called missing because of a syntax error above it', (t) => {
  const codes = codesOf(`node: {name: box-a\n${configText()}`);
  t.true(codes.includes('CONFIG_SYNTAX'));
  t.false(codes.includes('CONFIG_REQUIRED'));
});

test('an unknown key is answered with the nearest name, or with the section that has it', (t) => {
  const near = complaintsAbout(configText({ timing: { takeoverLimt: '4s' } }));
  t.regex(near[0]?.message ?? '', /did you mean timing\.takeoverLimit\?/);
  const elsewhere = complaintsAbout(configText({ service: { hba: [] } }));
  t.regex(elsewhere[0]?.message ?? '', /did you mean database\.hba\?/);
  const section = complaintsAbout(configText({ heartbeats: {} }));
  t.regex(section[0]?.message ?? '', /did you mean heartbeat\?/);
});

test('a key named __proto__ is an unknown key like any other', (t) => {
  t.deepEqual(codesOf(`${configText()}__proto__: { log: 1 }\n`), ['CONFIG_UNKNOWN_KEY']);
});

test('addresses that no host can have are refused', (t) => {
  for (const address of [
    '192.0.2.0/24',
    '192.0.2.255/24',
    '127.0.0.1/8',
    '224.0.0.5/24',
    '0.0.0.0/1',
    'fe80::1/64',
    'ff02::1/64',
    '::1/128',
    '2001:db8::1/129',
    '2001:db8::g/64',
    '192.0.2.10/024',
  ]) {
    t.true(
      codesOf(configText({ service: { addresses: [address] } })).includes('CONFIG_ADDRESS'),
      address,
    );
  }
});

test('one address in two spellings is seen as written twice', (t) => {
  const addresses = ['192.0.2.10/24', '2001:db8::10/64', '2001:DB8:0::0010/64'];
  t.deepEqual(codesOf(configText({ service: { addresses } })), ['CONFIG_RELATION_SERVICE_ADDRESS']);
});

test('a longer probe round or an off watchdog never loosens a relation', (t) => {
  const timing = { takeoverLimit: '4s', probeRound: '1s' };
  t.true(codesOf(configText({ timing })).includes('CONFIG_RELATION_TMAX'));
  const off = codesOf(configText({ timing, watchdog: { policy: 'off' } }));
  t.true(off.includes('CONFIG_RELATION_TMAX'));
});

test('where the port is kept down the fast solo interval is not asked about', (t) => {
  const text = configText({ service: { standbyPort: 'down' }, timing: { soloFast: '200ms' } });
  t.deepEqual(codesOf(text), ['CONFIG_WARNING_STANDBY_PORT']);
});

test('a name or value with line ends or of great length still makes one bounded line', (t) => {
  const text = `${configText()}? |\n  first\n  second\n: 1\n${'x'.repeat(900)}: 2\nlog: { level: "a\\nb" }\n`;
  const complaints = complaintsAbout(text);
  t.is(complaints.length, 3);
  for (const complaint of complaints) {
    const line = formatComplaint('file', complaint);
    t.notRegex(line, /\p{Cc}/u);
    t.true(line.length < 800);
  }
});
