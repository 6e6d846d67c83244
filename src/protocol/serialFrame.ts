// Datagrams on a serial line: each with a CRC-32 behind it, stuffed by COBS (Cheshire and Baker, 1999) and a zero byte before and
// behind. COBS adds one byte in 254 whatever the datagram holds, so the time of a frame is known beforehand, and a zero means
// nothing but a boundary: after noise the next frame is read whole. The CRC tells a noisy line from a forger.
import { crc32 } from 'node:zlib';

/** Longest datagram that is framed. */
export const longestSerialDatagram = 512;

const crcLength = 4;
const longestRun = 254;
const longestStuffed =
  longestSerialDatagram + crcLength + Math.ceil((longestSerialDatagram + crcLength) / longestRun);

/** A frame for the line. @throws RangeError for a datagram that is empty or longer than longestSerialDatagram */
export function encodeSerialFrame(datagram: Buffer): Buffer {
  if (datagram.length === 0 || datagram.length > longestSerialDatagram)
    throw new RangeError(`no datagram for a serial line: ${datagram.length} bytes`);
  const plain = Buffer.alloc(datagram.length + crcLength);
  datagram.copy(plain);
  plain.writeUInt32BE(crc32(datagram), datagram.length);
  const frame = Buffer.alloc(2 + plain.length + Math.floor(plain.length / longestRun) + 1);
  let length = 1;
  let codeAt = length;
  length += 1;
  for (const byte of plain) {
    if (byte !== 0) {
      frame[length] = byte;
      length += 1;
    }
    if (byte !== 0 && length - codeAt <= longestRun) continue;
    frame[codeAt] = length - codeAt;
    codeAt = length;
    length += 1;
  }
  frame[codeAt] = length - codeAt;
  // The zero that ends it stands there already.
  return frame.subarray(0, length + 1);
}

export type SerialFaults = {
  /** Between two zeros stood no frame, or one whose CRC was wrong. */
  damaged: number;
  /** More bytes without a zero than a frame has; dropped up to the next zero. */
  overlong: number;
};

/** Finds frames in what a line brings, in pieces of any length; never holds more than one frame. */
export class SerialFrameReader {
  readonly faults: SerialFaults = { damaged: 0, overlong: 0 };
  readonly #onDatagram: (datagram: Buffer) => void;
  readonly #held = Buffer.alloc(longestStuffed);
  #length = 0;
  #isOverlong = false;

  constructor(onDatagram: (datagram: Buffer) => void) {
    this.#onDatagram = onDatagram;
  }

  push(bytes: Buffer): void {
    for (const byte of bytes) {
      if (byte === 0) this.#end();
      else if (this.#length < this.#held.length) this.#held[this.#length++] = byte;
      else this.#isOverlong = true;
    }
  }

  /** Forgets a frame that was begun: the line was opened anew. */
  reset(): void {
    this.#length = 0;
    this.#isOverlong = false;
  }

  #end(): void {
    const stuffed = this.#held.subarray(0, this.#length);
    const wasOverlong = this.#isOverlong;
    this.reset();
    if (wasOverlong) {
      this.faults.overlong += 1;
      return;
    }
    // Two zeros meet between any two frames.
    if (stuffed.length === 0) return;
    const datagram = opened(stuffed);
    if (datagram === null) this.faults.damaged += 1;
    else this.#onDatagram(datagram);
  }
}

/** The datagram of a frame without its zeros, or null. */
function opened(stuffed: Buffer): Buffer | null {
  const plain = Buffer.alloc(stuffed.length);
  let length = 0;
  for (let at = 0; at < stuffed.length;) {
    const code = stuffed[at] ?? 0;
    const end = at + code;
    if (code === 0 || end > stuffed.length) return null;
    length += stuffed.copy(plain, length, at + 1, end);
    at = end;
    if (code <= longestRun && at < stuffed.length) length += 1;
  }
  const dataLength = length - crcLength;
  if (dataLength <= 0) return null;
  const datagram = plain.subarray(0, dataLength);
  return plain.readUInt32BE(dataLength) === crc32(datagram) ? datagram : null;
}
