// What `hotpair config check` finds on the box about services and hooks, also in a file that is refused for other reasons.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { configCommand } from '../../src/cli/configCommand.ts';
import { entriesText, type Entries } from '../config/configText.ts';

/** `CODE key` of every line, without the last one that counts them; and the exit status. */
async function check(folder: string, entries: Entries) {
  const file = join(folder, 'hotpair.yaml');
  writeFileSync(file, entriesText(entries));
  let text = '';
  const status = await configCommand(['check', file], (piece) => (text += piece));
  const lines = text.trimEnd().split('\n').slice(0, -1);
  const said = lines.map((line) => {
    const [, code, key] = /\d+:\d+: (?:warning: )?([A-Z_]+): ([^ ]+?):? /.exec(line) ?? [];
    return `${code} ${key}`;
  });
  return { status, said };
}

test('missing and unsuited programs, scripts, units, directories, users and groups are told', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'services-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const plain = join(folder, 'plain');
  writeFileSync(plain, '#!/bin/sh\n');
  chmodSync(plain, 0o644);
  const directory = join(folder, 'directory');
  mkdirSync(directory);
  const good = { command: ['/bin/true'], user: 'root', group: 'root', directory };
  t.deepEqual(await check(folder, { services: { good } }), { status: 0, said: [] });
  const { status, said } = await check(folder, {
    services: {
      absent: { command: ['/nowhere/x'], directory: '/nowhere', user: 'ghost', group: 'ghosts' },
      folder: { command: [directory], directory: plain },
      script: { script: plain, checks: [{ command: ['/nowhere/check'] }] },
      unit: { unit: 'nobody-has-this.service' },
    },
    hooks: [{ name: 'hook', command: ['/nowhere/hook'], on: ['primary'], user: 'ghost' }],
  });
  t.is(status, 2);
  t.deepEqual([...said].toSorted(), [
    'CONFIG_SERVICE_FILE hooks[0].command[0]',
    'CONFIG_SERVICE_FILE services.absent.command[0]',
    'CONFIG_SERVICE_FILE services.absent.directory',
    'CONFIG_SERVICE_FILE services.folder.command[0]',
    'CONFIG_SERVICE_FILE services.folder.directory',
    'CONFIG_SERVICE_FILE services.script.checks[0].command[0]',
    'CONFIG_SERVICE_FILE services.script.script',
    'CONFIG_SERVICE_FILE services.unit.unit',
    'CONFIG_SERVICE_USER hooks[0].user',
    'CONFIG_SERVICE_USER services.absent.group',
    'CONFIG_SERVICE_USER services.absent.user',
  ]);
});

test('the directory of a sync set that is missing, or no directory, is told', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'services-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const plain = join(folder, 'plain');
  writeFileSync(plain, '');
  mkdirSync(join(folder, 'good'));
  const sync = {
    good: { directory: join(folder, 'good') },
    absent: { directory: join(folder, 'absent') },
    plain: { directory: plain },
  };
  const { status, said } = await check(folder, { sync });
  t.is(status, 2);
  t.deepEqual(said, [
    'CONFIG_SYNC_FILE sync.absent.directory',
    'CONFIG_SYNC_FILE sync.plain.directory',
  ]);
});

test('a fault of the file hides nothing that the box has against it', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'services-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const { status, said } = await check(folder, {
    services: {
      one: { command: ['/nowhere/x'], user: 'ghost', after: ['nobody'], checks: [{ sip: {} }] },
      two: { command: ['/bin/true'], after: ['two'], startDeadline: 'soon' },
    },
  });
  t.is(status, 2);
  t.deepEqual(said, [
    'CONFIG_SERVICE_FILE services.one.command[0]',
    'CONFIG_SERVICE_USER services.one.user',
    'CONFIG_RELATION_SERVICE_AFTER services.one.after[0]',
    'CONFIG_REQUIRED services.one.checks[0].sip.port',
    'CONFIG_RELATION_SERVICE_CYCLE services.two.after[0]',
    'CONFIG_DURATION services.two.startDeadline',
  ]);
});
