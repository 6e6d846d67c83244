// The built executable stands alone: no node_modules, no environment, no other file of ours.
// scripts/test builds it before the tests; by hand it is `npm run build`.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';

const top = join(import.meta.dirname, '..', '..');
const executable = join(top, 'dist', 'hotpair');

const manifest = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8')) as {
  readonly version: string;
};

test('--version is answered from anywhere, with an empty environment', (t) => {
  const elsewhere = mkdtempSync(join(tmpdir(), 'hotpair-alone-'));
  t.teardown(() => rmSync(elsewhere, { recursive: true }));
  const ended = spawnSync(executable, ['--version'], { cwd: elsewhere, env: {}, encoding: 'utf8' });
  t.deepEqual([ended.status, ended.stdout, ended.stderr], [0, `hotpair ${manifest.version}\n`, '']);
});

test('--version takes at most 0.2 s when it is warm', (t) => {
  const times = Array.from({ length: 5 }, () => {
    const before = performance.now();
    spawnSync(executable, ['--version'], { env: {} });
    return performance.now() - before;
  });
  t.true(Math.min(...times) <= 200, `took ${times.map(Math.round).join(', ')} ms`);
});

test('NODE_OPTIONS of the environment does not reach the product', (t) => {
  const env = { NODE_OPTIONS: '--require=/nonexistent.cjs' };
  const ended = spawnSync(executable, ['--version'], { env, encoding: 'utf8' });
  t.deepEqual([ended.status, ended.stderr], [0, '']);
});
