// Stands between the two Eth1, in real time, and writes down when each box sent a heartbeat: a line with the box and the instant.
// Argument: the file.

import { openSync, writeSync } from 'node:fs';
import { nowMs, pause } from './clock.ts';
import { beRealTime } from './kernelCalls.ts';
import { boxNames } from './layout.ts';
import { openRecorder } from './rawDatagrams.ts';

const heartbeatPort = 694;
const most = 64;

const [file = ''] = process.argv.slice(2);
const heard = openSync(file, 'a');
const recorders = boxNames.map((box) => ({ box, take: openRecorder(box) }));
beRealTime(30);
process.once('SIGTERM', () => process.exit(0));
process.once('disconnect', () => process.exit(0));

/** An IPv4 header without options, then that of UDP. */
function isHeartbeat(packet: Buffer): boolean {
  return packet.length >= 28 && packet[9] === 17 && packet.readUInt16BE(22) === heartbeatPort;
}

for (;;) {
  for (const { box, take } of recorders)
    for (const packet of take(most))
      if (isHeartbeat(packet)) writeSync(heard, `${box} ${nowMs().toFixed(3)}\n`);
  await pause(1);
}
