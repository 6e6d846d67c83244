// Datagrams as somebody on the heartbeat cable could send them who has no key: recordings played again, recordings
// changed, words made up, and noise. Pure. The offsets are written here once more: what judges the product must not share its faults.

import { createHmac } from 'node:crypto';

export const forgeryKinds = [
  'replayed',
  'reflected',
  'truncated',
  'lengthened',
  'flipped',
  'words',
  'number',
  'start',
  'otherKey',
  'otherPair',
  'otherVersion',
  'keyStatement',
  'noise',
  'largeNoise',
] as const;
export type ForgeryKind = (typeof forgeryKinds)[number];

export type Forgery = { readonly kind: ForgeryKind; readonly bytes: Buffer };

/** What was recorded on the cable: what the other box has sent to the victim, and what the victim itself has sent. */
export type Recordings = {
  readonly ofPeer: readonly Buffer[];
  readonly ofVictim: readonly Buffer[];
};

const length = 268;
const signedLength = length - 32;
const at = {
  version: 4,
  pairId: 8,
  sender: 24,
  agentStart: 40,
  seq: 48,
  flags: 88,
  stateName: 92,
  handed: 94,
  grant: 95,
  epoch: 96,
  grantEpoch: 172,
} as const;
const keyStatementMagic = 0x68_70_4b_59;
const keyStatementLength = 184;
/** Large ones are rare, because each is some forty frames. */
const largeShare = 1 / 400;
const longestSmall = 1400;
/** The longest that UDP over IPv4 carries. */
const longestLarge = 65_507;

/** Changed recordings of which the number was left as it is: those are known by it. The others have one that is yet to come. */
const oldNumberShare = 0.2;

/** Draws one; the same for the same numbers and recordings. Needs one recording of each side. */
export function drawForgery(random: () => number, recordings: Recordings): Forgery {
  const kind =
    random() < largeShare
      ? 'largeNoise'
      : (forgeryKinds[below(random, forgeryKinds.length - 1)] ?? 'noise');
  return { kind, bytes: makers[kind](random, recordings) };
}

type Maker = (random: () => number, recordings: Recordings) => Buffer;

const makers: Readonly<Record<ForgeryKind, Maker>> = {
  replayed: (random, { ofPeer }) => one(random, ofPeer),
  reflected: (random, { ofVictim }) => one(random, ofVictim),
  truncated: (random, { ofPeer }) => one(random, ofPeer).subarray(0, below(random, length)),
  lengthened: (random, { ofPeer }) =>
    Buffer.concat([
      changed(random, one(random, ofPeer)),
      noise(random, 1 + below(random, longestSmall - length)),
    ]),
  flipped: flip,
  words: (random, { ofPeer }) =>
    changed(random, one(random, ofPeer), (bytes) => twist(random, bytes)),
  number: (random, { ofPeer }) =>
    changed(random, one(random, ofPeer), (bytes) => {
      // Up to 2^53 - 1, and beyond what a number may be.
      bytes.writeBigUInt64BE(
        [2n ** 53n - 1n, 2n ** 53n, 2n ** 64n - 1n, 0n][below(random, 4)] ?? 0n,
        at.seq,
      );
    }),
  start: (random, { ofPeer }) =>
    changed(random, one(random, ofPeer), (bytes) => noise(random, 8).copy(bytes, at.agentStart)),
  otherKey: (random, { ofPeer }) => signed(one(random, ofPeer), noise(random, 32), random),
  otherPair: (random, { ofPeer }) =>
    changed(random, one(random, ofPeer), (bytes) => noise(random, 16).copy(bytes, at.pairId)),
  otherVersion: (random, { ofPeer }) =>
    changed(random, one(random, ofPeer), (bytes) =>
      bytes.writeUInt16BE(2 + below(random, 9), at.version),
    ),
  keyStatement: (random, { ofPeer }) => {
    const bytes = noise(random, keyStatementLength);
    one(random, ofPeer).copy(bytes, 0, 0, at.agentStart);
    bytes.writeUInt32BE(keyStatementMagic, 0);
    bytes.writeUInt16BE(keyStatementLength, 6);
    return bytes;
  },
  noise: (random) => noise(random, below(random, longestSmall)),
  largeNoise: (random) =>
    noise(random, longestSmall + below(random, longestLarge - longestSmall + 1)),
};

/** What a box would have to obey if it were true. */
function twist(random: () => number, bytes: Buffer): void {
  const epoch = bytes.readBigUInt64BE(at.epoch);
  const twists: readonly (() => void)[] = [
    () => bytes.writeBigUInt64BE(epoch + 1n, at.epoch),
    () => bytes.writeUInt8(1, at.handed),
    () => {
      bytes.writeUInt8(2, at.grant);
      bytes.writeBigUInt64BE(epoch, at.grantEpoch);
    },
    // Leaving, or not eligible any more, or in maintenance.
    () => bytes.writeUInt32BE(bytes.readUInt32BE(at.flags) ^ (1 << 11), at.flags),
    () => bytes.writeUInt32BE(bytes.readUInt32BE(at.flags) ^ (1 << 12), at.flags),
    () => bytes.writeUInt32BE(bytes.readUInt32BE(at.flags) ^ (1 << 21), at.flags),
    () => bytes.writeUInt8(below(random, 24), at.stateName),
    () => noise(random, 16).copy(bytes, at.sender),
  ];
  twists[below(random, twists.length)]?.();
}

function flip(random: () => number, { ofPeer }: Recordings): Buffer {
  return changed(random, one(random, ofPeer), (bytes) => {
    const bit = below(random, length * 8);
    bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
  });
}

function signed(recorded: Buffer, key: Buffer, random: () => number): Buffer {
  return changed(random, recorded, (bytes) => {
    twist(random, bytes);
    createHmac('sha256', key)
      .update(bytes.subarray(0, signedLength))
      .digest()
      .copy(bytes, signedLength);
  });
}

function changed(
  random: () => number,
  recorded: Buffer,
  change: (bytes: Buffer) => void = () => undefined,
): Buffer {
  const bytes = Buffer.from(recorded);
  if (random() >= oldNumberShare) {
    const ahead = BigInt(1 + below(random, 2 ** 20));
    bytes.writeBigUInt64BE(bytes.readBigUInt64BE(at.seq) + ahead, at.seq);
  }
  change(bytes);
  return bytes;
}

function one(random: () => number, recorded: readonly Buffer[]): Buffer {
  const bytes = recorded[below(random, recorded.length)];
  if (bytes?.length !== length) throw new RangeError('there is no recorded heartbeat');
  return bytes;
}

function noise(random: () => number, bytes: number): Buffer {
  const made = Buffer.allocUnsafe(bytes);
  let offset = 0;
  for (; offset + 4 <= bytes; offset += 4) made.writeUInt32LE(below(random, 2 ** 32), offset);
  for (; offset < bytes; offset += 1) made.writeUInt8(below(random, 256), offset);
  return made;
}

function below(random: () => number, limit: number): number {
  return Math.floor(random() * limit);
}
