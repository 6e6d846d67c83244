// The diagnostics bundle: whole for any tar, bounded, and without a single one of the secrets that were planted all over the box.
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { replicationPassword, readPairKey } from '../../src/config/secrets.ts';
import { withoutSecrets } from '../../src/config/knownSecrets.ts';
import { BundleWriter } from '../../src/cli/diagnosticsBundle.ts';
import { tarArchive } from '../../src/protocol/tarFile.ts';
import { aPlace, callHotpair } from './callHotpair.ts';
import type { Place } from './callHotpair.ts';

const pairSecret = '3'.repeat(32) + 'abcdef0123456789'.repeat(2);
const nextSecret = '5'.repeat(32) + 'fedcba9876543210'.repeat(2);
/** Each is planted where its name says, and in the logs and the flight record too. */
const planted = {
  fence: 'fence-PAss-17',
  environment: 'env-PAss-18',
  setting: 'setting-PAss-19',
  sql: 'sql-PAss-20',
  url: 'url-PAss-21',
  bearer: 'bearer-PAss-22',
  option: 'option-PAss-23',
} as const;

function aBoxFullOfSecrets(t: ExecutionContext): Place {
  const fenceFile = join(mkdtempSync(join(tmpdir(), 'hotpair-fence-')), 'switch.secrets');
  t.teardown(() => rmSync(join(fenceFile, '..'), { recursive: true }));
  writeFileSync(fenceFile, `password=${planted.fence}\n`, { mode: 0o600 });
  const place = aPlace(t, {
    arbiter: `{ type: lan, fence: { devices: [{ name: strip, agent: fence_apc, secretsFile: ${fenceFile}, plug: "2", options: { ip: 192.0.2.9 } }] } }`,
    services: `{ pbx: { command: [/bin/true, --password=${planted.option}], environment: { DB_PASSWORD: ${planted.environment} } } }`,
  });
  const key = `hotpair-pair-v1 ${'2'.repeat(32)} ${pairSecret}\nnext ${nextSecret}\n`;
  writeFileSync(join(place.directory, 'pair.key'), key, { mode: 0o600 });
  mkdirSync(join(place.state, 'services'), { recursive: true });
  mkdirSync(join(place.state, 'flight'));
  const replication = replicationPassword(readPairKey(join(place.directory, 'pair.key')));
  const words = [
    pairSecret,
    nextSecret,
    replication,
    planted.fence,
    planted.environment,
    planted.option,
  ];
  const log = [
    ...words.map((word) => `somebody printed ${word} here`),
    `STATEMENT:  ALTER ROLE pbx PASSWORD '${planted.sql}'`,
    `connecting to postgresql://pbx:${planted.url}@192.0.2.10/app`,
    `Authorization: Bearer ${planted.bearer}`,
    `passphrase = "${planted.setting}"`,
    'an innocent line',
  ].join('\n');
  writeFileSync(join(place.state, 'postgresql.log'), `${log}\n`);
  writeFileSync(join(place.state, 'services/pbx.log'), `${log}\n`);
  writeFileSync(
    join(place.state, 'events.jsonl'),
    `${JSON.stringify({ event: 'x', text: log })}\n`,
  );
  writeFileSync(
    join(place.state, 'flight/0000000001.flight'),
    Buffer.concat([Buffer.from([0, 255, 1]), Buffer.from(pairSecret)]),
  );
  writeFileSync(join(place.state, 'flight/0000000002.flight'), Buffer.from([0, 255, 2]));
  return place;
}

test('no planted secret leaves the box, and what is of use does', async (t) => {
  const place = aBoxFullOfSecrets(t);
  const output = join(place.directory, 'bundle.tar.gz');
  const { code, stdout, stderr } = await callHotpair(
    'diagnostics',
    '--output',
    output,
    '--config',
    place.config,
  );
  t.is(code, 0, stderr);
  t.is(statSync(output).mode & 0o777, 0o600);
  const bytes = gunzipSync(readFileSync(output)).toString('latin1');
  for (const secret of [pairSecret, nextSecret, ...Object.values(planted)])
    t.false(bytes.includes(secret), secret);
  t.notRegex(bytes, /[0-9a-f]{64}/, 'nothing of the length of a key');

  const unpacked = join(place.directory, 'unpacked');
  mkdirSync(unpacked);
  execFileSync('tar', ['-xzf', output, '-C', unpacked]);
  const [folder = ''] = readdirSync(unpacked);
  const text = (name: string): string => readFileSync(join(unpacked, folder, name), 'utf8');
  t.regex(folder, /^hotpair-diagnostics-box-a-\d{8}T\d{6}Z$/);
  for (const name of ['postgresql.log', 'services/pbx.log'])
    t.regex(text(name), /an innocent line/);
  t.regex(text('status.json'), /AGENT_NOT_ANSWERING/);
  t.regex(text('configuration.json'), /169\.254\.69\.1/);
  t.like(JSON.parse(text('about.json')), { node: 'box-a' });
  t.deepEqual(readdirSync(join(unpacked, folder, 'flight')), ['0000000002.flight']);
  t.regex(stdout, /left out flight\/0000000001\.flight: holds a secret/);

  const again = await callHotpair('diagnostics', '--output', output, '--config', place.config);
  t.is(again.code, 1);
  t.regex(again.stderr, /^hotpair: DIAGNOSTICS_WRITE: /);
});

test('logs are cut to their ends at whole lines, and the whole is bounded', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'hotpair-bundle-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'log');
  for (let line = 0; line < 200; line += 1) appendFileSync(path, `line ${line}\n`);
  const bundle = new BundleWriter('bundle', []);
  bundle.tail('log', path, 100);
  const large = join(folder, 'large');
  writeFileSync(large, Buffer.alloc(10 * 1024 * 1024));
  for (let file = 0; file < 4; file += 1) bundle.binary(`large-${file}`, large, 11 * 1024 * 1024);
  bundle.binary('too-large', large, 1024);
  const { entries, leftOut } = bundle.end();
  const tail = entries[0]?.bytes.toString() ?? '';
  t.regex(tail, /^line \d+\n(.*\n)*line 199\n$/);
  t.true(tail.length <= 100);
  t.deepEqual(leftOut, [
    'large-2: the bundle is full',
    'large-3: the bundle is full',
    'too-large: larger than 1024 bytes',
  ]);
  t.true(tarArchive(entries).length < 26e6);
});

test('what looks like a secret is taken out although nobody knows it, and the rest of the line stays', (t) => {
  const masked = '(not shown)';
  for (const [text, shown] of [
    ["CREATE ROLE a PASSWORD 'x''y' LOGIN", `CREATE ROLE a PASSWORD ${masked} LOGIN`],
    ['Proxy-Authorization: Digest username="7"', `Proxy-Authorization: ${masked}`],
    ['-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY----- end', `${masked} end`],
    ['{"dbPassword":"a \\"b\\" c","user":"d"}', `{"dbPassword":${masked},"user":"d"}`],
    [
      JSON.stringify({ text: JSON.stringify({ api_token: 'e f', user: 'g' }) }),
      `{"text":"{\\"api_token\\":${masked},\\"user\\":\\"g\\"}"}`,
    ],
    ['password authentication failed for user "a"', 'password authentication failed for user "a"'],
  ] as const)
    t.is(withoutSecrets(text, []), shown);
});

test('an archive with a name that leaves its folder is not made', (t) => {
  for (const name of ['/etc/passwd', 'a/../../b', 'x'.repeat(101)])
    t.throws(() => tarArchive([{ name, bytes: Buffer.alloc(0), changedAt: 0 }]), {
      instanceOf: RangeError,
    });
});
