// A process that speaks as the guardian does and does what a test tells it: a real process with real pipes. Its first argument
// is a file to which it appends every line that it is told; the second one names what it does.
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { FromGuardian, ToGuardian } from '../../src/protocol/guardianMessages.ts';

const [, , told = '', act = 'good'] = process.argv;

function say(message: FromGuardian): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

function state(fit: boolean): void {
  say({ type: 'state', role: 'none', services: [], hooks: [], sync: [], fit });
}

appendFileSync(told, `${JSON.stringify({ pid: process.pid })}\n`);
if (act === 'dies') process.exit(3);
if (act === 'garbage') process.stdout.write('{"type":"no such thing"}\n');
if (act === 'endless') process.stdout.write('x'.repeat(2 * 1024 * 1024));
if (act === 'reports') {
  for (let number = 0; number < 300; number += 1)
    say({ type: 'event', level: 'info', event: 'serviceUp', detail: { number } });
}
// A guardian that hangs reads nothing and says nothing.
if (act === 'hangs') process.kill(process.pid, 'SIGSTOP');
if (act !== 'silent') state(true);

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  appendFileSync(told, `${line}\n`);
  const message = JSON.parse(line) as ToGuardian;
  if (message.type === 'role') state(message.role !== 'standby');
  if (message.type === 'order' && message.service !== 'deaf') {
    const { id, order, service } = message;
    say({ type: 'answer', id, ok: order !== 'stop', text: `${service}: ${order}` });
  }
  if (message.type === 'order' && message.order === 'restart') process.kill(process.pid, 'SIGKILL');
  if (message.type === 'shutdown') {
    say({ type: 'answer', id: message.id, ok: true, text: 'everything is stopped' });
  }
});
lines.on('close', () => {
  if (act !== 'stays') process.exit(0);
  setInterval(() => undefined, 1_000);
});
