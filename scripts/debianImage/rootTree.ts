// The tree of the root: what Buildroot's packages would install, taken from Debian's, under what Buildroot's skeleton would
// bring (skeleton/), under the overlay and the board's own files, which are the same in both images.

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { installModules, type Kernel } from './kernel.ts';
import { copyTo, programCopier } from './sharedLibraries.ts';

const postgres = 'usr/lib/postgresql/15';
/** Without its compiler for expressions, which would bring LLVM: more than all the rest together. */
const serverModules = [
  'plpgsql',
  'libpqwalreceiver',
  'dict_snowball',
  'pgcrypto',
  'pg_stat_statements',
];
const extensions = ['plpgsql', 'pgcrypto', 'pg_stat_statements'];
const serverShare = ['timezonesets', 'tsearch_data'];

/** Opened at run time by the C library or by Node's resolver. */
const openedLibraries = ['libnss_files.so.2', 'libnss_dns.so.2', 'libresolv.so.2'];

/** Applets that an appliance has no use for. */
const unwantedApplets = new Set(['busybox', 'dpkg', 'dpkg-deb', 'rpm', 'rpm2cpio']);

/** What of the kernel the root brings up itself; the first root (initramfs.ts) has what is needed to mount it. */
export const rootModules = [
  'crc32c_generic',
  'ext4',
  'virtio_net',
  'virtio-rng',
  'virtio_console',
  'i6300esb',
];

export type RootParts = {
  /** The unpacked packages. */
  readonly packagesRoot: string;
  readonly kernel: Kernel;
  readonly executable: string;
  /** Copied over the tree in this order; a folder that is not there brings nothing. */
  readonly overlays: readonly string[];
};

/** Fills `root`, an empty folder. */
export function makeRootTree(root: string, parts: RootParts): void {
  makeFolders(root);
  const busybox = join(parts.packagesRoot, 'bin/busybox');
  installBusybox(busybox, root);
  installPrograms(root, parts);
  copyPart(parts.packagesRoot, root, 'usr/share/zoneinfo');
  copyPart(parts.packagesRoot, root, 'usr/lib/locale/C.utf8');
  for (const name of ['posix', 'right']) {
    rmSync(join(root, 'usr/share/zoneinfo', name), { recursive: true, force: true });
  }
  const files = parts.kernel.modulesFor(rootModules);
  installModules(files, parts.kernel.release, join(root, 'usr'), (base) => {
    execFileSync(busybox, ['depmod', '-b', base, parts.kernel.release]);
  });
  for (const overlay of parts.overlays) {
    if (existsSync(overlay)) copyOverlay(overlay, root);
  }
}

/** One tree of programs and libraries, as Buildroot has it with BR2_ROOTFS_MERGED_USR. */
function makeFolders(root: string): void {
  const folders = [
    'usr/bin',
    'usr/sbin',
    'usr/lib',
    'usr/lib64',
    'etc',
    'proc',
    'sys',
    'dev',
    'run',
    'tmp',
    'data',
  ];
  for (const name of [...folders, 'mnt', 'root', 'var/lib'])
    mkdirSync(join(root, name), { recursive: true });
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, join(root, name));
  symlinkSync('../run', join(root, 'var/run'));
  symlinkSync('../tmp', join(root, 'var/tmp'));
}

function installBusybox(busybox: string, root: string): void {
  copyTo(busybox, join(root, 'usr/bin/busybox'), 0o755);
  const applets = execFileSync(busybox, ['--list-full'], { encoding: 'utf8' }).trim().split('\n');
  for (const applet of applets.map(placeOfApplet)) {
    const name = applet.slice(applet.lastIndexOf('/') + 1);
    if (unwantedApplets.has(name)) continue;
    mkdirSync(join(root, dirname(applet)), { recursive: true });
    symlinkSync('/usr/bin/busybox', join(root, applet));
  }
}

/** BusyBox lists some applets without a folder, or in one that is a link here. */
function placeOfApplet(applet: string): string {
  if (!applet.includes('/')) return `usr/bin/${applet}`;
  return applet.startsWith('usr/') ? applet : `usr/${applet}`;
}

function installPrograms(root: string, { packagesRoot, executable }: RootParts): void {
  const copier = programCopier(packagesRoot, root);
  copier.addLibrary('ld-linux-x86-64.so.2');
  for (const name of openedLibraries) copier.addLibrary(name);
  const programs = readdirSync(join(packagesRoot, postgres, 'bin'));
  for (const name of programs)
    copier.add(join(packagesRoot, postgres, 'bin', name), `${postgres}/bin/${name}`);
  const encodings = readdirSync(join(packagesRoot, postgres, 'lib')).filter((name) =>
    name.includes('_and_'),
  );
  for (const name of [...serverModules.map((module) => `${module}.so`), ...encodings]) {
    copier.add(join(packagesRoot, postgres, 'lib', name), `${postgres}/lib/${name}`);
  }
  installServerFiles(packagesRoot, root);
  copier.add(join(packagesRoot, 'usr/bin/rsync'), 'usr/bin/rsync');
  copier.add(join(packagesRoot, 'sbin/e2fsck'), 'usr/sbin/e2fsck');
  copier.add(executable, 'usr/bin/hotpair');
}

/** Samples, stop words, names of time zones and the extensions whose modules are there. */
function installServerFiles(packagesRoot: string, root: string): void {
  const share = 'usr/share/postgresql/15';
  for (const name of readdirSync(join(packagesRoot, share))) {
    const isFile = statSync(join(packagesRoot, share, name)).isFile();
    if (isFile || serverShare.includes(name)) copyPart(packagesRoot, root, `${share}/${name}`);
  }
  const folder = `${share}/extension`;
  for (const name of readdirSync(join(packagesRoot, folder))) {
    if (
      extensions.some(
        (extension) => name.startsWith(`${extension}.`) || name.startsWith(`${extension}--`),
      )
    ) {
      copyPart(packagesRoot, root, `${folder}/${name}`);
    }
  }
}

function copyPart(from: string, to: string, path: string): void {
  mkdirSync(join(to, dirname(path)), { recursive: true });
  cpSync(join(from, path), join(to, path), { recursive: true, verbatimSymlinks: true });
}

/** Like Buildroot: what only keeps an empty folder in git is left out. Of modes git knows whether a file may be executed. */
function copyOverlay(overlay: string, root: string): void {
  cpSync(overlay, root, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (source) => basename(source) !== '.empty',
  });
  const secret = join(root, 'etc/shadow');
  if (existsSync(secret)) chmodSync(secret, 0o600);
}
