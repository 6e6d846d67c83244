// Puts the Node of another processor into build/cross: the npm package node-linux-ARCH in the version of
// package-lock.json. npm does not install it beside that of this machine, so it is fetched as an archive; what arrives
// must have the checksum of the lock file, which was made when it was last looked at.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

type Locked = { readonly version: string; readonly integrity: string };

function main(arch: string): void {
  const name = `node-linux-${arch}`;
  const locked = lockedPackage(name);
  const place = join(root, 'build', 'cross', name);
  if (isThere(join(root, 'node_modules', name), locked) || isThere(place, locked)) return;
  process.stdout.write(`fetching ${name}@${locked.version}, some 60 MB\n`);
  mkdirSync(join(root, 'build', 'cross'), { recursive: true });
  const folder = mkdtempSync(join(root, 'build', 'cross', 'fetch-'));
  try {
    fetchInto(folder, name, locked);
    rmSync(place, { recursive: true, force: true });
    renameSync(join(folder, 'package'), place);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function lockedPackage(name: string): Locked {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, Locked>>;
  };
  const locked = lock.packages[`node_modules/${name}`];
  if (locked === undefined) throw new Error(`package-lock.json has no ${name}`);
  return locked;
}

function isThere(folder: string, { version }: Locked): boolean {
  const manifest = join(folder, 'package.json');
  if (!existsSync(manifest)) return false;
  const found = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string };
  return found.version === version;
}

function fetchInto(folder: string, name: string, { version, integrity }: Locked): void {
  const [kind = '', wanted] = integrity.split(/-(.*)/s);
  execFileSync('npm', ['pack', '--silent', `${name}@${version}`], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: 300_000,
  });
  const archive = join(folder, `${name}-${version}.tgz`);
  const seen = createHash(kind).update(readFileSync(archive)).digest('base64');
  if (seen !== wanted) throw new Error(`${name}@${version} is not what package-lock.json names`);
  execFileSync('tar', ['-xzf', archive, '-C', folder]);
}

main(process.argv[2] ?? '');
