// Network namespaces for tests. The main thread steps into one for the length of a call; sockets
// opened there stay there, so one test can be several hosts.

import { execFileSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { dlopen } from 'node:ffi';

const NETWORK = 0x40000000; // CLONE_NEWNET
const { functions } = dlopen(null, {
  setns: { arguments: ['int32', 'int32'], return: 'int32' },
});

export type NetworkNamespace = {
  readonly name: string;
  /** Runs synchronous code inside. */
  run<T>(code: () => T): T;
  /** Moves the main thread in for good, until another one is entered. */
  enter(): void;
  /** `ip` with these words, inside. */
  ip(words: string): string;
  remove(): void;
};

/** Makes a namespace whose name is unique to this process. Needs root. */
export function makeNamespace(label: string): NetworkNamespace {
  const name = `hpk-${process.pid}-${label}`;
  execFileSync('ip', ['netns', 'add', name]);
  const path = `/run/netns/${name}`;
  return {
    name,
    run: (code) => {
      const home = openSync('/proc/thread-self/ns/net', 'r');
      enterPath(path);
      try {
        return code();
      } finally {
        enter(home, 'the namespace that it came from');
        closeSync(home);
      }
    },
    enter: () => enterPath(path),
    ip: (words) => execFileSync('ip', ['-n', name, ...words.split(' ')], { encoding: 'utf8' }),
    remove: () => void execFileSync('ip', ['netns', 'del', name]),
  };
}

function enterPath(path: string): void {
  const fd = openSync(path, 'r');
  enter(fd, path);
  closeSync(fd);
}

function enter(fd: number, what: string): void {
  if (functions.setns(fd, NETWORK) !== 0) throw new Error(`cannot enter ${what}`);
}
