// scripts/image: assembles build/image, an appliance for a QEMU machine, out of Debian packages, dist/hotpair, the overlay and
// the board's files. What is in it is written to build/image/manifest.json; with nothing changed there is nothing to do.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { makeInitramfs } from './initramfs.ts';
import { unpackKernel } from './kernel.ts';
import { choosePackages, fetchPackages, isKernel, type DebianPackage } from './packages.ts';
import { makeRootTree } from './rootTree.ts';

const top = join(import.meta.dirname, '..', '..');
const output = join(top, 'build', 'image');
const board = 'qemu-x86_64';
const executable = join(top, 'dist', 'hotpair');
const overlays = [
  join(import.meta.dirname, 'skeleton'),
  join(top, 'buildroot-overlay'),
  join(top, 'board', board, 'rootfs-overlay'),
];
/** The whole root, compressed, has to fit into this. */
const largestRootBytes = 90_000_000;

type Manifest = {
  readonly inputs: string;
  readonly packages: readonly string[];
  readonly rootBytes: number;
};

function main(): void {
  const packages = choosePackages();
  const inputs = digestOf(packages);
  if (isMadeOf(inputs)) {
    say(`${relative(top, output)} is up to date`);
    return;
  }
  mkdirSync(join(output, 'packages'), { recursive: true });
  say(`${packages.length} Debian packages`);
  fetchPackages(packages, join(output, 'packages'));
  const folder = mkdtempSync(join(output, 'run-'));
  try {
    const rootBytes = assemble(packages, folder);
    const manifest: Manifest = { inputs, packages: packages.map(({ file }) => file), rootBytes };
    writeFileSync(join(output, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    say(`root.squashfs ${(rootBytes / 1e6).toFixed(1)} MB`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Makes all files of the image in `folder` and puts them into their places; gives the size of the root. */
function assemble(packages: readonly DebianPackage[], folder: string): number {
  // An image that is half replaced belongs to no manifest.
  rmSync(join(output, 'manifest.json'), { force: true });
  const part = (name: string): string => join(folder, name);
  const pathOf = ({ file }: DebianPackage): string => join(output, 'packages', file);
  mkdirSync(part('kernel'));
  say('kernel');
  const [kernel] = packages
    .filter(isKernel)
    .map((file) => unpackKernel(pathOf(file), part('kernel')));
  if (kernel === undefined) throw new Error('no package is the kernel');
  say('packages');
  for (const file of packages.filter((one) => !isKernel(one))) {
    execFileSync('dpkg-deb', ['--extract', pathOf(file), part('packages')]);
  }
  say('root');
  makeRootTree(part('root'), { packagesRoot: part('packages'), kernel, executable, overlays });
  writeFileSync(part('vmlinux'), kernel.vmlinux);
  writeFileSync(
    part('initramfs.cpio'),
    makeInitramfs(kernel, join(part('packages'), 'bin/busybox')),
  );
  compress(part('root'), part('root.squashfs'));
  const { size } = statSync(part('root.squashfs'));
  if (size > largestRootBytes)
    throw new Error(`the root has ${size} bytes, more than ${largestRootBytes}`);
  for (const name of ['vmlinux', 'initramfs.cpio', 'root.squashfs'])
    renameSync(part(name), join(output, name));
  return size;
}

/** Everything belongs to root and has one time: the same tree gives the same bytes. */
function compress(tree: string, file: string): void {
  const words = [
    tree,
    file,
    '-comp',
    'zstd',
    '-Xcompression-level',
    '19',
    '-all-root',
    '-no-xattrs',
  ];
  const times = ['-reproducible', '-mkfs-time', '0', '-all-time', '0'];
  execFileSync('mksquashfs', [...words, ...times, '-quiet', '-no-progress'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

function isMadeOf(inputs: string): boolean {
  const file = join(output, 'manifest.json');
  if (!existsSync(file)) return false;
  const made = JSON.parse(readFileSync(file, 'utf8')) as Partial<Manifest>;
  return made.inputs === inputs;
}

/** One digest of everything that the image is made of: packages, executable, overlays, and what assembles it. */
function digestOf(packages: readonly DebianPackage[]): string {
  const hash = createHash('sha256');
  for (const { file, sha256 } of packages) hash.update(`${file} ${sha256}\n`);
  for (const file of [executable, ...[import.meta.dirname, ...overlays].flatMap(filesBelow)]) {
    const mode = statSync(file).mode & 0o777;
    hash.update(`${relative(top, file)} ${mode.toString(8)}\n`).update(readFileSync(file));
  }
  return hash.digest('hex');
}

function filesBelow(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}

function say(text: string): void {
  process.stderr.write(`image: ${text}\n`);
}

main();
