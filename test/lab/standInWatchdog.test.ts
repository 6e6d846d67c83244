// The stand-in watchdog: armed by a byte, runs out without kicks, disarmed by V only.
import test from 'ava';
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { openStandInWatchdog, watchdogTimeoutMs } from './standInWatchdog.ts';

function openPair() {
  const directory = mkdtempSync(`${tmpdir()}/hotpair-watchdog-`);
  const fifo = `${directory}/watchdog`;
  execFileSync('mkfifo', [fifo]);
  const watchdog = openStandInWatchdog(fifo);
  const writer = openSync(fifo, 'w');
  const clear = (): void => {
    watchdog.close();
    rmSync(directory, { recursive: true });
  };
  return { watchdog, writer, clear };
}

test('a watchdog that was never kicked never runs out', (t) => {
  const { watchdog, writer, clear } = openPair();
  t.false(watchdog.poll(0));
  t.false(watchdog.poll(100 * watchdogTimeoutMs));
  closeSync(writer);
  clear();
});

test('a kicked watchdog runs out once when no kick follows', (t) => {
  const { watchdog, writer, clear } = openPair();
  writeSync(writer, 'k');
  t.false(watchdog.poll(1000));
  t.false(watchdog.poll(1000 + watchdogTimeoutMs));
  t.true(watchdog.poll(1001 + watchdogTimeoutMs));
  t.false(watchdog.poll(1002 + watchdogTimeoutMs));
  closeSync(writer);
  clear();
});

test('a close without the magic letter leaves it armed', (t) => {
  const { watchdog, writer, clear } = openPair();
  writeSync(writer, 'k');
  closeSync(writer);
  t.false(watchdog.poll(0));
  t.true(watchdog.poll(watchdogTimeoutMs + 1));
  clear();
});

test('the magic letter disarms it only when the device is closed after it', (t) => {
  const { watchdog, writer, clear } = openPair();
  writeSync(writer, 'kV');
  t.false(watchdog.poll(0));
  t.true(watchdog.isArmed());
  closeSync(writer);
  t.false(watchdog.poll(1));
  t.false(watchdog.isArmed());
  t.false(watchdog.poll(10 * watchdogTimeoutMs));
  clear();
});
