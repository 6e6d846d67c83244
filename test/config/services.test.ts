// The sections `services`, `hooks` and `sync`: what they become, and that everything wrong in them is told at once.
import test from 'ava';
import { changedKeys, keysThatNeedRestart } from '../../src/config/reload.ts';
import { shownValues } from '../../src/config/effective.ts';
import { configJsonSchema } from '../../src/config/jsonSchema.ts';
import { parseConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/config.ts';
import { complaintsAbout, configText, entriesText, type Entries } from './configText.ts';

const command = ['/usr/sbin/kamailio', '-DD'];

function read(entries: Entries): Config {
  const parsed = parseConfig(entriesText(entries));
  if ('config' in parsed) return parsed.config;
  throw new Error(JSON.stringify(parsed.complaints));
}

/** `CODE key` of everything that is said. */
function said(entries: Entries): readonly string[] {
  return complaintsAbout(entriesText(entries)).map(({ code, key }) => `${code} ${key}`);
}

test('a service of which only the command is written has its defaults', (t) => {
  const { kamailio } = read({ services: { kamailio: { command } } }).services;
  t.deepEqual(kamailio, {
    command,
    runs: 'always',
    after: [],
    required: true,
    directory: '/',
    environment: {},
    stopSignal: 'SIGTERM',
    logBytes: 4 * 1024 * 1024,
    limits: { memoryBytes: undefined },
    startDeadlineMs: 10_000,
    stopDeadlineMs: 5_000,
    restart: {
      firstMs: 200,
      longestMs: 30_000,
      limit: 5,
      windowMs: 60_000,
      steadyMs: 60_000,
      quarantineMs: 1_800_000,
    },
    checks: [],
  });
});

test('checks, limits, hooks and sync sets are typed', (t) => {
  const config = read({
    services: {
      kamailio: {
        command,
        runs: 'primary',
        limits: { memory: '512MB', openFiles: 1024 },
        checks: [
          { sip: { address: 'service', port: 5060 }, interval: '500ms', timeout: '500ms' },
          { tcp: { address: '::1', port: 5060 } },
          { http: { url: 'http://127.0.0.1:8080/health' } },
          { command: ['/bin/true'] },
          { process: {} },
        ],
      },
    },
    hooks: [{ name: 'role', command: ['/bin/true'], on: ['primary'] }],
    sync: { recordings: { directory: '/var/spool/recordings' } },
  });
  const { limits, checks } = config.services['kamailio'] ?? { limits: null, checks: [] };
  t.deepEqual(limits, { memoryBytes: 512 * 1024 * 1024, openFiles: 1024 });
  const usual = { intervalMs: 5_000, timeoutMs: 2_000, threshold: 3 };
  t.deepEqual(checks, [
    { sip: { address: 'service', port: 5060 }, intervalMs: 500, timeoutMs: 500, threshold: 3 },
    { tcp: { address: '::1', port: 5060 }, ...usual },
    { http: { url: 'http://127.0.0.1:8080/health', status: 200 }, ...usual },
    { command: ['/bin/true'], ...usual },
    { process: {}, ...usual },
  ]);
  t.deepEqual(config.hooks, [
    { name: 'role', command: ['/bin/true'], on: ['primary'], required: false, deadlineMs: 10_000 },
  ]);
  t.deepEqual(config.sync, {
    recordings: {
      directory: '/var/spool/recordings',
      intervalMs: 5_000,
      settleMs: 2_000,
      exclude: [],
      keepBytes: 1024 ** 3,
      rateKilobytes: 20 * 1024,
    },
  });
});

test('an empty section means none, and so does a missing one', (t) => {
  const parsed = parseConfig(`${configText()}services:\nhooks:\nsync:\n`);
  if (!('config' in parsed)) throw new Error(JSON.stringify(parsed.complaints));
  const { services, hooks, sync } = parsed.config;
  t.deepEqual({ services, hooks, sync }, { services: {}, hooks: [], sync: {} });
});

test('every fault of many services is told at once, each where it stands', (t) => {
  const found = said({
    services: {
      kamailio: {
        command,
        after: ['redis', 'nobody'],
        checks: [{ sip: { address: 'service' } }, { tcp: { port: 1 }, process: {} }, {}],
      },
      redis: { script: '/etc/init.d/redis', unit: 'redis.service', after: ['kamailio'] },
      asterisk: { command: ['asterisk', 'x'], groop: 'x', restart: { pause: '1h' } },
      none: {},
      late: { command, after: ['primary'], pidFile: '/run/late.pid' },
      primary: { command, runs: 'primary', checks: [{ tcp: { port: 70_000 } }] },
      empty: null,
      'a b': { command },
    },
  });
  t.deepEqual([...found].toSorted(), [
    'CONFIG_NAME services.a b',
    'CONFIG_PATH services.asterisk.command[0]',
    'CONFIG_RANGE services.primary.checks[0].tcp.port',
    'CONFIG_RELATION_SERVICE_AFTER services.kamailio.after[1]',
    'CONFIG_RELATION_SERVICE_CHECK services.kamailio.checks[1]',
    'CONFIG_RELATION_SERVICE_CHECK services.kamailio.checks[2]',
    'CONFIG_RELATION_SERVICE_CYCLE services.kamailio.after[0]',
    'CONFIG_RELATION_SERVICE_PROGRAM services.late.pidFile',
    'CONFIG_RELATION_SERVICE_PROGRAM services.none',
    'CONFIG_RELATION_SERVICE_PROGRAM services.redis',
    'CONFIG_RELATION_SERVICE_RESTART services.asterisk.restart',
    'CONFIG_RELATION_SERVICE_RUNS services.late.after[0]',
    'CONFIG_REQUIRED services.kamailio.checks[0].sip.port',
    'CONFIG_TYPE services.empty',
    'CONFIG_UNKNOWN_KEY services.asterisk.groop',
  ]);
});

test('a complaint within a service says the line of its value and what is allowed there', (t) => {
  const text = `${configText()}services:\n  kamailio:\n    command: [/bin/true]\n    checks:\n      - tcp: {}\n`;
  const [found] = complaintsAbout(text);
  t.is(found?.line, text.split('\n').indexOf('      - tcp: {}') + 1);
  t.is(found?.allowed, '1 to 65535');
});

test('a misspelt key of a service or hook is answered with the nearest one of its kind', (t) => {
  const hints = complaintsAbout(
    entriesText({
      services: { a: { command, chekcs: [], limits: { memroy: '1MB' }, port: 1 } },
      hooks: [{ name: 'x', command, on: ['primary'], deadlin: '1s' }],
    }),
  ).map(({ message }) => message.replace(/^.*; did you mean /, ''));
  t.deepEqual(hints.toSorted(), [
    'hooks[0].deadline?',
    'services.NAME.checks[].sip.port?',
    'services.a.checks?',
    'services.a.limits.memory?',
  ]);
});

test('faults of hooks are told at once', (t) => {
  const found = said({
    hooks: [
      { name: 'one', command, on: ['primary', 'boss'] },
      { name: 'one', command: ['relative'], on: ['standby'] },
      { command, on: [] },
      'nothing',
    ],
  });
  t.deepEqual([...found].toSorted(), [
    'CONFIG_CHOICE hooks[0].on[1]',
    'CONFIG_PATH hooks[1].command[0]',
    'CONFIG_RANGE hooks[2].on',
    'CONFIG_RELATION_HOOK_NAME hooks[1].name',
    'CONFIG_REQUIRED hooks[2].name',
    'CONFIG_TYPE hooks[3]',
  ]);
});

test('sync sets keep away from the directories of hotpair and from one another', (t) => {
  const directories = [
    '/var/lib',
    '/var/lib/hotpair/pgdata/x',
    '/run/hotpair',
    '/srv',
    '/srv/a',
    '/etc',
  ];
  const sync = Object.fromEntries(
    directories.map((directory, index) => [`set${index}`, { directory }]),
  );
  t.deepEqual(said({ sync: { ...sync, apart: { directory: '/srv-apart' } } }), [
    'CONFIG_RELATION_SYNC sync.set0.directory',
    'CONFIG_RELATION_SYNC sync.set1.directory',
    'CONFIG_RELATION_SYNC sync.set1.directory',
    'CONFIG_RELATION_SYNC sync.set2.directory',
    'CONFIG_RELATION_SYNC sync.set4.directory',
    'CONFIG_RELATION_SYNC sync.set5.directory',
  ]);
});

test('the name of the service that hands out files is taken where files are copied', (t) => {
  const services = { 'sync-server': { command } };
  t.deepEqual(said({ services }), []);
  const sync = { prompts: { directory: '/srv', exclude: ['*.part'] } };
  t.deepEqual(said({ services, sync }), ['CONFIG_NAME services.sync-server']);
  t.deepEqual(said({ sync: { prompts: { directory: '/srv', exclude: ['a\nb'], keep: '1kB' } } }), [
    'CONFIG_TYPE sync.prompts.exclude[0]',
    'CONFIG_RANGE sync.prompts.keep',
  ]);
});

test('a standby does not have the service address, so a service that runs always cannot ask it', (t) => {
  const checks = [{ sip: { address: 'service', port: 5060 } }];
  t.deepEqual(said({ services: { a: { command, checks } } }), [
    'CONFIG_RELATION_SERVICE_CHECK services.a.checks[0]',
  ]);
  t.deepEqual(said({ services: { a: { command, checks, runs: 'primary' } } }), []);
});

test('without a pid file nobody knows which process of a script is to be looked at', (t) => {
  const checks = [{ process: {} }];
  const script = '/etc/init.d/pbx';
  t.deepEqual(said({ services: { a: { script, checks } } }), [
    'CONFIG_RELATION_SERVICE_CHECK services.a.checks[0]',
  ]);
  t.deepEqual(said({ services: { a: { script, pidFile: '/run/pbx.pid', checks } } }), []);
});

function someServices(count: number): Entries {
  const names = Array.from({ length: count }, (_each, index) => `s${index}`);
  return { services: Object.fromEntries(names.map((name) => [name, { command }])) };
}

test('more services than a guardian takes are refused', (t) => {
  t.deepEqual(said(someServices(100)), []);
  t.deepEqual(said(someServices(101)), ['CONFIG_RANGE services']);
});

test('variables of hotpair, odd names and odd values are refused', (t) => {
  for (const environment of [{ HOTPAIR_ROLE: 'x' }, { 'A B': 'x' }, { '': 'x' }, { A: 'a\0b' }]) {
    const [found] = said({ services: { a: { command, environment } } });
    t.regex(found ?? '', /^CONFIG_NAME services\.a\.environment\./);
  }
  t.deepEqual(said({ services: { a: { command, environment: { PORT: 5060 } } } }), [
    'CONFIG_TYPE services.a.environment.PORT',
  ]);
});

test('another description is taken over by a reload; a change is seen in each of its parts', (t) => {
  const before = read({ services: { a: { command } } });
  for (const change of [
    { services: { a: { command, environment: { A: 'b' } } } },
    { services: { a: { command }, b: { command } } },
    { services: { a: { command } }, hooks: [{ name: 'x', command, on: ['primary'] }] },
    { services: { a: { command } }, sync: { x: { directory: '/srv' } } },
  ] satisfies readonly Entries[]) {
    const after = read(change);
    t.is(changedKeys(before, after).length, 1);
    t.deepEqual(keysThatNeedRestart(before, after), []);
  }
});

test('what is shown of a service holds no secret of its environment or command', (t) => {
  const shown = JSON.stringify(
    shownValues(
      read({
        services: {
          a: { command: ['/bin/x', '--password=hunter2'], environment: { DB_PASSWORD: 'hunter2' } },
        },
      }),
    ),
  );
  t.true(shown.includes('/bin/x'));
  t.false(shown.includes('hunter2'));
});

test('the JSON Schema describes the keys of a service', (t) => {
  const schema = JSON.stringify(configJsonSchema());
  for (const words of [
    'startDeadline',
    'A SIP server answers OPTIONS',
    'at whose beginning it runs',
  ])
    t.true(schema.includes(words), words);
});
