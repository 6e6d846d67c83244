// The arm64 executable runs: under the emulator of user programs, with the libraries of the cross compiler's packages.
// scripts/test builds it before the tests; by hand it is `scripts/cross linux-arm64`. Each start costs one to four
// seconds of a processor, so there are few, and their deadline is for a machine that is busy otherwise.
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { startEcho } from '../kernel/echo.ts';
import { openPseudoTerminal } from '../../src/kernel/pseudoTerminal.ts';

const top = join(import.meta.dirname, '..', '..');
const executable = join(top, 'dist', 'hotpair-linux-arm64');
const emulator = ['qemu-aarch64-static', '-L', '/usr/aarch64-linux-gnu'] as const;
const deadlineMs = 120_000;

const manifest = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8')) as {
  readonly version: string;
};

type Ended = { readonly status: number | null; readonly stdout: string; readonly stderr: string };

function onArm(...argv: readonly string[]): Promise<Ended> {
  const [command, ...options] = emulator;
  const child = spawn(command, [...options, executable, ...argv], {
    cwd: top,
    env: { PATH: '/usr/bin:/bin' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: deadlineMs,
    killSignal: 'SIGKILL',
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (bytes: Buffer) => (said.stdout += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => (said.stderr += bytes.toString()));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, ...said }));
  });
}

test('it is an ELF file for AArch64 that needs no newer interpreter than any glibc of arm64', (t) => {
  const head = Buffer.alloc(4_096);
  const fd = openSync(executable, 'r');
  readSync(fd, head);
  closeSync(fd);
  t.is(head.toString('latin1', 1, 4), 'ELF');
  t.deepEqual([head[4], head.readUInt16LE(18)], [2, 183]); // ELFCLASS64, EM_AARCH64 of elf.h
  t.true(head.includes('/lib/ld-linux-aarch64.so.1'));
});

test('it holds no path of the machine that built it, so that another one builds the same', (t) => {
  t.false(readFileSync(executable).includes(top));
});

test.serial('it says its version, and nothing else', async (t) => {
  t.timeout(deadlineMs);
  const expected = { status: 0, stdout: `hotpair ${manifest.version}\n`, stderr: '' };
  t.deepEqual(await onArm('--version'), expected);
});

test.serial('config check finds the same in a file as here', async (t) => {
  t.timeout(2 * deadlineMs);
  const good = await onArm('config', 'check', 'test/fixtures/good.yaml');
  const stdout = 'test/fixtures/good.yaml: 0 errors, 0 warnings\n';
  t.deepEqual(good, { status: 0, stdout, stderr: '' });
  const bad = await onArm('config', 'check', 'test/fixtures/bad.yaml');
  t.is(bad.status, 2);
  t.regex(bad.stdout, /bad\.yaml:\d+:\d+: CONFIG_UNKNOWN_KEY: /);
});

test.serial(
  'its serial add-on sends and receives every byte over a terminal that echoes',
  async (t) => {
    t.timeout(deadlineMs);
    const cable = openPseudoTerminal();
    t.teardown(() => cable.close());
    t.teardown(startEcho(cable));
    const ended = await onArm('serial', cable.path);
    t.is(ended.status, 0, ended.stderr);
    t.true(ended.stdout.startsWith(`${cable.path}: all 256 bytes came back`), ended.stdout);
  },
);
