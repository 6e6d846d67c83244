// The serial path over pseudo terminals: node-serialport opens them, and what passes is what a null modem would pass.
import { readSync, symlinkSync, rmSync, mkdtempSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { ModemLines, openSerialPath } from '../../../src/io/serial/serialPath.ts';
import type { SerialPath } from '../../../src/io/serial/serialPath.ts';
import { monotonicMs } from '../../../src/kernel/clock.ts';
import { watchReadable } from '../../../src/kernel/readable.ts';
import { encodeSerialFrame, SerialFrameReader } from '../../../src/protocol/serialFrame.ts';
import { openPseudoTerminal } from '../../../src/kernel/pseudoTerminal.ts';
import type { PseudoTerminal } from '../../../src/kernel/pseudoTerminal.ts';
import { until } from '../../kernel/until.ts';

type End = {
  readonly path: SerialPath;
  readonly heard: string[];
  readonly errors: (string | null)[];
  readonly lines: boolean[];
};

function openEnd(t: ExecutionContext, path: string): End {
  const end = { heard: [] as string[], errors: [] as (string | null)[], lines: [] as boolean[] };
  const opened = openSerialPath({
    path,
    onDatagram: (bytes) => end.heard.push(bytes.toString('latin1')),
    onError: (code) => end.errors.push(code),
    onLines: (dropped) => end.lines.push(dropped),
  });
  t.teardown(() => opened.close());
  return { ...end, path: opened };
}

function openTerminal(t: ExecutionContext): PseudoTerminal {
  const terminal = openPseudoTerminal();
  t.teardown(() => {
    try {
      terminal.close();
    } catch {
      // The test unplugged it.
    }
  });
  return terminal;
}

/** What comes out of the port into the cable, frame by frame. */
function listen(t: ExecutionContext, { fd }: PseudoTerminal): string[] {
  const heard: string[] = [];
  const reader = new SerialFrameReader((bytes) => heard.push(bytes.toString('latin1')));
  const space = Buffer.alloc(4096);
  const watch = watchReadable(fd, () => {
    try {
      reader.push(space.subarray(0, readSync(fd, space)));
    } catch {
      // Nothing there any more.
    }
  });
  t.teardown(() => watch.close());
  return heard;
}

test('datagrams pass both ways through noise', async (t) => {
  const terminal = openTerminal(t);
  const heard = listen(t, terminal);
  const end = openEnd(t, terminal.path);
  await until('it opened and sent', () => {
    end.path.send(Buffer.from('to the peer'));
    return heard.length > 0;
  });
  t.is(heard[0], 'to the peer');
  writeSync(terminal.fd, Buffer.from([7, 0, 9, 200, 3, 3, 3]));
  writeSync(terminal.fd, encodeSerialFrame(Buffer.from('from the peer')));
  await until('it was heard', () => end.heard.length > 0);
  t.deepEqual(end.heard, ['from the peer']);
  t.true(end.path.figures().damaged > 0);
  t.deepEqual(end.errors, []);
});

test('nothing queues: of many datagrams the first and the newest go, and never faster than the line', async (t) => {
  const terminal = openTerminal(t);
  const heard = listen(t, terminal);
  const end = openEnd(t, terminal.path);
  await until('it is open', () => end.path.figures().opened === 1);
  const beganAt = monotonicMs();
  const filler = 'x'.repeat(258);
  for (let number = 0; number < 40; number += 1)
    t.true(end.path.send(Buffer.from(`${filler}${number}`)));
  await until('the newest came', () => heard.at(-1) === `${filler}39`);
  t.deepEqual(
    heard.map((text) => text.slice(filler.length)),
    ['0', '39'],
  );
  t.true(monotonicMs() - beganAt >= 24, 'a heartbeat takes 24 ms');
  t.like(end.path.figures(), { sent: 2, leftOut: 38 });
});

test('a question is displaced by no heartbeat, and displaces none', async (t) => {
  const terminal = openTerminal(t);
  const heard = listen(t, terminal);
  const end = openEnd(t, terminal.path);
  await until('it is open', () => end.path.figures().opened === 1);
  let number = 0;
  // Heartbeats come faster than the line takes them.
  const beat = setInterval(() => {
    number += 1;
    end.path.send(Buffer.from(`heartbeat ${number}`.padEnd(268)));
  }, 10);
  t.teardown(() => clearInterval(beat));
  await until('the line is busy', () => end.path.figures().leftOut > 3);
  for (let asked = 0; asked < 5; asked += 1) {
    const asking = Buffer.from(`question ${asked}`.padEnd(100));
    await until('the last question went', () => end.path.sendAside(asking));
  }
  const questions = (): string[] => heard.filter((text) => text.startsWith('question'));
  await until('all questions came', () => questions().length === 5);
  t.true(heard.length - questions().length >= 3, 'heartbeats went between them');
});

test('a line that takes nothing blocks nobody, and brings the newest when it takes again', async (t) => {
  const terminal = openTerminal(t);
  const end = openEnd(t, terminal.path);
  await until('it is open', () => end.path.figures().opened === 1);
  // Nobody reads at the other end: the terminal fills up.
  const filler = 'x'.repeat(508);
  let number = 0;
  await until('it is full', () => {
    const beganAt = monotonicMs();
    number += 1;
    t.true(end.path.send(Buffer.from(`${filler}${number}`)));
    t.true(monotonicMs() - beganAt < 20);
    return end.path.figures().leftOut > 20;
  });
  end.path.send(Buffer.from('newest'));
  const heard = listen(t, terminal);
  await until('the newest came', () => heard.at(-1) === 'newest');
  t.true(heard.length < number);
});

test('a port that is missing, comes, vanishes and comes back is opened each time', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'hotpair-serial-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const device = join(folder, 'ttyUSB0');
  const end = openEnd(t, device);
  await until('it is missed', () => end.errors.length > 0);
  t.false(end.path.send(Buffer.from('lost')));
  t.regex(String(end.errors[0]), /No such file|ENOENT/);
  for (const round of [1, 2]) {
    const terminal = openPseudoTerminal();
    symlinkSync(terminal.path, device);
    await until('it is open', () => end.path.figures().opened === round);
    writeSync(terminal.fd, encodeSerialFrame(Buffer.from(`round ${round}`)));
    await until('it is heard', () => end.heard.at(-1) === `round ${round}`);
    rmSync(device);
    terminal.close();
    await until('its end is noticed', () => end.errors.at(-1) !== null);
  }
  t.deepEqual(end.heard, ['round 1', 'round 2']);
});

