// The bill of materials and the licences of the built executable, compared with the lock file and with Node itself.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { cycloneDx, licensesText, softwareParts } from '../../scripts/softwareParts.ts';

const top = join(import.meta.dirname, '..', '..');
const executable = join(top, 'dist', 'hotpair');

type Bom = {
  readonly bomFormat: string;
  readonly specVersion: string;
  readonly serialNumber: string;
  readonly components: readonly {
    readonly name: string;
    readonly version: string;
    readonly purl?: string;
    readonly 'bom-ref': string;
    readonly hashes?: readonly { readonly content: string }[];
  }[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
};

function printed(...words: readonly string[]): string {
  const ended = spawnSync(executable, words, { env: {}, encoding: 'utf8', maxBuffer: 8e6 });
  if (ended.status !== 0) throw new Error(ended.stderr);
  return ended.stdout;
}

function bom(): Bom {
  return JSON.parse(printed('licenses', '--sbom')) as Bom;
}

test('every package of the bill is the one of the lock file, and what only builds or tests is not in it', (t) => {
  const lock = JSON.parse(readFileSync(join(top, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<
      Record<string, { readonly version: string; readonly integrity?: string }>
    >;
  };
  const locked = new Set(
    Object.values(lock.packages).map(({ integrity = '' }) =>
      Buffer.from(integrity.replace(/^sha512-/, ''), 'base64').toString('hex'),
    ),
  );
  const packages = bom().components.filter(({ purl }) => purl !== undefined);
  t.true(packages.length > 15);
  for (const { name, hashes } of packages) t.true(locked.has(hashes?.[0]?.content ?? ''), name);
  const names = packages.map(({ name }) => name);
  for (const name of ['pg', 'zod', 'yaml', 'serialport', '@serialport/bindings-cpp', 'node'])
    t.true(names.includes(name), name);
  for (const name of ['ava', 'esbuild', 'typescript', 'oxlint'])
    t.false(names.includes(name), name);
});

test('the parts of Node are those that it names, and everything hangs together', (t) => {
  const { bomFormat, specVersion, serialNumber, components, dependencies } = bom();
  t.deepEqual([bomFormat, specVersion], ['CycloneDX', '1.6']);
  t.regex(
    serialNumber,
    /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  const version = (name: string): string | undefined =>
    components.find((each) => each.name === name)?.version;
  t.is(version('node'), process.version.slice(1));
  for (const name of ['openssl', 'v8', 'uv', 'zlib'] as const)
    t.is(version(name), process.versions[name]);
  const refs = components.map((each) => each['bom-ref']);
  t.is(new Set(refs).size, refs.length, 'no reference twice');
  t.deepEqual(dependencies.flatMap(({ dependsOn }) => dependsOn).toSorted(), refs.toSorted());
});

test('the texts of all of them are in the executable', (t) => {
  const text = printed('licenses');
  t.regex(text, /^hotpair [\d.]+: Apache-2\.0\n/);
  for (const { name, version, purl } of bom().components)
    if (purl !== undefined) t.true(text.includes(`${name} ${version}: `), name);
  for (const words of [
    'OpenSSL',
    'Copyright Node.js contributors',
    'Brian Carlson',
    'Colin McDonnell',
  ])
    t.true(text.includes(words), words);
  t.is(printed('licenses', '--list').trimEnd().split('\n').length, bom().components.length);
});

test('a package of which nothing is in the bundle is left out; the same parts give the same bill', (t) => {
  const outputs = {
    'main.cjs': {
      bytes: 10,
      exports: [],
      imports: [],
      inputs: {
        'node_modules/zod/index.js': { bytesInOutput: 7 },
        'node_modules/yaml/index.js': { bytesInOutput: 0 },
        '../elsewhere/node_modules/pg/lib/index.js': { bytesInOutput: 3 },
      },
    },
  };
  const parts = softwareParts(top, { outputs }, 'node_modules/@serialport/bindings-cpp', {
    arch: process.arch,
    nodeVersion: process.version,
  });
  const names = parts.map(({ name }) => name);
  t.deepEqual(names.slice(0, 4), ['@serialport/bindings-cpp', 'pg', 'zod', 'node']);
  t.is(cycloneDx(parts, '1.0.0'), cycloneDx(parts, '1.0.0'));
  t.regex(
    licensesText(parts, 'own text', '1.0.0'),
    /^hotpair 1\.0\.0: Apache-2\.0\n\nown text\n\n-{78}\n/,
  );
});
