// The command line from outside: exit statuses, one clear sentence for bad input, and nothing changed by a refusal.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { openRecordStore } from '../../src/io/record/recordStore.ts';
import { durableRecord } from '../core/builders.ts';
import { aPlace, callHotpair, callUnread, readSlowly } from './callHotpair.ts';

test('help, a word that is no command, and no word at all', async (t) => {
  const help = await callHotpair('--help');
  t.is(help.code, 0);
  for (const word of [
    'init',
    'join',
    'agent',
    'status',
    'switchover',
    'maintenance',
    'takeover',
    'events',
    'config',
    'fsm',
    'replay',
    'divergence',
  ]) {
    t.regex(help.stdout, new RegExp(`^  ${word} `, 'm'));
  }
  const unknown = await callHotpair('failover');
  t.is(unknown.code, 2);
  t.regex(
    unknown.stderr,
    /^hotpair: USAGE: there is no such command \(seen: failover; allowed: init, /,
  );
  t.is((await callHotpair()).code, 2);
});

test('help of a command says how it is called, and the table of exit statuses can be asked for', async (t) => {
  t.regex((await callHotpair('help', 'switchover')).stdout, /^hotpair switchover \[--wait\]/);
  t.regex((await callHotpair('takeover', '--help')).stdout, /^hotpair takeover --accept-loss/);
  t.regex((await callHotpair('help', 'exit-codes')).stdout, /^ {2}3 {2}the agent does not run/m);
});

test('what was printed is whole for a reader that is slower than the command', async (t) => {
  const place = aPlace(t);
  mkdirSync(place.state);
  const event = JSON.stringify({ time: '2026-11-25T01:02:03.456Z', text: 'x'.repeat(100) });
  writeFileSync(join(place.state, 'events.jsonl'), `${event}\n`.repeat(5000));
  const text = await readSlowly('events', '--json', '--limit', '5000', '--config', place.config);
  t.is(text.length, (event.length + 1) * 5000);
});

test('the state machine is printed from its table', async (t) => {
  const { code, stdout } = await callHotpair('fsm');
  t.is(code, 0);
  t.regex(stdout, /^standby tick -> \S+$/m);
});

const badCalls = [
  [['status', '--colour'], /USAGE: Unknown option '--colour'/],
  [['status', 'box-a'], /USAGE: box-a is not expected here/],
  [['status', '--json', '--watch'], /USAGE: --json and --watch do not go together/],
  [['maintenance'], /USAGE: on or off is missing/],
  [['maintenance', 'on', '--for', 'tomorrow'], /USAGE: tomorrow is no duration/],
  [['maintenance', 'on', '--for', '400d'], /USAGE: 400d is out of range/],
  [['takeover'], /USAGE: rows may be lost by this/],
  [['events', '--limit', 'many'], /USAGE: many is no number/],
  [['events', '--limit', '-1'], /USAGE: --limit takes a value, which does not begin with a dash/],
  [['agent', '--config'], /USAGE: --config takes a value \(/],
  [['fsm', 'x'], /USAGE: x is not expected here/],
  [['divergence', 'delete'], /USAGE: list, show or export is to be named/],
  [['divergence', 'list', 'x'], /USAGE: x is not expected here/],
  [['divergence', 'export'], /USAGE: a directory is to be named/],
  [['service'], /USAGE: list, start, stop, restart or logs is to be named/],
  [['service', 'start'], /USAGE: a service is to be named/],
  [['service', 'list', 'x'], /USAGE: x is not expected here/],
  [['service', 'logs'], /USAGE: a service is to be named/],
  [['logs'], /USAGE: a service is to be named/],
  [['logs', 'x', '-n', 'many'], /USAGE: many is no number up to 100000/],
  [['constructor'], /USAGE: there is no such command \(seen: constructor; /],
] as const;

for (const [argv, sentence] of badCalls) {
  test(`hotpair ${argv.join(' ')} is refused in one sentence with exit status 2`, async (t) => {
    const { code, stdout, stderr } = await callHotpair(...argv);
    t.is(code, 2);
    t.regex(stderr, sentence);
    t.is(stderr.trimEnd().split('\n').length, 1);
    t.is(stdout, '');
  });
}

for (const command of ['init', 'join', 'agent', 'status', 'switchover', 'events', 'shutdown']) {
  test(`hotpair ${command} with a configuration that cannot be used lists what is wrong and exits 2`, async (t) => {
    const place = aPlace(t, {
      heartbeat: '{ port: eth1, address: 169.254.69.1/30, peer: nobody, colour: red }',
    });
    const { code, stderr } = await callHotpair(command, '--config', place.config);
    t.is(code, 2);
    t.regex(stderr, /CONFIG_REFUSED/);
    t.regex(stderr, /CONFIG_ADDRESS/);
    t.regex(stderr, /CONFIG_UNKNOWN_KEY/);
    t.deepEqual(readdirSync(place.directory), ['hotpair.yaml'], 'nothing was made');
  });
}

test('an agent on a box that was never set up says what is missing, exits 2 and makes nothing', async (t) => {
  const place = aPlace(t);
  const { code, stderr } = await callHotpair('agent', '--config', place.config);
  t.is(code, 2);
  t.regex(stderr, /^hotpair: NODE_MISSING: /);
  t.deepEqual(readdirSync(place.directory), ['hotpair.yaml']);
});

test('a pair key that others may read is refused', async (t) => {
  const place = aPlace(t);
  mkdirSync(place.state);
  writeFileSync(
    join(place.state, 'node.json'),
    JSON.stringify({ nodeId: '1'.repeat(32), pairId: '2'.repeat(32) }),
  );
  const line = `hotpair-pair-v1 ${'2'.repeat(32)} ${'3'.repeat(64)}\n`;
  writeFileSync(join(place.directory, 'pair.key'), line, { mode: 0o644 });
  const { code, stderr } = await callHotpair('agent', '--config', place.config);
  t.is(code, 2);
  t.regex(stderr, /KEY_PERMISSIONS/);
  t.notRegex(stderr, /3{64}/, 'the key is never shown');
});

test("the key of another pair is refused with both pairs' ids", async (t) => {
  const place = aPlace(t);
  mkdirSync(place.state);
  writeFileSync(
    join(place.state, 'node.json'),
    JSON.stringify({ nodeId: '1'.repeat(32), pairId: '2'.repeat(32) }),
  );
  const line = `hotpair-pair-v1 ${'4'.repeat(32)} ${'3'.repeat(64)}\n`;
  writeFileSync(join(place.directory, 'pair.key'), line, { mode: 0o600 });
  const { code, stderr } = await callHotpair('agent', '--config', place.config);
  t.is(code, 2);
  t.regex(stderr, /PAIR_MISMATCH: .*4{32}.*2{32}/);
});

for (const command of [
  'switchover',
  'maintenance off',
  'takeover --accept-loss --yes',
  'shutdown',
  'events --follow',
  'service list',
]) {
  test(`hotpair ${command} without an agent exits 3 and says so`, async (t) => {
    const { code, stderr } = await callHotpair(...command.split(' '), '--config', aPlace(t).config);
    t.is(code, 3);
    t.regex(stderr, /^hotpair: AGENT_NOT_ANSWERING: the agent does not answer: it is not running/);
  });
}

test('status works without an agent, tells what the record says, and exits 3', async (t) => {
  const place = aPlace(t);
  const never = await callHotpair('status', '--config', place.config);
  t.is(never.code, 3);
  t.regex(
    never.stdout,
    /The agent of box-a does not run .*\n.*never paired: run hotpair init or hotpair join/,
  );
  mkdirSync(place.state);
  await openRecordStore(place.state).write(durableRecord({ epoch: 7 }));
  const paired = await callHotpair('status', '--config', place.config);
  t.is(paired.code, 3);
  t.regex(paired.stdout, /paired in epoch 7, held by this box/);
  const json = await callHotpair('status', '--json', '--config', place.config);
  t.is(json.code, 3);
  t.like(JSON.parse(json.stdout), {
    state: 'down',
    role: 'none',
    mode: 'paired',
    epoch: 7,
    peerHeard: false,
    eligible: false,
  });
});

test('a reader that goes away changes no exit status, and ends what is drawn again and again', async (t) => {
  const place = aPlace(t);
  t.deepEqual(await callUnread('status', '--config', place.config), { code: 3, stderr: '' });
  t.deepEqual(await callUnread('status', '--watch', '--config', place.config), {
    code: 0,
    stderr: '',
  });
  t.deepEqual(await callUnread('fsm'), { code: 0, stderr: '' });
});

test('status of a box whose record is damaged says RECORD_CORRUPT', async (t) => {
  const place = aPlace(t);
  mkdirSync(place.state);
  for (const name of ['record.a', 'record.b']) writeFileSync(join(place.state, name), 'torn');
  const { code, stdout } = await callHotpair('status', '--config', place.config);
  t.is(code, 3);
  t.regex(stdout, /RECORD_CORRUPT/);
});

for (const command of ['init', 'join']) {
  test(`hotpair ${command} on a box with a record is ALREADY_PAIRED, exits 4 and touches nothing`, async (t) => {
    const place = aPlace(t);
    mkdirSync(place.state);
    await openRecordStore(place.state).write(durableRecord());
    const before = readFileSync(join(place.state, 'record.a'));
    const { code, stderr } = await callHotpair(command, '--config', place.config);
    t.is(code, 4);
    t.regex(stderr, /ALREADY_PAIRED/);
    t.deepEqual(readFileSync(join(place.state, 'record.a')), before);
    t.false(existsSync(join(place.directory, 'pair.key')));
    t.false(existsSync(join(place.directory, 'data')));
  });

  test(`hotpair ${command} on a box with a damaged record is ALREADY_PAIRED too`, async (t) => {
    const place = aPlace(t);
    mkdirSync(place.state);
    writeFileSync(join(place.state, 'record.a'), 'torn');
    const { code, stderr } = await callHotpair(command, '--config', place.config);
    t.is(code, 4);
    t.regex(stderr, /ALREADY_PAIRED.*damaged/);
  });
}

test('joining without the pair key says where it comes from and exits 2', async (t) => {
  const { code, stderr } = await callHotpair('join', '--config', aPlace(t).config);
  t.is(code, 2);
  t.regex(stderr, /KEY_MISSING/);
});

test('initializing with missing PostgreSQL programs is one sentence, and can be tried again', async (t) => {
  const place = aPlace(t, {
    database: '{ dataDirectory: /tmp/hotpair-none/data, binDirectory: /nonexistent }',
  });
  for (const attempt of ['first', 'second']) {
    const { code, stderr } = await callHotpair('init', '--config', place.config);
    t.is(code, 2, attempt);
    t.regex(stderr, /^hotpair: DATABASE_BINARIES: /, attempt);
    t.deepEqual(readdirSync(place.directory), ['hotpair.yaml'], attempt);
  }
});

test('events without any history are none, and exit 0', async (t) => {
  const { code, stdout } = await callHotpair('events', '--config', aPlace(t).config);
  t.is(code, 0);
  t.is(stdout, '');
});

test('what was kept of a log is listed, shown and exported from its files alone', async (t) => {
  const place = aPlace(t);
  const name = '20261125T010203Z-tl2';
  const directory = join(place.state, 'divergence', name);
  const call = async (...words: readonly string[]) =>
    callHotpair('divergence', ...words, '--config', place.config);
  t.is((await call('list')).stdout, 'nothing was kept on this box\n');
  t.regex((await call('show')).stderr, /DIVERGENCE_MISSING/);
  mkdirSync(directory, { recursive: true });
  const table = { database: 'app', schema: 'public', table: 'call "log"', columns: ['id'] };
  const counts = { inserted: 2, updated: 0, deleted: 1, rows: 2, file: '1-call__log_.csv' };
  const rows = { transactions: 2, firstCommit: 'then', lastCommit: 'later', otherRelations: 0 };
  const described = {
    keptAt: '2026-11-25T01:02:03.000Z',
    timeline: 2,
    from: '0/5000028',
    sourceTimeline: 3,
    segments: ['000000020000000000000005'],
    isWhole: true,
    walBytes: 16_777_216,
    rows: { ...rows, missing: null, tookMs: 900, tables: [{ ...table, ...counts }] },
  };
  writeFileSync(join(directory, 'divergence.json'), JSON.stringify(described));
  writeFileSync(join(directory, counts.file), 'id\n1\n2\n');
  t.is(
    (await call('list')).stdout,
    `${name}  timeline 2 went on beyond 0/5000028, where the other box went on with timeline 3; 2 transactions, 2 rows of 1 tables, 16 MB of log\n`,
  );
  const shown = (await call('show', name)).stdout;
  t.true(shown.includes('app: public.call "log": 2 inserted, 0 updated, 1 deleted; 2 rows can be'));
  const target = join(place.state, 'export');
  t.is((await call('export', target)).code, 0);
  t.is(readFileSync(join(target, counts.file), 'utf8'), 'id\n1\n2\n');
  t.true(
    readFileSync(join(target, 'load.sql'), 'utf8').includes('(LIKE "public"."call ""log""");\n'),
  );
  t.like(JSON.parse(readFileSync(join(target, 'manifest.json'), 'utf8')), { name, timeline: 2 });
  t.regex((await call('export', name, target)).stderr, /DIVERGENCE_TARGET/);
  t.is((await call('burn')).code, 2);
});
