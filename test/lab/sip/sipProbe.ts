// A phone that does nothing but ask, a process in the client's network namespace: an OPTIONS request to the service address
// every 10 ms, each a transaction of its own and sent once, and a line in a file for each answer.
// Argument: the file; a line has the instants of request and answer.

import { createSocket } from 'node:dgram';
import { openSync, writeSync } from 'node:fs';
import { nowMs } from '../clock.ts';
import { addresses } from '../layout.ts';

const intervalMs = 10;
/** An answer that comes later than this is of no interest any more. */
const forgetMs = 2000;

const [file = ''] = process.argv.slice(2);
const answers = openSync(file, 'a');
const socket = createSocket('udp4');
const sentMs = new Map<number, number>();
let next = 1;

function request(number: number): string {
  const { address, port } = socket.address();
  return [
    `OPTIONS sip:${addresses.service} SIP/2.0`,
    `Via: SIP/2.0/UDP ${address}:${port};branch=z9hG4bKprobe${number}`,
    `From: <sip:probe@${addresses.service}>;tag=p${number}`,
    `To: <sip:${addresses.service}>`,
    `Call-ID: ${number}@${address}`,
    'CSeq: 1 OPTIONS',
    'Max-Forwards: 70',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
}

function ask(): void {
  const number = next;
  next += 1;
  sentMs.set(number, nowMs());
  for (const [old, atMs] of sentMs) {
    if (nowMs() - atMs < forgetMs) break;
    sentMs.delete(old);
  }
  // A service that is away is what is measured here, not a failure of the probe.
  socket.send(request(number), 5060, addresses.service, () => undefined);
}

socket.on('error', () => undefined);
socket.on('message', (message) => {
  const atMs = nowMs();
  const text = message.toString('latin1');
  const number = Number(/^Call-ID: *(\d+)@/imu.exec(text)?.[1]);
  const sent = sentMs.get(number);
  if (sent === undefined || !text.startsWith('SIP/2.0 200 ')) return;
  sentMs.delete(number);
  writeSync(answers, `${sent.toFixed(3)} ${atMs.toFixed(3)}\n`);
});
process.once('SIGTERM', () => process.exit(0));
process.once('disconnect', () => process.exit(0));
socket.bind(0, addresses.client, () => setInterval(ask, intervalMs));
