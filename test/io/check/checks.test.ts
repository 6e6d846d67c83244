// Checks of a service against real sockets and programs, which answer, refuse, hang and talk nonsense.
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import type { RemoteInfo, Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { runCheck } from '../../../src/io/check/check.ts';
import type { CheckOutcome, CheckSurroundings } from '../../../src/io/check/check.ts';
import { processStat } from '../../../src/kernel/processes.ts';
import type { CheckDescription } from '../../../src/protocol/guardianMessages.ts';
import { until } from '../../daemon/until.ts';

const times = { intervalMs: 5_000, timeoutMs: 2_000, threshold: 3 } as const;

function surroundings(changes: Partial<CheckSurroundings> = {}): CheckSurroundings {
  return {
    main: null,
    program: () => ({
      directory: '/',
      environment: { PATH: '/usr/bin:/bin' },
      user: null,
      openFiles: null,
    }),
    signal: new AbortController().signal,
    ...changes,
  };
}

type Kind = CheckDescription extends infer T
  ? T extends unknown
    ? Omit<T, keyof typeof times>
    : never
  : never;

async function look(kind: Kind, timeoutMs = 1_000, changes = {}): Promise<CheckOutcome> {
  return runCheck({ ...times, ...kind }, timeoutMs, surroundings(changes));
}

async function listening(t: ExecutionContext, server: Server, host = '127.0.0.1'): Promise<number> {
  server.listen(0, host);
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  return port;
}

test('tcp: a port that takes connections passes, one that nobody listens on fails at once', async (t) => {
  const server = createServer((socket) => socket.on('error', () => {}));
  const port = await listening(t, server);
  t.like(await look({ type: 'tcp', address: '127.0.0.1', port }), { ok: true });
  server.close();
  const begun = performance.now();
  t.deepEqual(await look({ type: 'tcp', address: '127.0.0.1', port }), {
    ok: false,
    text: 'nobody listens there',
  });
  t.true(performance.now() - begun < 500);
});

test('tcp: IPv6 too', async (t) => {
  const port = await listening(t, createServer(), '::1');
  t.like(await look({ type: 'tcp', address: '::1', port }), { ok: true });
});

test('tcp: an address from which nothing comes fails at the timeout', async (t) => {
  // A queue of connections that is full answers nothing: the kernel drops the question.
  const program = `
    import socket, time
    s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(0)
    held = [socket.socket() for _ in range(4)]
    for h in held: h.setblocking(False); h.connect_ex(s.getsockname())
    time.sleep(0.2); print(s.getsockname()[1], flush=True); time.sleep(600)`;
  const child = spawn('python3', ['-c', program.replaceAll(/^ {4}/gm, '')]);
  t.teardown(() => child.kill('SIGKILL'));
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
  const outcome = await look({ type: 'tcp', address: '127.0.0.1', port: Number(chunk) }, 150);
  t.deepEqual(outcome, { ok: false, text: 'no answer within 150 ms' });
});

async function httpPort(
  t: ExecutionContext,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<number> {
  const server = createHttpServer(answer);
  t.teardown(() => server.closeAllConnections());
  return listening(t, server);
}

test('http: the expected status passes, another one does not, redirects are not followed', async (t) => {
  const port = await httpPort(t, (request, response) => {
    response.writeHead(request.url === '/health' ? 204 : 302, { location: '/health' }).end();
  });
  const url = `http://127.0.0.1:${port}`;
  t.like(await look({ type: 'http', url: `${url}/health`, status: 204 }), { ok: true });
  t.deepEqual(await look({ type: 'http', url: `${url}/old`, status: 204 }), {
    ok: false,
    text: 'status 302, not 204',
  });
});

test('http: an endless body, an endless head, a dripping head and silence cost no more than the timeout', async (t) => {
  const port = await httpPort(t, (request, response) => {
    const drip = (): void => {
      if (response.destroyed) return;
      response.write('x'.repeat(10_000));
      setTimeout(drip, 1);
    };
    if (request.url === '/body') {
      drip();
      return;
    }
    const { socket } = request;
    const write = (): void => {
      if (socket.destroyed) return;
      socket.write(request.url === '/head' ? `x-long: ${'x'.repeat(5_000)}\r\n` : 'x');
      setTimeout(write, 5);
    };
    socket.write('HTTP/1.1 200 OK\r\nx-slow: ');
    if (request.url !== '/silence') write();
  });
  const url = `http://127.0.0.1:${port}`;
  t.like(await look({ type: 'http', url: `${url}/body`, status: 200 }, 300), { ok: true });
  t.deepEqual(await look({ type: 'http', url: `${url}/head`, status: 200 }, 1_000), {
    ok: false,
    text: 'HPE_HEADER_OVERFLOW',
  });
  for (const path of ['drip', 'silence']) {
    const begun = performance.now();
    const outcome = await look({ type: 'http', url: `${url}/${path}`, status: 200 }, 200);
    t.deepEqual(outcome, { ok: false, text: 'no answer within 200 ms' });
    t.true(performance.now() - begun < 400);
  }
});

test('http: what is no HTTP fails', async (t) => {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.end('SSH-2.0-OpenSSH\r\n');
  });
  const port = await listening(t, server);
  t.like(await look({ type: 'http', url: `http://127.0.0.1:${port}/`, status: 200 }), {
    ok: false,
  });
});

