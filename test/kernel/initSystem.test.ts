// Words to the init system, heard on real sockets of both kinds: with a file and in the abstract space.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { openInitSystem } from '../../src/kernel/initSystem.ts';
import { until } from './until.ts';

const listener = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1].replace("@", "\\0", 1))
print("bound", flush=True)
while True:
    print(s.recv(4096).decode(), flush=True)
`;

/** Listens as systemd does; python3 has such sockets, Node has none. */
async function heardAt(t: ExecutionContext, path: string): Promise<() => readonly string[]> {
  const child = spawn('python3', ['-c', listener, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  let text = '';
  child.stdout.on('data', (bytes: Buffer) => {
    text += bytes.toString();
  });
  await until('the socket is bound', () => text.startsWith('bound\n'));
  return () => text.split('\n').slice(1, -1);
}

for (const kind of ['file', 'abstract']) {
  test(`ready, kicks no denser than needed, and the end are told to a socket: ${kind}`, async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'hotpair-notify-'));
    t.teardown(() => rmSync(directory, { recursive: true }));
    const path = kind === 'file' ? join(directory, 'notify') : `@hotpair-test-${process.pid}`;
    const heard = await heardAt(t, path);
    const environment: NodeJS.ProcessEnv = {
      NOTIFY_SOCKET: path,
      WATCHDOG_USEC: '2000000',
      WATCHDOG_PID: String(process.pid),
      HOME: '/',
    };
    let now = 0;
    const initSystem = openInitSystem(environment, () => now);
    t.deepEqual(Object.keys(environment), ['HOME'], 'no child hears of the socket');
    initSystem.ready();
    for (now = 0; now < 1_000; now += 50) initSystem.kick();
    initSystem.stopping();
    await until('all is heard', () => heard().includes('STOPPING=1'));
    t.deepEqual(heard(), ['READY=1', 'WATCHDOG=1', 'WATCHDOG=1', 'WATCHDOG_USEC=0', 'STOPPING=1']);
  });
}

test('nobody who asked, a socket that is gone, and a kick that another process is meant by are nothing', (t) => {
  for (const environment of [
    {},
    { NOTIFY_SOCKET: '/nonexistent/notify', WATCHDOG_USEC: '2000000', WATCHDOG_PID: '1' },
  ]) {
    const initSystem = openInitSystem(environment, () => 0);
    t.notThrows(() => {
      initSystem.ready();
      initSystem.kick();
      initSystem.stopping();
    });
  }
});
