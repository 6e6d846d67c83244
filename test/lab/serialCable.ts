// The serial cable between the boxes: two pseudo terminals, and a keeper that carries bytes from one to the other at the pace of
// a line of 115200 baud. A pseudo terminal has no modem lines, as a cable of three wires has none.
import { readSync, writeFileSync, writeSync } from 'node:fs';
import { watchReadable } from '../../src/kernel/readable.ts';
import { openPseudoTerminal } from '../../src/kernel/pseudoTerminal.ts';
import { nowMs } from './clock.ts';
import { boxNames, otherBox, paths, type BoxName } from './layout.ts';

/** `looped`: at each end a plug that gives a box its own bytes back. */
export type SerialState = 'connected' | 'pulled' | 'looped';

export type SerialCable = { readonly set: (state: SerialState) => void };

/** 115200 baud, ten bits a byte. */
const bytesPerMs = 11.52;
/** So much is carried at a time: a frame is on its way while its end is still being sent. */
const pieceBytes = 32;

/** The ports are named in a file of each box, which finds its own there when it gets its power. */
export function serialCable(): SerialCable {
  const ends = { 'box-a': openPseudoTerminal(), 'box-b': openPseudoTerminal() };
  const freeAtMs: Record<BoxName, number> = { 'box-a': 0, 'box-b': 0 };
  const space = Buffer.alloc(pieceBytes);
  let state: SerialState = 'connected';
  /** What was under way when the cable changed is lost. */
  let turn = 0;

  const give = (box: BoxName, bytes: Buffer, from: number): void => {
    if (turn !== from) return;
    try {
      writeSync(ends[box].fd, bytes);
    } catch {
      // Nobody reads there: a line forgets what its end does not take.
    }
  };
  const carry = (from: BoxName): void => {
    let length: number;
    try {
      length = readSync(ends[from].fd, space);
    } catch {
      return;
    }
    if (state === 'pulled') return;
    const to = state === 'looped' ? from : otherBox(from);
    const bytes = Buffer.from(space.subarray(0, length));
    const now = nowMs();
    freeAtMs[from] = Math.max(now, freeAtMs[from]) + length / bytesPerMs;
    setTimeout(give, freeAtMs[from] - now, to, bytes, turn);
  };
  for (const box of boxNames) {
    watchReadable(ends[box].fd, () => carry(box));
    writeFileSync(paths.serial(box), ends[box].path);
  }
  return {
    set: (wanted) => {
      state = wanted;
      turn += 1;
    },
  };
}
