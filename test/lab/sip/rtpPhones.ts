// The audio of phones, a process in the client's network namespace: for every end of every call it sends a numbered RTP packet
// each 20 ms to where the SIP answer said, and writes down what arrives.
// Arguments: the file for arrivals; the ends as JSON (RtpEnd[]). A line has the end's index, the sequence number, the instant.

import { createSocket } from 'node:dgram';
import { openSync, writeSync } from 'node:fs';
import { nowMs } from '../clock.ts';
import { rtpIntervalMs, type RtpEnd } from './rtpGaps.ts';

const headerBytes = 12;
/** A packet of G.711 mu-law: 20 ms of silence. */
const audioBytes = 160;
const silence = 0xff;

const [file = '', ends = '[]'] = process.argv.slice(2);
const arrivals = openSync(file, 'a');
const startedMs = nowMs();
let sent = 0;

function packet(index: number, number: number): Buffer {
  const bytes = Buffer.alloc(headerBytes + audioBytes, silence);
  bytes.writeUInt16BE(0x8000, 0);
  bytes.writeUInt16BE(number & 0xffff, 2);
  bytes.writeUInt32BE((number * audioBytes) >>> 0, 4);
  bytes.writeUInt32BE(0x1ab0_0000 + index, 8);
  return bytes;
}

function opened({ host, port, toHost, toPort }: RtpEnd, index: number): (number: number) => void {
  const socket = createSocket('udp4');
  // A relay that is away answers with errors for a while: that is what is measured here.
  socket.on('error', () => undefined);
  socket.on('message', (message) => {
    if (message.length < headerBytes) return;
    writeSync(arrivals, `${index} ${message.readUInt16BE(2)} ${nowMs().toFixed(3)}\n`);
  });
  socket.bind(port, host);
  return (number) => socket.send(packet(index, number), toPort, toHost, () => undefined);
}

const senders = (JSON.parse(ends) as readonly RtpEnd[]).map(opened);

// Numbers follow the clock, so that a gap in them is a span of time even where this process was late.
setInterval(() => {
  const due = Math.floor((nowMs() - startedMs) / rtpIntervalMs);
  for (; sent < due; sent += 1) for (const send of senders) send(sent);
}, rtpIntervalMs / 4);
process.once('SIGTERM', () => process.exit(0));
process.once('disconnect', () => process.exit(0));
