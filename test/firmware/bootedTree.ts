// The overlay booted without a machine: BusyBox as process 1 in namespaces of its own, the root a folder, the data
// partition a file behind a loop device. What stands in for the agent is a script that writes down how it is called:
// these tests are about what keeps it running.
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { until } from '../daemon/until.ts';

const top = join(import.meta.dirname, '..', '..');
const busybox = '/bin/busybox';
/** For a machine that is busy with other things. */
export const patienceMs = 60_000;

export type BootedTree = {
  /** What a file in the box holds; empty where there is none. */
  read(path: string): string;
  /** Runs a command in the box and returns what it printed, whatever its status. */
  sh(command: string): string;
  /** Waits for a condition of the box. */
  until(what: string, condition: () => boolean): Promise<void>;
  /** Switches the box off in order (what `poweroff` tells process 1) and waits until it is gone. */
  powerOff(): Promise<void>;
  /** The data partition after the box is gone, mounted for the time of `look`. */
  data<T>(look: (path: string) => T): T;
  /** What process 1 and the scripts printed. */
  console(): string;
  remove(): Promise<void>;
};

/** How the box is made: `label` is that of its data partition. */
export async function bootTree(label = 'hotpair-data'): Promise<BootedTree> {
  const folder = mkdtempSync(join(tmpdir(), 'hotpair-tree-'));
  const root = join(folder, 'root');
  makeRoot(root);
  const image = join(folder, 'data.img');
  execFileSync('truncate', ['--size', '16M', image]);
  execFileSync('mke2fs', ['-q', '-t', 'ext4', '-L', label, image]);
  const loop = execFileSync('losetup', ['--find', '--show', image], { encoding: 'utf8' }).trim();
  writeFileSync(join(folder, 'enter'), enterScript(root, minorOf(loop)));
  const child = spawn(
    'unshare',
    '--mount --pid --fork --uts --ipc --net --kill-child sh -eu'
      .split(' ')
      .concat(join(folder, 'enter')),
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  return booted(folder, loop, child);
}

function makeRoot(root: string): void {
  for (const name of ['bin', 'sbin', 'dev', 'proc', 'sys', 'run', 'tmp', 'usr/bin', 'lib64']) {
    mkdirSync(join(root, name), { recursive: true });
  }
  copyFileSync(busybox, join(root, 'bin/busybox'));
  const applets = execFileSync(busybox, ['--list'], { encoding: 'utf8' }).trim().split('\n');
  for (const applet of applets.filter((each) => each !== 'busybox')) {
    symlinkSync('busybox', join(root, 'bin', applet));
    symlinkSync('../bin/busybox', join(root, 'sbin', applet));
  }
  cpSync(join(top, 'buildroot-overlay'), root, { recursive: true });
  copyProgram('/sbin/e2fsck', root);
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0::/:/bin/sh\npostgres:x:70:70::/:/bin/sh\n');
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\npostgres:x:70:\n');
  writeFileSync(join(root, 'usr/bin/hotpair'), standInAgent);
  chmodSync(join(root, 'usr/bin/hotpair'), 0o755);
  const inittab = join(root, 'etc/inittab');
  // There is no terminal to log in at.
  keepLines(inittab, (line) => !line.includes('getty'));
  // What is not of a network namespace would be the setting of this machine.
  keepLines(join(root, 'etc/sysctl.d/hotpair.conf'), (line) => !/^(kernel|vm)\./.test(line));
}

function keepLines(path: string, keep: (line: string) => boolean): void {
  writeFileSync(path, readFileSync(path, 'utf8').split('\n').filter(keep).join('\n'));
}

/** A program with the libraries that it names. */
function copyProgram(path: string, root: string): void {
  const listed = execFileSync('ldd', [path], { encoding: 'utf8' });
  const libraries = [...listed.matchAll(/(\/\S+) \(0x/g)].map(([, library = '']) => library);
  for (const each of [path, ...libraries]) {
    mkdirSync(dirname(join(root, each)), { recursive: true });
    copyFileSync(each, join(root, each));
  }
}

/** As the agent does: a lock by its process id, a line on stderr, SIGHUP to read again, SIGTERM to end alone. */
const standInAgent = `#!/bin/sh
echo "$*" >>/var/lib/hotpair/calls
pid=/run/hotpair/agent.pid
case $1 in
  agent)
    mkdir -p /run/hotpair
    [ -s "$pid" ] && [ -d "/proc/$(cat "$pid")" ] && exit 4
    [ ! -e /var/lib/hotpair/refuse ] || exit 2
    echo $$ >"$pid"
    trap 'echo HUP >>/var/lib/hotpair/calls' HUP
    trap 'rm "$pid"; exit 0' TERM
    echo "agent $$ runs" >&2
    while :; do sleep 0.05; done
    ;;
  shutdown)
    kill -TERM "$(cat "$pid")"
    while [ -e "$pid" ]; do sleep 0.05; done
    ;;
esac
`;

function minorOf(loop: string): number {
  return statSync(loop).rdev & 0xff;
}

/** The last steps outside: a /dev with nothing of this machine but the loop device, and a kernel that takes no settings. */
function enterScript(root: string, minor: number): string {
  return `mount --bind ${root} ${root}
cd ${root}
mount -t tmpfs tmpfs dev
mkdir dev/pts dev/shm
mknod dev/null c 1 3
mknod dev/sda b 7 ${minor}
mount -t proc proc proc
for each in kernel vm; do
  mount --bind proc/sys/$each proc/sys/$each
  mount -o remount,ro,bind proc/sys/$each
done
# Not to read away the messages of this machine's kernel.
exec setpriv --bounding-set -syslog chroot . /sbin/init
`;
}

function booted(folder: string, loop: string, child: ChildProcess): BootedTree {
  let printed = '';
  child.stdout?.on('data', (bytes: Buffer) => (printed += bytes.toString()));
  child.stderr?.on('data', (bytes: Buffer) => (printed += bytes.toString()));
  const isGone = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const init = (): string => childOf(child.pid ?? 0);
  const tree: BootedTree = {
    read: (path) => readIn(init(), path),
    sh(command) {
      const target = init();
      if (target === '') return '';
      const inside = ['--target', target, '--all', '--root', '--wd'];
      try {
        return execFileSync('nsenter', [...inside, '/bin/sh', '-c', `${command} 2>&1`], {
          encoding: 'utf8',
          timeout: patienceMs,
        });
      } catch (error) {
        return error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error);
      }
    },
    async until(what, condition) {
      await until(what, condition, patienceMs).catch((error: unknown) => {
        throw new Error(`${String(error)}\n${printed}\n${tree.sh('logread')}`);
      });
    },
    async powerOff() {
      process.kill(Number(init()), 'SIGUSR2');
      await until('process 1 is gone', isGone, patienceMs);
    },
    data(look) {
      const place = join(folder, 'data');
      mkdirSync(place, { recursive: true });
      execFileSync('mount', ['-o', 'ro,noload', loop, place]);
      try {
        return look(place);
      } finally {
        execFileSync('umount', [place]);
      }
    },
    console: () => printed,
    async remove() {
      if (!isGone()) {
        const first = init();
        if (first !== '') process.kill(Number(first), 'SIGKILL');
        else child.kill('SIGKILL');
        await until('process 1 is killed', isGone, patienceMs);
      }
      execFileSync('losetup', ['--detach', loop]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return tree;
}

/** The process that `unshare` forked, process 1 of the box; empty before there is one. */
function childOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  } catch {
    return '';
  }
}

function readIn(init: string, path: string): string {
  try {
    return init === '' ? '' : readFileSync(join('/proc', init, 'root', path), 'utf8');
  } catch {
    return '';
  }
}

/** The files of a folder below the tree of the repository. */
export function filesBelow(folder: string): readonly string[] {
  return readdirSync(join(top, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
