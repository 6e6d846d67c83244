// `hotpair config` as a person or a script meets it: lines, exit status, origins, and no secrets.
import test from 'ava';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { configCommand } from '../../src/cli/configCommand.ts';
import { configJsonSchema } from '../../src/config/jsonSchema.ts';
import { configKeys } from '../../src/config/keys.ts';
import { newPairKey, writePairKey } from '../../src/config/secrets.ts';
import { complaintsAbout, configText } from './configText.ts';

const root = join(import.meta.dirname, '..', '..');
const bad = relative(process.cwd(), join(root, 'test/fixtures/bad.yaml'));
const good = relative(process.cwd(), join(root, 'test/fixtures/good.yaml'));

async function run(...argv: readonly string[]) {
  const pieces: string[] = [];
  const exitCode = await configCommand(argv, (text) => void pieces.push(text));
  return { exitCode, output: pieces.join('') };
}

function directory(t: { teardown: (undo: () => Promise<void>) => void }): string {
  const path = mkdtempSync(join(tmpdir(), 'hotpair-command-'));
  t.teardown(() => rm(path, { recursive: true }));
  return path;
}

test('config check prints FILE:LINE:COL: CODE: sentence for each complaint, counts them and exits 2', async (t) => {
  const { exitCode, output } = await run('check', bad);
  t.is(exitCode, 2);
  const lines = output.trimEnd().split('\n');
  const last = lines.pop() ?? '';
  for (const line of lines) {
    t.true(line.startsWith(`${bad}:`), line);
    t.regex(line.slice(bad.length), /^:\d+:\d+: (warning: CONFIG_WARNING|CONFIG)_[A-Z_]+: \S/);
  }
  const warnings = lines.filter((line) => line.includes('warning: ')).length;
  t.true(lines.length - warnings >= 8);
  t.regex(last, new RegExp(`: ${lines.length - warnings} errors, ${warnings} warnings?$`));
});

test('config check of a good file exits 0, also where there are warnings', async (t) => {
  t.deepEqual(await run('check', good), { exitCode: 0, output: `${good}: 0 errors, 0 warnings\n` });
  const file = join(directory(t), 'down.yaml');
  writeFileSync(file, configText({ service: { standbyPort: 'down' } }));
  const { exitCode, output } = await run('check', file);
  t.is(exitCode, 0);
  t.regex(output, /warning: CONFIG_WARNING_STANDBY_PORT: .*32 to 46 s/);
  t.regex(output, /: 0 errors, 1 warning\n$/);
});

test('a file that is missing is CONFIG_MISSING and exit 2 for check and show', async (t) => {
  for (const word of ['check', 'show']) {
    const { exitCode, output } = await run(word, join(directory(t), 'absent.yaml'));
    t.is(exitCode, 2);
    t.regex(output, /absent\.yaml: CONFIG_MISSING: .*ENOENT/);
  }
});

test('config show prints every key with its value and its origin', async (t) => {
  const { exitCode, output } = await run('show', good);
  t.is(exitCode, 0);
  t.is(output.trimEnd().split('\n').length, configKeys().length);
  t.regex(output, /^heartbeat\.port +eth1 +\S*good\.yaml:8$/m);
  t.regex(output, /^heartbeat\.deadInterval +250ms +default$/m);
  t.regex(output, /^timing\.takeoverLimit +4s +derived$/m);
});

test('config show names the board that a value comes from', async (t) => {
  const file = join(directory(t), 'hotpair.yaml');
  const text = readFileSync(good, 'utf8').replace(/^ +port: eth1$/m, '');
  writeFileSync(file, `${text}\nboard: qemu-x86_64\n`);
  const { output } = await run('show', file);
  t.regex(output, /^heartbeat\.port +eth1 +board qemu-x86_64$/m);
  t.regex(output, /^heartbeat\.serial\.device +\/dev\/ttyS2 +board qemu-x86_64$/m);
  t.regex(output, /^service\.port +eth0 +\S*hotpair\.yaml:\d+$/m);
  t.regex(output, /^board +qemu-x86_64 +\S*hotpair\.yaml:\d+$/m);
  t.regex((await run('show', good)).output, /^board +auto +default \((none found|found .*)\)$/m);
});

test('config show --json says the same for programs', async (t) => {
  const { output } = await run('show', '--json', good);
  const shown: unknown = JSON.parse(output);
  t.like(shown, {
    file: good,
    values: {
      'heartbeat.port': { value: 'eth1', origin: `${good}:8` },
      'timing.solo': { value: '8300ms', origin: 'derived' },
      'database.binDirectory': { value: null, origin: 'default' },
    },
  });
});

test('config show of a bad file prints its complaints and exits 2', async (t) => {
  t.deepEqual(await run('show', bad), await run('check', bad));
});

test('no form of config ever prints the pair key or a password', async (t) => {
  const path = directory(t);
  const key = newPairKey();
  const keyFile = join(path, 'pair.key');
  writePairKey(keyFile, key);
  const secret = key.toLine().trim().split(' ')[2] ?? '';
  t.is(secret.length, 64);
  const file = join(path, 'hotpair.yaml');
  const passwords = ['tr0ub4dor', 'c0rrect-h0rse', 'batt3ry', 'st4ple'];
  const [one, two, three, four] = passwords;
  const changes = {
    pair: { keyFile },
    database: {
      settings: {
        'myext.password': one,
        'myext.dsn': `postgres://user:${two}@192.0.2.9/db`,
        'myext.conninfo': `host=192.0.2.9 password=${three}`,
      },
      hba: [`host all all 192.0.2.0/24 ldap ldapserver=x ldapbindpasswd=${four}`],
    },
  };
  writeFileSync(file, configText(changes));
  const outputs = [
    await run('check', file),
    await run('show', file),
    await run('show', '--json', file),
  ];
  t.deepEqual(
    outputs.map(({ exitCode }) => exitCode),
    [0, 0, 0],
  );
  t.true(outputs[1]?.output.includes(keyFile));
  // A key pasted into the file in places where it is refused must not come back in the complaint.
  writeFileSync(
    file,
    `${configText({ ...changes, node: { name: key.toLine() }, heartbeat: { peer: secret, password: one } })}${secret}: 1\n`,
  );
  outputs.push(await run('check', file), await run('show', file, '--json'));
  for (const { output } of outputs) {
    for (const text of [secret, ...passwords]) t.false(output.includes(text), output);
  }
  t.is(outputs[3]?.exitCode, 2);
});

test('a wrong call is refused with USAGE and exit status 2', async (t) => {
  for (const argv of [[], ['chek'], ['check', 'a', 'b'], ['show', '--yaml'], ['schema', 'x']]) {
    await t.throwsAsync(
      configCommand(argv, () => undefined),
      { code: 'USAGE' },
    );
  }
});

test('config schema prints JSON with the description of every key', async (t) => {
  const { exitCode, output } = await run('schema');
  t.is(exitCode, 0);
  t.deepEqual(JSON.parse(output), JSON.parse(JSON.stringify(configJsonSchema())));
  for (const { facts } of configKeys())
    t.true(output.includes(JSON.stringify(facts.description).slice(1, -1)));
});

test('docs/configuration.md is what config reference prints', async (t) => {
  const { output } = await run('reference');
  t.is(readFileSync(join(root, 'docs/configuration.md'), 'utf8'), output);
});

test('the example of the reference page is a good configuration', async (t) => {
  const { output } = await run('reference');
  const [, example = ''] = /```yaml\n([^]*?)```/.exec(output) ?? [];
  // Its programs need not be on this machine.
  t.not(example, '');
  t.deepEqual(complaintsAbout(example), []);
});
