// The kernel of the image: the uncompressed vmlinux out of Debian's package, which QEMU enters without a boot loader and
// without a decompressor (PVH), and the modules that the board needs with whatever they need themselves.

import { execFileSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

export type Kernel = {
  readonly release: string;
  readonly vmlinux: Buffer;
  /** The files of some modules and of all that they need, in the order in which they are to be loaded. */
  readonly modulesFor: (names: readonly string[]) => readonly string[];
};

/** Where in the package the modules lie that an appliance may need; the rest (sound, graphics) is not even unpacked. */
const moduleFolders = [
  'arch',
  'crypto',
  'fs',
  'lib',
  'net/core',
  'drivers/block',
  'drivers/char',
  'drivers/net',
  'drivers/virtio',
  'drivers/watchdog',
];

/** Unpacks `packageFile` to `folder`, which has to be empty. */
export function unpackKernel(packageFile: string, folder: string): Kernel {
  const tar = join(folder, 'kernel.tar');
  const output = openSync(tar, 'w');
  execFileSync('dpkg-deb', ['--fsys-tarfile', packageFile], {
    stdio: ['ignore', output, 'inherit'],
  });
  closeSync(output);
  const wanted = [
    './boot/vmlinuz-*',
    ...moduleFolders.map((name) => `./lib/modules/*/kernel/${name}/*`),
  ];
  execFileSync('tar', ['-xf', tar, '-C', folder, '--wildcards', '--no-anchored', ...wanted]);
  rmSync(tar);
  const release = onlyEntry(join(folder, 'lib/modules'));
  const modules = new Map(
    readdirSync(join(folder, 'lib/modules', release), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ko'))
      .map((path) => [moduleName(path), join(folder, 'lib/modules', release, path)]),
  );
  return {
    release,
    vmlinux: vmlinuxOf(readFileSync(join(folder, 'boot', `vmlinuz-${release}`))),
    modulesFor: (names) => inOrder(names, modules),
  };
}

/** Copies modules to the tree of a root, with the list that `modprobe` reads. */
export function installModules(
  files: readonly string[],
  release: string,
  root: string,
  depmod: (root: string) => void,
): void {
  for (const file of files) {
    const path = join(root, file.slice(file.indexOf('lib/modules/')));
    mkdirSync(dirname(path), { recursive: true });
    copyFileSync(file, path);
  }
  mkdirSync(join(root, 'lib/modules', release), { recursive: true });
  depmod(root);
}

function onlyEntry(folder: string): string {
  const [name, ...more] = readdirSync(folder);
  if (name === undefined || more.length > 0)
    throw new Error(`${folder} holds not exactly one release`);
  return name;
}

/**
 * The ELF file inside a bzImage (Documentation/x86/boot.rst: setup_sects at 0x1f1, payload_offset and payload_length at
 * 0x248 and 0x24c). The payload ends with its length after unpacking, which is not part of the xz stream.
 */
function vmlinuxOf(bzImage: Buffer): Buffer {
  const protectedMode = ((bzImage[0x1f1] ?? 0) + 1) * 512;
  const start = protectedMode + bzImage.readUInt32LE(0x248);
  const payload = bzImage.subarray(start, start + bzImage.readUInt32LE(0x24c) - 4);
  const vmlinux = execFileSync('xz', ['--decompress', '--stdout', '--single-stream'], {
    input: payload,
    maxBuffer: 256 * 1024 * 1024,
  });
  if (vmlinux.readUInt32BE(0) !== 0x7f454c46)
    throw new Error('the payload of the kernel is no ELF file');
  return vmlinux;
}

function inOrder(
  names: readonly string[],
  modules: ReadonlyMap<string, string>,
): readonly string[] {
  const order: string[] = [];
  const add = (name: string): void => {
    const file = modules.get(name);
    if (file === undefined) throw new Error(`the kernel package has no module ${name}`);
    if (order.includes(file)) return;
    for (const needed of needsOf(file)) add(needed);
    order.push(file);
  };
  for (const name of names) add(name.replaceAll('-', '_'));
  return order;
}

/** What a module says of itself: `depends=a,b` among the strings of its section .modinfo. */
function needsOf(file: string): readonly string[] {
  const text = readFileSync(file).toString('latin1');
  const depends = /\0depends=([\w,-]*)\0/u.exec(text)?.[1] ?? '';
  return depends
    .split(',')
    .filter((name) => name !== '')
    .map((name) => name.replaceAll('-', '_'));
}

function moduleName(path: string): string {
  return basename(path, '.ko').replaceAll('-', '_');
}
