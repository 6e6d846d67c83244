// Bad input and trouble, on real parts: each is one clear sentence with a stable code and an exit status; nothing is changed
// by a refusal and nothing is lost by a trouble that ends.
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { systemUser } from '../../src/io/database/systemUser.ts';
import { databaseSection, troubledSite } from './troubledSite.ts';
import type { TroubledBox, TroubledSite } from './troubledSite.ts';

const nobody = 65_534;
let site: TroubledSite;

test.before(() => {
  site = troubledSite();
});

test.after.always(() => {
  site.remove();
});

/** One line on stderr with the code, exit status 2, no stack trace, and every file as it was. */
async function refuses(
  t: ExecutionContext,
  box: TroubledBox,
  command: string,
  sentence: RegExp,
  status = 2,
): Promise<void> {
  const before = box.inventory();
  const { code, stdout, stderr } = await box.hotpair(command);
  t.is(code, status, stderr);
  t.regex(stderr, sentence);
  t.is(stderr.trimEnd().split('\n').length, 1, 'one line');
  t.notRegex(stderr, /^\s+at |node:internal|INTERNAL/m);
  t.notRegex(stdout, /made/);
  t.deepEqual(box.inventory(), before, 'nothing was changed');
}

/** A directory with the programs of a PostgreSQL that says of itself that it is of another major version. */
function otherMajor(box: TroubledBox): string {
  const directory = join(box.directory, 'bin');
  mkdirSync(directory);
  writeFileSync(join(directory, 'postgres'), '#!/bin/sh\necho "postgres (PostgreSQL) 17.6"\n');
  chmodSync(join(directory, 'postgres'), 0o755);
  return directory;
}

test.serial('init: the key file may be read by others', async (t) => {
  const line = `hotpair-pair-v1 ${'2'.repeat(32)} ${'3'.repeat(64)}\n`;
  writeFileSync(site.a.key, line);
  chmodSync(site.a.key, 0o640);
  await refuses(t, site.a, 'init', /^hotpair: KEY_PERMISSIONS: .*seen: mode 0640/);
  rmSync(site.a.key);
});

test.serial('init: an unknown key and a bad value, both at once', async (t) => {
  site.a.configure({
    heartbeat: '{ port: eth1, address: 1.2.3.4, peer: 169.254.69.2, colour: red }',
  });
  const before = site.a.inventory();
  const { code, stderr } = await site.a.hotpair('init');
  t.is(code, 2);
  t.regex(
    stderr,
    /^hotpair: CONFIG_REFUSED: .*\n.*:3:\d+: CONFIG_ADDRESS.*\n.*:3:\d+: CONFIG_UNKNOWN_KEY/,
  );
  t.deepEqual(site.a.inventory(), before);
  site.a.configure();
});

test.serial('init: the PostgreSQL programs are missing', async (t) => {
  const { a } = site;
  a.configure({ database: databaseSection(a.directory, ', binDirectory: /nonexistent') });
  await refuses(t, a, 'init', /DATABASE_BINARIES: .*\/nonexistent.*database\.binDirectory/);
  a.configure();
});

test.serial('init: PostgreSQL does not know a setting', async (t) => {
  const { a } = site;
  a.configure({ database: databaseSection(a.directory, ', settings: { work_men: 4MB }') });
  await refuses(
    t,
    a,
    'init',
    /DATABASE_SETTING: .*unrecognized configuration parameter "work_men"/,
  );
  a.configure();
});

test.serial('init: the data directory holds something else', async (t) => {
  mkdirSync(site.a.data);
  writeFileSync(join(site.a.data, 'holiday.jpg'), 'x');
  await refuses(t, site.a, 'init', /DATABASE_NOT_EMPTY: .* is not empty/);
  rmSync(site.a.data, { recursive: true });
});

test.serial('init: the data directory was made by another major version', async (t) => {
  const { a } = site;
  mkdirSync(a.data);
  writeFileSync(join(a.data, 'PG_VERSION'), '15\n');
  const binDirectory = otherMajor(a);
  a.configure({ database: databaseSection(a.directory, `, binDirectory: ${binDirectory}`) });
  await refuses(
    t,
    a,
    'init',
    /DATABASE_VERSION: the data directory .* belongs to PostgreSQL 15, the programs in .* are version 17/,
  );
  a.configure();
  for (const path of [a.data, binDirectory]) rmSync(path, { recursive: true });
});