type Reply = (request: string, from: RemoteInfo, socket: Socket) => void;

async function sipPort(t: ExecutionContext, reply: Reply, address = '127.0.0.1'): Promise<number> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  socket.on('message', (bytes, from) => reply(bytes.toString(), from, socket));
  socket.bind(0, address);
  await once(socket, 'listening');
  t.teardown(() => socket.close());
  return socket.address().port;
}

/** As a server answers: Via, From, To, Call-ID and CSeq of the request come back. */
function answerTo(request: string, first: string): string {
  const copied = request.split('\r\n').filter((line) => /^(Via|From|To|Call-ID|CSeq):/.test(line));
  return [first, ...copied, 'Content-Length: 0', '', ''].join('\r\n');
}

test('sip: final answers below 500 pass, but 408; from 500 on they fail', async (t) => {
  let status = 200;
  const port = await sipPort(t, (request, { port: back, address }, socket) =>
    socket.send(answerTo(request, `SIP/2.0 ${status} Said`), back, address),
  );
  const outcomes: [number, boolean][] = [];
  for (status of [200, 302, 401, 404, 405, 408, 483, 500, 503, 603]) {
    const { ok } = await look({ type: 'sip', address: '127.0.0.1', port });
    outcomes.push([status, ok]);
  }
  t.deepEqual(
    outcomes.filter(([, ok]) => !ok).map(([code]) => code),
    [408, 500, 503, 603],
  );
});

test('sip: over IPv6', async (t) => {
  const port = await sipPort(
    t,
    (request, { port: back, address }, socket) =>
      socket.send(answerTo(request, 'SIP/2.0 200 OK'), back, address),
    '::1',
  );
  t.deepEqual(await look({ type: 'sip', address: '::1', port }), { ok: true, text: '200 OK' });
});

test('sip: a provisional answer is waited after, garbage and answers to others are passed over', async (t) => {
  const port = await sipPort(t, (request, { port: back, address }, socket) => {
    const say = (text: string): void => socket.send(text, back, address);
    say('nonsense');
    say('\0'.repeat(60_000));
    say(answerTo(request, 'SIP/2.0 503 Late').replace(/branch=[^;]+/, 'branch=z9hG4bKold'));
    say(answerTo(request, 'SIP/2.0 503 Late').replace(/Call-ID: .*/, 'Call-ID: other'));
    say(answerTo(request, 'SIP/2.0 100 Trying'));
    setTimeout(() => say(answerTo(request, 'SIP/2.0 200 OK')), 50);
  });
  t.deepEqual(await look({ type: 'sip', address: '127.0.0.1', port }), {
    ok: true,
    text: '200 OK',
  });
});

test('sip: only provisional answers, or none, fail at the timeout; a port without a server at once', async (t) => {
  const port = await sipPort(t, (request, { port: back, address }, socket) =>
    socket.send(answerTo(request, 'SIP/2.0 100 Trying'), back, address),
  );
  t.deepEqual(await look({ type: 'sip', address: '127.0.0.1', port }, 150), {
    ok: false,
    text: 'no answer within 150 ms',
  });
  const free = createSocket('udp4');
  free.bind(0, '127.0.0.1');
  await once(free, 'listening');
  const closed = free.address().port;
  free.close();
  const begun = performance.now();
  t.deepEqual(await look({ type: 'sip', address: '127.0.0.1', port: closed }), {
    ok: false,
    text: 'nobody listens there',
  });
  t.true(performance.now() - begun < 500);
});

