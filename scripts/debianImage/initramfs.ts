// The first root: loads the drivers that the real root needs, mounts it and goes there. Buildroot's kernel has these drivers
// built in and needs none of this.

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { cpioArchive, type CpioEntry } from './cpioArchive.ts';
import type { Kernel } from './kernel.ts';

const modules = ['virtio_pci', 'virtio_blk', 'squashfs'];
const applets = ['sh', 'mount', 'insmod', 'switch_root', 'sleep', 'chroot', 'cat', 'readlink'];

// A second archive behind this one may bring /lab/start: the tests run it beside the appliance, whose own root stays as it is.
const init = `#!/bin/sh
mount -t devtmpfs none /dev
mount -t proc none /proc
mount -t sysfs none /sys
while read -r module; do insmod "/modules/$module"; done </modules/order
tries=0
until [ -b /dev/vda ] || [ $tries -ge 100 ]; do
  sleep 0.05
  tries=$((tries + 1))
done
mount -t squashfs -o ro /dev/vda /newroot || exec sh
mount -o move /dev /newroot/dev
mount -o move /proc /newroot/proc
mount -o move /sys /newroot/sys
[ ! -x /lab/start ] || /lab/start
exec switch_root /newroot /sbin/init
`;

export function makeInitramfs(kernel: Kernel, busybox: string): Buffer {
  const files = kernel.modulesFor(modules);
  const order = files.map((file) => `${basename(file)}\n`).join('');
  const folders = ['bin', 'dev', 'proc', 'sys', 'newroot', 'modules'];
  return cpioArchive([
    ...folders.map((path): CpioEntry => ({ path, type: 'directory' })),
    executable('bin/busybox', readFileSync(busybox)),
    ...applets.map((name): CpioEntry => ({ path: `bin/${name}`, type: 'link', target: 'busybox' })),
    ...files.map((file) => executable(`modules/${basename(file)}`, readFileSync(file))),
    { path: 'modules/order', type: 'file', mode: 0o644, bytes: Buffer.from(order) },
    executable('init', Buffer.from(init)),
  ]);
}

function executable(path: string, bytes: Uint8Array): CpioEntry {
  return { path, type: 'file', mode: 0o755, bytes };
}
