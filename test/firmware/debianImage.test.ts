// What of the image of Debian packages can be seen without making one: the archive of the first root and the files of the
// skeleton.

import { execFileSync } from 'node:child_process';
import { lstatSync, mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { cpioArchive } from '../../scripts/debianImage/cpioArchive.ts';
import { rootModules } from '../../scripts/debianImage/rootTree.ts';

const top = join(import.meta.dirname, '..', '..');
const skeleton = join(top, 'scripts', 'debianImage', 'skeleton');

test('cpio unpacks from the archive what was put into it', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'hotpair-cpio-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const archive = cpioArchive([
    { path: 'bin', type: 'directory' },
    { path: 'bin/odd', type: 'file', mode: 0o755, bytes: Buffer.from('five!') },
    { path: 'bin/empty', type: 'file', mode: 0o644, bytes: Buffer.alloc(0) },
    { path: 'bin/link', type: 'link', target: 'odd' },
  ]);
  execFileSync('cpio', ['--extract', '--quiet'], { cwd: folder, input: archive });
  t.is(readFileSync(join(folder, 'bin/odd'), 'utf8'), 'five!');
  t.is(lstatSync(join(folder, 'bin/odd')).mode & 0o777, 0o755);
  t.is(lstatSync(join(folder, 'bin/empty')).size, 0);
  t.is(readlinkSync(join(folder, 'bin/link')), 'odd');
});

test('an archive ends at a multiple of four, so that the kernel finds another one behind it', (t) => {
  for (const length of [0, 1, 2, 3, 4]) {
    const bytes = Buffer.alloc(length);
    t.is(cpioArchive([{ path: 'x', type: 'file', mode: 0o644, bytes }]).length % 4, 0);
  }
});

test('the start of the image loads the modules that are in its root', (t) => {
  const script = readFileSync(join(skeleton, 'etc/init.d/S00modules'), 'utf8');
  const loaded = /for module in (.*); do/.exec(script)?.[1]?.split(' ');
  t.deepEqual(loaded, rootModules);
});

test('the user of PostgreSQL has the number that he has in the image of Buildroot', (t) => {
  const number = /^postgres:x:(\d+):(\d+):/m.exec(
    readFileSync(join(skeleton, 'etc/passwd'), 'utf8'),
  );
  const buildroot = /^postgres (\d+) postgres (\d+) /m.exec(
    readFileSync(join(top, 'board', 'common', 'users.txt'), 'utf8'),
  );
  t.truthy(number);
  t.deepEqual(number?.slice(1), buildroot?.slice(1));
});

for (const script of ['S00modules']) {
  test(`shellcheck has nothing against ${script} of the skeleton`, (t) => {
    t.notThrows(() => execFileSync('shellcheck', [join(skeleton, 'etc/init.d', script)]));
  });
}
