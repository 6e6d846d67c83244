// The generated files, rendered and read back; and which input they refuse.
import test from 'ava';
import type { DatabaseOptions } from '../../../src/io/database/databaseOptions.ts';
import { slotName } from '../../../src/io/database/databaseOptions.ts';
import { checkHbaLines, renderHba } from '../../../src/io/database/hba.ts';
import {
  checkExtraSettings,
  parseSettingsState,
  renderSettings,
  withInclude,
  withoutDecisive,
} from '../../../src/io/database/settings.ts';

const options: DatabaseOptions = {
  dataDirectory: '/var/lib/pair/data',
  binDirectory: null,
  user: 'postgres',
  port: 5432,
  socketDirectory: '/run/postgresql',
  selfName: 'box-a',
  peerName: 'box "b"',
  heartbeatAddress: '169.254.69.1',
  peerAddress: '169.254.69.2',
  replicationPassword: 'secret',
  extraSettings: { log_line_prefix: String.raw`it's \n`, max_connections: '50' },
  hba: ['host all all 192.0.2.0/24 scram-sha-256'],
  slotDiskBudgetMb: 512,
  divergenceDirectory: '/var/lib/pair/divergence',
  logFile: '/var/log/postgres.log',
  onExit: () => {},
  onProgress: () => {},
};

const calm = { synchronous: 'off', admitted: false, follows: true } as const;

function value(text: string, name: string): string | undefined {
  return text
    .split('\n')
    .findLast((line) => line.startsWith(`${name} = `))
    ?.slice(name.length + 3);
}

function synchronousNames(synchronous: 'off' | 'nobody' | 'peer'): string | undefined {
  const state = { ...calm, synchronous };
  return value(renderSettings(options, state, 'g', {}), 'synchronous_standby_names');
}

test('the three forms of the synchronous setting name no one, nobody that exists, and the peer', (t) => {
  t.is(synchronousNames('off'), `''`);
  t.is(synchronousNames('nobody'), `'"hotpair nobody"'`);
  t.is(synchronousNames('peer'), `'"box ""b"""'`);
});

test('the password is not in the settings file', (t) => {
  t.false(renderSettings(options, calm, 'g', {}).includes('secret'));
});

test('quotes and backslashes of a value reach PostgreSQL as they were given', (t) => {
  const text = renderSettings(options, calm, 'g', {});
  t.is(value(text, 'log_line_prefix'), String.raw`'it''s \\n'`);
});

test('a standby gets the limits of its primary where its own are lower', (t) => {
  const limits = { max_connections: 200, max_prepared_transactions: 0 };
  t.is(value(renderSettings(options, calm, 'g', limits), 'max_connections'), `'200'`);
  t.is(
    value(renderSettings(options, calm, 'g', { max_connections: 20 }), 'max_connections'),
    `'50'`,
  );
});

test('what was written is read back after a restart of the agent', (t) => {
  const state = { synchronous: 'peer', admitted: true, follows: true } as const;
  t.deepEqual(parseSettingsState(renderSettings(options, state, 'g', {})), state);
  t.deepEqual(parseSettingsState(''), calm);
});

for (const name of ['synchronous_standby_names', 'FSYNC', 'primary_conninfo', 'hotpair.admitted']) {
  test(`the decisive setting ${name} is refused from the user`, (t) => {
    const error = t.throws(() => checkExtraSettings({ [name]: 'x' }));
    t.like(error, { code: 'DATABASE_SETTING' });
  });
}

test('what ALTER SYSTEM or a rewind left of ours is dropped, the rest stays', (t) => {
  const text = `# x\nwork_mem = '8MB'\nprimary_slot_name = 'theirs'\n Synchronous_Standby_Names='y'\n`;
  t.is(withoutDecisive(text), `# x\nwork_mem = '8MB'\n`);
});

test('our file is included last, once', (t) => {
  const once = withInclude(`include 'hotpair.conf'\nport = 1\n`);
  t.is(once, `port = 1\ninclude 'hotpair.conf'\n`);
  t.is(withInclude(once), once);
});

test('the closed rules have no line for clients, and the open ones cannot let our roles in', (t) => {
  const closed = renderHba('169.254.69.2', options.hba, false);
  t.false(closed.includes('192.0.2.0/24'));
  const open = renderHba('169.254.69.2', ['host all all 0.0.0.0/0 trust'], true).split('\n');
  const guard = open.indexOf('host all,replication hotpair,hotpair_repl all reject');
  t.true(guard > 0 && guard < open.indexOf('host all all 0.0.0.0/0 trust'));
  t.true(renderHba('fe80::1', [], false).includes('fe80::1/128'));
});

for (const line of [
  'host all all 0.0.0.0/0 sesame',
  'hots all all 0.0.0.0/0 trust',
  'host all all 192.0.2.0/99 trust',
  'host all all 192.0.2.1 trust',
  'host all all trust',
  'local all all',
  'host all all 0.0.0.0/0 trust\nhost all all ::/0 trust',
  'host "all all 0.0.0.0/0 trust',
]) {
  test(`the rule ${JSON.stringify(line)} is refused before PostgreSQL meets it`, (t) => {
    t.like(
      t.throws(() => checkHbaLines([line])),
      { code: 'DATABASE_HBA' },
    );
  });
}

test('usual rules pass', (t) => {
  t.notThrows(() =>
    checkHbaLines([
      '# a comment',
      'local all all peer map=x',
      'host all all 192.0.2.0 255.255.255.0 md5',
      'hostssl "my db" all ::/0 cert',
      'host all all pbx.example.org scram-sha-256',
      'host all all samenet scram-sha-256',
    ]),
  );
});

test('slot names are valid, and differ where node names differ', (t) => {
  const names = ['box-a', 'box_a', 'Box-A', 'x'.repeat(80), `${'x'.repeat(79)}y`].map(slotName);
  t.is(new Set(names).size, names.length);
  for (const name of names) t.regex(name, /^[a-z0-9_]{1,63}$/);
});
