// The watchdog with the stand-ins of the lab; a real device is a matter of the virtual appliances.

import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { openWatchdog } from '../../../src/io/watchdog/watchdog.ts';
import { until } from '../../kernel/until.ts';

const directory = mkdtempSync(join(tmpdir(), 'hotpair-watchdog-'));
test.after.always('the files are removed', () => rmSync(directory, { recursive: true }));

function makeFifo(name: string): string {
  const path = join(directory, name);
  execFileSync('mkfifo', [path]);
  return path;
}

function readText(fd: number): string {
  const bytes = Buffer.alloc(100);
  return bytes.toString('latin1', 0, readSync(fd, bytes));
}

test('a FIFO gets a byte a kick, and the magic byte only when it is disarmed', (t) => {
  const device = makeFifo('kicked');
  const reader = openSync(device, constants.O_RDONLY | constants.O_NONBLOCK);
  const watchdog = openWatchdog({ policy: 'required', device, timeoutMs: 2500 });
  t.like(watchdog, { armed: true, effectiveMs: 2500, identity: 'stand-in', problem: null });
  watchdog.kick();
  watchdog.kick();
  t.is(readText(reader), '..');
  watchdog.disarm();
  t.is(readText(reader), 'V');
  t.like(watchdog, { armed: false, effectiveMs: 0 });
  watchdog.kick();
  watchdog.disarm();
  t.is(readText(reader), '');
  closeSync(reader);
});

test('a reader that went away becomes a problem, not an exception', (t) => {
  const device = makeFifo('left');
  const reader = openSync(device, constants.O_RDONLY | constants.O_NONBLOCK);
  const watchdog = openWatchdog({ policy: 'required', device, timeoutMs: 2000 });
  closeSync(reader);
  watchdog.kick();
  t.regex(watchdog.problem ?? '', /EPIPE/);
  watchdog.disarm();
});

test('a reader that does not read never blocks a kick', (t) => {
  const device = makeFifo('full');
  const reader = openSync(device, constants.O_RDONLY | constants.O_NONBLOCK);
  const watchdog = openWatchdog({ policy: 'required', device, timeoutMs: 2000 });
  for (let kick = 0; kick < 70_000; kick += 1) watchdog.kick();
  t.regex(watchdog.problem ?? '', /EAGAIN/);
  readText(reader);
  closeSync(reader);
  watchdog.disarm();
});

test('a FIFO without a reader cannot be used, and does not hold up the start', (t) => {
  const device = makeFifo('unread');
  t.throws(() => openWatchdog({ policy: 'required', device, timeoutMs: 2000 }), {
    code: 'WATCHDOG_UNUSABLE',
  });
  const watchdog = openWatchdog({ policy: 'automatic', device, timeoutMs: 2000 });
  t.false(watchdog.armed);
  t.regex(watchdog.problem ?? '', /ENXIO/);
});

test('a Unix socket gets the same bytes', async (t) => {
  const device = join(directory, 'socket');
  const received: Buffer[] = [];
  let ended = false;
  const server = createServer((socket) => {
    socket.on('data', (bytes: Buffer) => received.push(bytes));
    socket.on('end', () => (ended = true));
  });
  await new Promise<void>((resolve) => server.listen(device, resolve));
  const watchdog = openWatchdog({ policy: 'required', device, timeoutMs: 2000 });
  watchdog.kick();
  watchdog.disarm();
  await until('the connection ended', () => ended);
  t.is(Buffer.concat(received).toString(), '.V');
  server.close();
});

test('a missing device stops only those who require it', (t) => {
  const device = join(directory, 'nothing');
  t.throws(() => openWatchdog({ policy: 'required', device, timeoutMs: 2000 }), {
    code: 'WATCHDOG_MISSING',
  });
  const watchdog = openWatchdog({ policy: 'automatic', device, timeoutMs: 2000 });
  t.false(watchdog.armed);
  t.truthy(watchdog.problem);
  t.notThrows(() => {
    watchdog.kick();
    watchdog.disarm();
  });
});

test('with the policy off nothing is opened', (t) => {
  const device = makeFifo('untouched');
  const reader = openSync(device, constants.O_RDONLY | constants.O_NONBLOCK);
  const watchdog = openWatchdog({ policy: 'off', device, timeoutMs: 2000 });
  watchdog.kick();
  t.is(readText(reader), '');
  t.like(watchdog, { armed: false, problem: null });
  closeSync(reader);
});

test('a device that is no watchdog, and a plain file, are refused', (t) => {
  for (const device of ['/dev/null', '/etc/hostname']) {
    t.throws(() => openWatchdog({ policy: 'required', device, timeoutMs: 2000 }), {
      code: 'WATCHDOG_UNUSABLE',
    });
  }
});
