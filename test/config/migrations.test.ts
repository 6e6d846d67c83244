// The versions of hotpair.yaml: older files are read, shown and written as the newest, newer ones are refused, and nothing else in a file
// changes.
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import test from 'ava';
import { parseConfig } from '../../src/config/load.ts';
import {
  asNewest,
  configurationVersion,
  migrated,
  migrations,
  pendingMigrations,
  versionOf,
} from '../../src/config/migrations.ts';
import type { Migration } from '../../src/config/migrations.ts';
import { ownFormats } from '../../src/daemon/formats.ts';
import { aPlace, callHotpair } from '../cli/callHotpair.ts';
import { complaintsAbout, configText } from './configText.ts';

test('every version has its step, and the last one is the number that the executable tells', (t) => {
  t.deepEqual(
    migrations.map(({ to }) => to),
    Array.from({ length: configurationVersion }, (_, index) => index + 1),
  );
  t.deepEqual(ownFormats.configuration.reads, [0, ...migrations.map(({ to }) => to)]);
});

test('a file without a version is of version 0 and is read; its own lines are named in complaints', (t) => {
  t.is(versionOf(configText()), 0);
  t.true('config' in parseConfig(configText()));
  t.true('config' in parseConfig(`version: 0\n${configText()}`));
  t.true(
    'config' in parseConfig(`version: ${configurationVersion} # of the form\n${configText()}`),
  );
  const [complaint] = complaintsAbout(`${configText()}nothing: 1\n`);
  t.is(complaint?.line, configText().split('\n').length);
});

test('a newer version, and something that is none, are refused at their line', (t) => {
  for (const [text, message] of [
    [
      `version: ${configurationVersion + 1}`,
      'the file is written for a newer hotpair than this one',
    ],
    ['version: new', 'version does not name a version of this file'],
    ['version: -1', 'version does not name a version of this file'],
    ['version: [1]', 'version does not name a version of this file'],
  ] as const)
    t.like(complaintsAbout(`${text}\n${configText()}`)[0], {
      code: 'CONFIG_VERSION',
      line: 1,
      message,
    });
});

/** Steps as a later release may have them. */
const later: readonly Migration[] = [
  ...migrations,
  {
    to: 2,
    about: 'a key has another name',
    change: (text) => text.replace(/^( *)colour:/m, '$1color:'),
  },
  {
    to: 3,
    about: 'a unit is written out',
    change: (text) => text.replace(/color: (\d+)$/m, 'color: $1nm'),
  },
];

test('steps follow each other from any version on, and comments and order stay', (t) => {
  const old = '# of our site\n\n# the light\nlight: { }\n  colour: 600\n# end\n';
  t.is(
    migrated(old, later),
    '# of our site\n\n# the light\nversion: 3\nlight: { }\n  color: 600nm\n# end\n',
  );
  t.is(migrated(`version: 2\n${old.replace('colour', 'color')}`, later), migrated(old, later));
  t.is(
    migrated(migrated(old, later), later),
    migrated(old, later),
    'a second time nothing changes',
  );
  t.deepEqual(
    pendingMigrations('version: 1\n', later).map(({ to }) => to),
    [2, 3],
  );
  t.is(asNewest(old, later), old.replace('colour: 600', 'color: 600nm'));
});

test('config migrate prints, and with --write writes with the mode of the file and keeps the old one', async (t) => {
  const { config } = aPlace(t);
  chmodSync(config, 0o640);
  const old = readFileSync(config, 'utf8');
  const shown = await callHotpair('config', 'migrate', config);
  t.deepEqual([shown.code, shown.stdout], [0, `version: ${configurationVersion}\n${old}`]);
  t.is(readFileSync(config, 'utf8'), old);
  const written = await callHotpair('config', 'migrate', config, '--write');
  t.is(written.code, 0, written.stderr);
  t.is(readFileSync(config, 'utf8'), `version: ${configurationVersion}\n${old}`);
  t.is(statSync(config).mode & 0o777, 0o640);
  t.is(readFileSync(`${config}.version-0`, 'utf8'), old);
  t.regex(
    (await callHotpair('config', 'migrate', config, '--write')).stdout,
    /is of the newest version/,
  );
  t.is((await callHotpair('config', 'check', config)).code, 0);
});

test('config migrate refuses a file that cannot be used, and changes nothing', async (t) => {
  const { config } = aPlace(t, { log: '{ level: loud }' });
  const old = readFileSync(config, 'utf8');
  const { code, stderr } = await callHotpair('config', 'migrate', config, '--write');
  t.is(code, 2);
  t.regex(stderr, /CONFIG_REFUSED: .*\n.*CONFIG_CHOICE/);
  t.is(readFileSync(config, 'utf8'), old);
  t.false(existsSync(`${config}.version-0`));
  writeFileSync(config, 'version: 99\n');
  t.is((await callHotpair('config', 'migrate', config)).code, 2);
});