test('sip: a question that was lost is sent again within the timeout, as the same transaction', async (t) => {
  const heard: string[] = [];
  const port = await sipPort(t, (request, { port: back, address }, socket) => {
    heard.push(request);
    if (heard.length > 1) socket.send(answerTo(request, 'SIP/2.0 200 OK'), back, address);
  });
  t.like(await look({ type: 'sip', address: '127.0.0.1', port }, 2_000), { ok: true });
  t.is(heard.length, 2);
  t.is(heard[0], heard[1]);
});

test('sip: a flood of other datagrams ends the look', async (t) => {
  let isOver = false;
  const port = await sipPort(t, (_request, { port: back, address }, socket) => {
    const flood = (left: number): void => {
      if (isOver || left === 0) return;
      for (let count = 0; count < 50; count += 1) socket.send('nonsense', back, address);
      setTimeout(() => flood(left - 1), 2);
    };
    flood(200);
  });
  const outcome = await look({ type: 'sip', address: '127.0.0.1', port }, 5_000);
  isOver = true;
  t.deepEqual(outcome, { ok: false, text: 'too many datagrams came that are no answer' });
});

test('sip: a look that ends before its socket is ready disturbs nothing', async (t) => {
  const outcomes = await Promise.all(
    [0, 1, 1, 2].map(async (timeoutMs) =>
      look({ type: 'sip', address: '127.0.0.1', port: 9 }, timeoutMs),
    ),
  );
  t.true(outcomes.every(({ ok }) => !ok));
});

test('a cancelled look ends at once', async (t) => {
  const port = await sipPort(t, () => {});
  const cancel = new AbortController();
  const outcome = look({ type: 'sip', address: '127.0.0.1', port }, 60_000, {
    signal: cancel.signal,
  });
  cancel.abort();
  t.deepEqual(await outcome, { ok: false, text: 'the check was cancelled' });
});

test('process: there, stopped, gone, and another one of the same number', async (t) => {
  const child = spawn('sleep', ['600']);
  t.teardown(() => child.kill('SIGKILL'));
  const main = processStat(child.pid ?? 0);
  if (main === null) throw new Error('no process');
  t.like(await look({ type: 'process' }, 1, { main }), { ok: true });
  child.kill('SIGSTOP');
  await until('it is stopped', () => processStat(main.pid)?.state === 'T');
  t.deepEqual(await look({ type: 'process' }, 1, { main }), {
    ok: false,
    text: `process ${main.pid} is stopped`,
  });
  child.kill('SIGCONT');
  const another = { ...main, startTime: main.startTime - 1 };
  t.like(await look({ type: 'process' }, 1, { main: another }), { ok: false });
  child.kill('SIGKILL');
  await once(child, 'exit');
  t.deepEqual(await look({ type: 'process' }, 1, { main }), {
    ok: false,
    text: `process ${main.pid} is not there`,
  });
  t.like(await look({ type: 'process' }), { ok: false });
});

test('command: status 0 passes, another status tells the last line, a missing program is named', async (t) => {
  t.like(await look({ type: 'command', command: ['/bin/true'] }), { ok: true });
  const failing = ['/bin/sh', '-c', 'echo one; echo "no route to host" >&2; exit 3'];
  t.deepEqual(await look({ type: 'command', command: failing }), {
    ok: false,
    text: '/bin/sh ended with status 3: no route to host',
  });
  t.deepEqual(await look({ type: 'command', command: ['/nowhere/check'] }), {
    ok: false,
    text: '/nowhere/check is not there',
  });
});

test('command: late or endless, it is killed with its group at the timeout, however much it says', async (t) => {
  const script = 'sleep 600 & echo $!; yes';
  const outcome = await look({ type: 'command', command: ['/bin/sh', '-c', script] }, 200);
  t.false(outcome.ok);
  t.regex(outcome.text, /^\/bin\/sh did not end within 200 ms: y+/);
  const left = ['/bin/sh', '-c', 'sleep 601 & echo $! >&2; exit 4'];
  const { text } = await look({ type: 'command', command: left });
  const pid = Number(text.split(': ').at(-1));
  await until('what it left has gone', () => {
    const stat = processStat(pid);
    return stat === null || stat.state === 'Z';
  });
  t.pass();
});
