// Directories with those above them, also where the system answers that nothing can be made at all.
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { makeDirectories, makeDirectoriesLater } from '../../src/kernel/directories.ts';

test('directories are made with those above them, once and again', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'hotpair-directories-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  for (const attempt of [1, 2]) {
    makeDirectories(join(root, 'a/b/c'), 0o700);
    await makeDirectoriesLater(join(root, 'd/e/f'), 0o700);
    t.is(statSync(join(root, 'a/b/c')).mode & 0o777, 0o700, String(attempt));
    t.true(existsSync(join(root, 'd/e/f')));
  }
});

test('where no directory can be made the refusal comes at once', async (t) => {
  t.throws(() => makeDirectories('/proc/hotpair/state', 0o700), { code: 'ENOENT' });
  await t.throwsAsync(makeDirectoriesLater('/proc/hotpair/state', 0o700), { code: 'ENOENT' });
});