test.serial('init: the state partition is full', async (t) => {
  const { a } = site;
  mkdirSync(a.state);
  a.run('mount', '-t', 'tmpfs', '-o', 'size=4k', 'tmpfs', a.state);
  a.run('dd', 'if=/dev/zero', `of=${a.state}/fill`, 'bs=4k', 'count=1', 'status=none');
  await refuses(t, a, 'init', /STATE_FULL: there is no room left in /);
  a.run('umount', a.state);
  rmSync(a.state, { recursive: true });
});

test.serial('init: the state partition is read-only', async (t) => {
  const { a } = site;
  mkdirSync(a.state);
  a.run('mount', '-t', 'tmpfs', '-o', 'ro', 'tmpfs', a.state);
  await refuses(t, a, 'init', /STATE_DIRECTORY: the state directory cannot be made: EROFS/);
  a.run('umount', a.state);
  rmSync(a.state, { recursive: true });
});

test.serial('init: the data directory belongs to somebody else', async (t) => {
  const { a } = site;
  mkdirSync(a.data);
  writeFileSync(join(a.data, 'PG_VERSION'), '15\n');
  chownSync(a.data, nobody, nobody);
  await refuses(
    t,
    a,
    'init',
    /DATABASE_OWNER: .* belongs to user 65534, PostgreSQL runs as postgres/,
  );
  rmSync(a.data, { recursive: true });
});

test.serial('init works after all of these', async (t) => {
  const { code, stderr } = await site.a.hotpair('init');
  t.is(code, 0, stderr);
});

