// The forger, a process between the two Eth1: records the heartbeats of both boxes and sends each of them so many forged
// datagrams a second, most of them with the address of the true peer. Prints what it has sent as one line of JSON.
// Arguments: the site's directory, the seed, datagrams a second for each box, seconds.

import { nowMs, pause, until } from './clock.ts';
import { drawForgery, forgeryKinds, type ForgeryKind, type Recordings } from './forgeries.ts';
import type { Forged } from './forgerProcess.ts';
import { addresses, boxNames, otherBox, type BoxName } from './layout.ts';
import { eth1Bridge } from './network.ts';
import { mulberry32 } from './random.ts';
import { batchSize, openRecorder, openSender, type Sender } from './rawDatagrams.ts';

const port = 694;
const heartbeatLength = 268;
/** Somebody whose address is nobody's on the cable. */
const stranger = '169.254.69.77';
const strangerShare = 0.1;
/** The newest of each box: the next ones push the oldest out. */
const kept = 256;
const enough = 20;
const tickMs = 2;
const headerBytes = 28;
const largeBytes = 1472;

const [, seed = '', rate = '', seconds = ''] = process.argv.slice(2);
const random = mulberry32(Number(seed));
const recorded: Readonly<Record<BoxName, Buffer[]>> = { 'box-a': [], 'box-b': [] };
const recorders = { 'box-a': openRecorder('box-a'), 'box-b': openRecorder('box-b') };
const senders: Readonly<Record<BoxName, Sender>> = {
  'box-a': openSender(eth1Bridge, addresses.heartbeat['box-a'], port),
  'box-b': openSender(eth1Bridge, addresses.heartbeat['box-b'], port),
};
const strange = openSender(eth1Bridge, stranger, port);
const sent = { 'box-a': noneSent(), 'box-b': noneSent() };
let drawn = 0;
let taken = 0;
let frames = 0;

function noneSent(): Record<ForgeryKind, number> {
  return Object.fromEntries(forgeryKinds.map((kind) => [kind, 0])) as Record<ForgeryKind, number>;
}

function record(): void {
  for (const box of boxNames) {
    const own = recorded[box];
    for (const packet of recorders[box](batchSize)) {
      // An IPv4 header without options, then that of UDP.
      const isHeartbeat =
        packet.length >= headerBytes + heartbeatLength &&
        packet[9] === 17 &&
        packet.readUInt16BE(22) === port &&
        packet.readUInt16BE(24) === 8 + heartbeatLength;
      if (isHeartbeat) own.push(packet.subarray(headerBytes, headerBytes + heartbeatLength));
    }
    own.splice(0, own.length - kept);
  }
}

function recordings(victim: BoxName): Recordings {
  return { ofPeer: recorded[otherBox(victim)], ofVictim: recorded[victim] };
}

/** A batch to one box, from its peer's address, some from the stranger's. */
function sendTo(victim: BoxName, count: number): void {
  const to = addresses.heartbeat[victim];
  for (let index = 0; index < count; index += 1) {
    const { kind, bytes } = drawForgery(random, recordings(victim));
    const sender = random() < strangerShare ? strange : senders[otherBox(victim)];
    sender.put(bytes, to, port);
    sent[victim][kind] += 1;
    frames += Math.max(1, Math.ceil(bytes.length / largeBytes));
  }
  drawn += count;
  taken += senders[otherBox(victim)].flush() + strange.flush();
}

await until('recordings of both boxes', 5000, () => {
  record();
  return boxNames.every((box) => recorded[box].length >= enough);
});
const startMs = nowMs();
const endMs = startMs + Number(seconds) * 1000;
const total = Number(rate) * Number(seconds);
let done = 0;
for (let atMs = startMs; done < total && atMs < endMs + 1000; atMs = nowMs()) {
  record();
  const owed = Math.min(total, (Number(rate) * (atMs - startMs)) / 1000) - done;
  const count = Math.min(batchSize, Math.floor(owed));
  if (count > 0) for (const box of boxNames) sendTo(box, count);
  done += count;
  // Behind: the next batch at once.
  if (owed < 2 * batchSize) await pause(tickMs);
}
const forged: Forged = { sent, drawn, taken, frames, tookMs: nowMs() - startMs };
process.stdout.write(`${JSON.stringify(forged)}\n`);
