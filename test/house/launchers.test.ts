// The set-up that scripts/test, scripts/lab and scripts/demo share: what it refuses, and that it
// does nothing when nothing is to be done. A stand-in npm records when it is called.

import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';

const top = join(import.meta.dirname, '..', '..');

type Ended = { readonly status: number | null; readonly stderr: string };

function run(command: string, args: readonly string[]): Ended {
  const { status, stderr } = spawnSync(command, args, { cwd: top, encoding: 'utf8' });
  return { status, stderr };
}

test('without root, scripts/test says so in one sentence and ends with 2', (t) => {
  // A copy in a folder that everybody may read; the tree itself may be in one that root keeps.
  const folder = mkdtempSync(join(tmpdir(), 'hotpair-rights-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, 'scripts'));
  for (const name of ['setup', 'test']) {
    copyFileSync(join(top, 'scripts', name), join(folder, 'scripts', name));
  }
  const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups'];
  const ended = run('setpriv', [...nobody, 'sh', join(folder, 'scripts', 'test')]);
  t.is(ended.status, 2);
  t.regex(ended.stderr, /^test: this must run as root[^\n]*\n$/);
});

test('without network namespaces, scripts/test says so in one sentence and ends with 2', (t) => {
  const ended = run('setpriv', ['--bounding-set', '-sys_admin', 'scripts/test']);
  t.is(ended.status, 2);
  t.regex(ended.stderr, /^test: this machine does not allow network namespaces[^\n]*\n$/);
});

/** A small tree with scripts/setup and a stand-in npm; `did` tells what the set-up ran. */
function smallTree(): { readonly setUp: (step: string) => string; readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'hotpair-setup-'));
  const tools = join(path, 'tools');
  for (const folder of ['scripts', 'src', 'board', 'dist', 'tools']) mkdirSync(join(path, folder));
  copyFileSync(join(top, 'scripts', 'setup'), join(path, 'scripts', 'setup'));
  for (const file of ['package.json', 'package-lock.json', 'scripts/build.ts', 'src/main.ts']) {
    writeFileSync(join(path, file), `${file}\n`);
  }
  writeExecutable(
    join(tools, 'npm'),
    `echo npm "$@" >>did
    rm -rf node_modules; mkdir -p node_modules/.bin
    printf '#!/bin/sh\\necho built >>did; touch dist/hotpair; chmod +x dist/hotpair\\n' >node_modules/.bin/node
    chmod +x node_modules/.bin/node`,
  );
  const setUp = (step: string): string => {
    rmSync(join(path, 'did'), { force: true });
    writeFileSync(join(path, 'did'), '');
    execFileSync('sh', ['-euc', `. scripts/setup; ${step}`, 'launcher'], {
      cwd: path,
      env: { PATH: `${tools}:${process.env['PATH'] ?? ''}` },
      stdio: 'ignore',
    });
    return readFileSync(join(path, 'did'), 'utf8').trim();
  };
  return { setUp, path };
}

function writeExecutable(path: string, text: string): void {
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
}

test('npm ci runs when package-lock.json is new or changed, and only then', (t) => {
  const { setUp, path } = smallTree();
  t.teardown(() => rmSync(path, { recursive: true }));
  const npmCi = 'npm ci --no-progress --loglevel=error';
  t.is(setUp('setup_modules'), npmCi);
  t.is(setUp('setup_modules'), '');
  writeFileSync(join(path, 'package-lock.json'), 'changed\n');
  t.is(setUp('setup_modules'), npmCi);
  t.is(setUp('setup_modules'), '');
});

test('the build runs when a source is newer than the executable or gone, and only then', (t) => {
  const { setUp, path } = smallTree();
  t.teardown(() => rmSync(path, { recursive: true }));
  setUp('setup_modules');
  t.is(setUp('setup_build'), 'built');
  t.is(setUp('setup_build'), '');
  const later = Date.now() / 1000 + 10;
  utimesSync(join(path, 'src', 'main.ts'), later, later);
  t.is(setUp('setup_build'), 'built');
  utimesSync(join(path, 'src', 'main.ts'), 1, 1);
  rmSync(join(path, 'src', 'main.ts'));
  utimesSync(join(path, 'src'), later, later);
  t.is(setUp('setup_build'), 'built');
});
