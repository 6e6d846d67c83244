// The repository as a Buildroot external tree. Buildroot's sources are not here, so what can be held true without them
// is: every board has all its files, what a file names is there, and the layout of the disk fits the scripts.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { boardProfiles } from '../../src/config/boardProfile.ts';

const top = join(import.meta.dirname, '..', '..');

function read(path: string): string {
  return readFileSync(join(top, path), 'utf8');
}

function defconfigOf(board: string): string {
  return `configs/hotpair_${board.replaceAll('-', '_')}_defconfig`;
}

test('the tree has what Buildroot asks of an external tree, and its package in the menu', (t) => {
  t.regex(read('external.desc'), /^name: HOTPAIR$/m);
  t.true(read('Config.in').includes('$BR2_EXTERNAL_HOTPAIR_PATH/package/hotpair/Config.in'));
  t.regex(read('external.mk'), /wildcard \$\(BR2_EXTERNAL_HOTPAIR_PATH\)\/package\/\*\/\*\.mk/);
  t.regex(read('package/hotpair/Config.in'), /^config BR2_PACKAGE_HOTPAIR$/m);
  t.regex(read('package/hotpair/hotpair.mk'), /^\$\(eval \$\(generic-package\)\)$/m);
});

test('every board has a defconfig for its processor, and every file that it names is there', (t) => {
  for (const { name, architecture } of boardProfiles()) {
    const config = read(defconfigOf(name));
    t.regex(config, new RegExp(`^BR2_${architecture}=y$`, 'm'));
    t.regex(config, /^BR2_PACKAGE_HOTPAIR=y$/m);
    t.regex(config, /^BR2_STRIP_EXCLUDE_FILES="hotpair"$/m);
    t.regex(config, new RegExp(`^BR2_ROOTFS_POST_SCRIPT_ARGS="${name}"$`, 'm'));
    const named = [...config.matchAll(/\$\(BR2_EXTERNAL_HOTPAIR_PATH\)\/([^" ]+)/g)];
    t.true(named.length >= 7, name);
    for (const [, path = ''] of named) t.true(existsSync(join(top, path)), `${name}: ${path}`);
  }
});

test('every kernel fragment is made of settings, and has a watchdog and the driver of a port built in', (t) => {
  for (const { name } of boardProfiles()) {
    const lines = read(`board/${name}/linux.fragment`).trim().split('\n');
    for (const line of lines) t.regex(line, /^(#.*|CONFIG_[A-Z0-9_]+=(y|[0-9]+|"[^"]*"))$/, name);
    t.true(
      lines.some((line) => /^CONFIG_\w*(WDT|TCO|WATCHDOG)\w*=y$/.test(line)),
      name,
    );
    t.true(
      lines.some((line) => /^CONFIG_(IGB|R8169|VIRTIO_NET|FEC)=y$/.test(line)),
      name,
    );
    const settings = lines.filter((line) => line.startsWith('CONFIG_'));
    t.is(new Set(settings).size, settings.length, name);
  }
});

test('the disk of every board has two roots of one size and the data partition that the scripts look for', (t) => {
  const label = /^label=(\S+)$/m.exec(read('buildroot-overlay/etc/init.d/S03data'))?.[1] ?? '';
  t.not(label, '');
  for (const { name } of boardProfiles()) {
    const layout = read(`board/${name}/genimage.cfg`);
    const partitions = [...layout.matchAll(/^\tpartition (\S+) \{$/gm)].map(([, each]) => each);
    // Boot loaders count on this order.
    t.deepEqual(partitions, ['boot', 'root-a', 'root-b', 'data'], name);
    t.true(layout.includes(`label = "${label}"`), name);
    const sizes = [...layout.matchAll(/image = "rootfs\.squashfs"\n\t\tsize = (\S+)/g)];
    t.is(sizes.length, 2, name);
    t.is(sizes[0]?.[1], sizes[1]?.[1], name);
  }
});

test('genimage makes that disk, with partitions of those names', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'hotpair-disk-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  for (const each of ['root', 'in/efi-part/EFI/BOOT', 'tmp']) {
    mkdirSync(join(folder, each), { recursive: true });
  }
  for (const each of ['efi-part/EFI/BOOT/grub.cfg', 'boot.scr', 'rootfs.squashfs']) {
    writeFileSync(join(folder, 'in', each), each);
  }
  for (const { name } of boardProfiles()) {
    // The same layout, small enough for a test.
    const layout = read(`board/${name}/genimage.cfg`)
      .replaceAll(/size = (32M|256M)/g, 'size = 2M')
      .replace('size = 1G', 'size = 4M');
    const config = join(folder, `${name}.cfg`);
    writeFileSync(config, layout);
    const paths = { rootpath: 'root', tmppath: `tmp/${name}`, inputpath: 'in', outputpath: name };
    const options = Object.entries(paths).flatMap(([key, path]) => [
      `--${key}`,
      join(folder, path),
    ]);
    execFileSync('genimage', ['--config', config, ...options], { stdio: 'pipe' });
    const disk = readFileSync(join(folder, name, 'hotpair.img'));
    t.deepEqual(partitionNames(disk), ['boot', 'root-a', 'root-b', 'data'], name);
  }
});

/** Of a GUID partition table (UEFI specification, 5.3): entries of 128 bytes from block 2, the name at 56. */
function partitionNames(disk: Buffer): readonly string[] {
  return [0, 1, 2, 3].map((index) => {
    const entry = disk.subarray(1_024 + index * 128, 1_152 + index * 128);
    return entry.toString('utf16le', 56).replaceAll('\0', '');
  });
}

test('both boot loaders start the two roots by the names of their partitions', (t) => {
  for (const path of ['board/common/grub.cfg', 'board/imx8mp-evk/boot.cmd']) {
    const text = read(path);
    for (const each of ['root-a', 'root-b', 'root=PARTLABEL=', 'rootfstype=squashfs ro']) {
      t.true(text.includes(each), `${path}: ${each}`);
    }
  }
});

test('the user of the database has the same number in every image', (t) => {
  const [line = '', ...others] = read('board/common/users.txt')
    .split('\n')
    .filter((each) => each !== '' && !each.startsWith('#'));
  t.deepEqual(others, []);
  t.regex(line, /^postgres 70 postgres 70 \* - \/bin\/sh - \S/);
});