test('a port without modem lines says nothing of them', async (t) => {
  const terminal = openTerminal(t);
  const end = openEnd(t, terminal.path);
  await until('it is open', () => end.path.figures().opened === 1);
  const beganAt = monotonicMs();
  await until('it was looked at', () => monotonicMs() - beganAt > 200);
  t.deepEqual(end.lines, []);
});

test('lines that had dropped are forgotten when a frame comes: another cable may have none', (t) => {
  const none = { cts: false, dsr: false, dcd: false };
  const lines = new ModemLines();
  t.false(lines.forget());
  lines.look({ ...none, dsr: true });
  lines.look(none);
  t.true(lines.forget());
  t.false(lines.dropped);
  t.false(lines.look(none), 'nothing was up since');
});

test('a port that opens and is gone again at once is told of once', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'hotpair-serial-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const device = join(folder, 'ttyUSB0');
  const end = openEnd(t, device);
  await until('it is missed', () => end.errors.length > 0);
  for (const round of [1, 2, 3]) {
    const terminal = openPseudoTerminal();
    symlinkSync(terminal.path, device);
    await until('it is open', () => end.path.figures().opened === round);
    rmSync(device);
    terminal.close();
    await until('it is closed', () => !end.path.send(Buffer.from('x')));
  }
  t.false(end.errors.includes(null));
});

test('lines count as dropped only where one of them was up before', (t) => {
  const none = { cts: false, dsr: false, dcd: false };
  const lines = new ModemLines();
  t.false(lines.look(none), 'a cable of three wires');
  t.false(lines.look({ ...none, dsr: true }));
  t.false(lines.look(null));
  t.true(lines.look(none));
  t.true(lines.dropped);
  t.false(lines.look(none));
  t.true(lines.look({ ...none, cts: true }));
  t.false(lines.dropped);
});