test.serial('join: what the second box can be refused for', async (t) => {
  t.timeout(40_000);
  const { a, b } = site;
  const agent = a.startAgent();
  await agent.untilStatus(({ state, database }) => state === 'solo' && database.admitted);
  await refuses(t, b, 'join', /KEY_MISSING: /);

  writeFileSync(b.key, `hotpair-pair-v1 ${'2'.repeat(32)} ${'3'.repeat(64)}\n`, { mode: 0o600 });
  mkdirSync(b.state, { mode: 0o711 });
  mkdirSync(join(b.state, 'divergence'), { mode: 0o700 });
  await refuses(t, b, 'join', /DATABASE_PASSWORD: the peer refuses the password/);
  copyFileSync(a.key, b.key);

  const binDirectory = otherMajor(b);
  b.configure({ database: databaseSection(b.directory, `, binDirectory: ${binDirectory}`) });
  await refuses(t, b, 'join', /DATABASE_VERSION: the peer runs PostgreSQL 15, this node has 17/);
  b.configure();

  b.configure({ heartbeat: '{ port: eth9, address: 169.254.69.2/30, peer: 169.254.69.1 }' });
  await refuses(t, b, 'join', /PORT_MISSING: .*eth9/);
  b.configure();

  // The database of another pair, as a whole clone of it would lie there.
  const own = readFileSync(b.key);
  rmSync(b.key);
  rmSync(b.state, { recursive: true });
  t.is((await b.hotpair('init')).code, 0);
  rmSync(b.state, { recursive: true });
  writeFileSync(b.key, own);
  await refuses(t, b, 'join', /DATABASE_NOT_EMPTY: /, 2);
  writeFileSync(join(b.data, 'standby.signal'), '');
  mkdirSync(b.state, { mode: 0o711 });
  mkdirSync(join(b.state, 'divergence'), { mode: 0o700 });
  await refuses(t, b, 'join', /DATABASE_FOREIGN: .* of another cluster than the peer's/);
  t.is(await agent.end(), 0);
});

/** Starts the agent of box-a in some trouble and ends it when the trouble is told, and the box serves where it can. */
async function tells(
  t: ExecutionContext,
  code: string,
  sentence: RegExp,
  state: 'any' | 'solo' = 'any',
): Promise<void> {
  const agent = site.a.startAgent();
  try {
    await agent.untilStatus(
      (status) =>
        status.alarms.some((name) => name !== 'unprotected') &&
        (state === 'any' || (status.state === state && status.port.addressesOn)),
    );
    const { stdout } = await site.a.hotpair('status');
    t.regex(stdout, new RegExp(`${code}: `));
    t.regex(stdout, sentence);
  } finally {
    t.is(await agent.end(), 0);
  }
  t.notRegex(agent.log(), /agentBroken|^\s+at /m);
}

/** Box-a serves again: nothing was lost. */
async function serves(t: ExecutionContext): Promise<void> {
  const agent = site.a.startAgent();
  const status = await agent.untilStatus(({ state, port }) => state === 'solo' && port.addressesOn);
  t.is(status.epoch, 1);
  t.deepEqual(status.alarms, ['unprotected']);
  t.is(await agent.end(), 0);
}

test.serial('agent: the PostgreSQL programs are missing', async (t) => {
  const { a } = site;
  a.configure({ database: databaseSection(a.directory, ', binDirectory: /nonexistent') });
  await tells(t, 'DATABASE_BINARIES', /box-1 serves nothing/);
  a.configure();
});

test.serial('agent: the data directory belongs to somebody else', async (t) => {
  const { a } = site;
  const { uid } = systemUser('postgres');
  chownSync(a.data, nobody, nobody);
  await tells(t, 'DATABASE_OWNER', /belongs to user 65534, PostgreSQL runs as postgres/);
  chownSync(a.data, uid, systemUser('postgres').gid);
});

test.serial('agent: the data directory is of another cluster', async (t) => {
  const { a, b } = site;
  renameSync(a.data, `${a.data}.own`);
  rmSync(join(b.data, 'standby.signal'));
  renameSync(b.data, a.data);
  await tells(t, 'DATABASE_FOREIGN', /is of another cluster \(\d+\) than the record of this box/);
  renameSync(a.data, b.data);
  renameSync(`${a.data}.own`, a.data);
});

test.serial('agent: the data directory is gone', async (t) => {
  const { a } = site;
  renameSync(a.data, `${a.data}.own`);
  await tells(t, 'DATABASE_MISSING', /there is no PostgreSQL data in/);
  t.notThrows(() => renameSync(`${a.data}.own`, a.data), 'none was made in its place');
});

test.serial(
  'agent: the state partition is read-only, and the box serves all the same',
  async (t) => {
    const { a } = site;
    a.run('mount', '--bind', a.state, a.state);
    a.run('mount', '-o', 'remount,ro,bind', a.state);
    await tells(t, 'STATE_READ_ONLY', /state is read-only/, 'solo');
    a.run('umount', a.state);
  },
);

test.serial('agent: the state partition is full, and the box serves all the same', async (t) => {
  const { a } = site;
  const copy = `${a.state}.copy`;
  a.run('cp', '-a', a.state, copy);
  a.run('mount', '-t', 'tmpfs', '-o', 'size=256k,mode=0711', 'tmpfs', a.state);
  a.run(
    'sh',
    '-c',
    `cp -a ${copy}/. ${a.state}; cat /dev/zero >${a.state}/fill 2>/dev/null || true`,
  );
  await tells(t, 'STATE_FULL', /box-1 is primary/, 'solo');
  a.run('umount', a.state);
  rmSync(copy, { recursive: true });
});

test.serial('agent: PostgreSQL does not know a setting', async (t) => {
  const { a } = site;
  a.configure({ database: databaseSection(a.directory, ', settings: { work_mem: much }') });
  const { code, stderr } = await a.hotpair('agent');
  t.is(code, 2);
  t.regex(stderr, /^hotpair: DATABASE_SETTING: .*invalid value for parameter "work_mem": "much"$/m);
  a.configure();
});

test.serial('agent: the watchdog that is required is missing', async (t) => {
  const { a } = site;
  a.configure({ watchdog: '{ policy: required, device: /dev/no-watchdog }' });
  await refuses(t, a, 'agent', /WATCHDOG_MISSING: .*seen: \/dev\/no-watchdog/);
  a.configure();
});

test.serial(
  'agent: one copy of the record is corrupt, and is made again from the other',
  async (t) => {
    const { state } = site.a;
    const whole = readFileSync(join(state, 'record.b'));
    writeFileSync(join(state, 'record.a'), 'torn');
    await serves(t);
    t.deepEqual(readFileSync(join(state, 'record.a')), whole);
  },
);

test.serial(
  'agent: both copies of the record are corrupt; nothing is served and nothing overwritten',
  async (t) => {
    const { state } = site.a;
    const whole = readFileSync(join(state, 'record.a'));
    for (const name of ['record.a', 'record.b']) writeFileSync(join(state, name), 'torn');
    await tells(t, 'recordUnusable', /box-1 serves nothing: its record cannot be used/);
    for (const name of ['record.a', 'record.b']) {
      t.is(readFileSync(join(state, name), 'utf8'), 'torn');
      writeFileSync(join(state, name), whole);
    }
  },
);

test.serial('after all of this the box serves again, in the same epoch', async (t) => {
  await serves(t);
});
