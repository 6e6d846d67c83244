// The control socket: requests and answers, and clients that are slow, silent, talkative or not allowed.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import {
  askAgent,
  controlSocketPath,
  followEvents,
} from '../../src/daemon/control/controlClient.ts';
import { openControlServer } from '../../src/daemon/control/controlServer.ts';
import type { ClientRequest } from '../../src/daemon/control/controlServer.ts';
import { parseRequest } from '../../src/daemon/control/messages.ts';
import { HotpairError } from '../../src/protocol/hotpairError.ts';
import { until } from './until.ts';

async function aServer(
  t: ExecutionContext,
  serve: (client: ClientRequest) => void,
): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'hotpair-control-'));
  const server = await openControlServer(controlSocketPath(directory), serve);
  t.teardown(() => {
    server.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}

function rawClient(
  t: ExecutionContext,
  directory: string,
): { readonly socket: Socket; readonly isClosed: () => boolean } {
  const socket = createConnection(controlSocketPath(directory));
  let closed = false;
  socket.on('close', () => {
    closed = true;
  });
  socket.on('error', () => undefined);
  t.teardown(() => socket.destroy());
  return { socket, isClosed: () => closed };
}

test('a request is answered with its result', async (t) => {
  const directory = await aServer(t, ({ request, reply }) => reply({ asked: request.command }));
  t.deepEqual(await askAgent(directory, { command: 'status' }, 5_000), { asked: 'status' });
});

test('a refusal comes with its code and sentence', async (t) => {
  const directory = await aServer(t, ({ refuse }) =>
    refuse(new HotpairError('COMMAND_BUSY', 'not now')),
  );
  await t.throwsAsync(askAgent(directory, { command: 'switchover' }, 5_000), {
    code: 'COMMAND_BUSY',
    message: 'not now',
  });
});

test('only root may talk to the agent', async (t) => {
  const directory = await aServer(t, ({ reply }) => reply(null));
  t.is(statSync(controlSocketPath(directory)).mode & 0o777, 0o600);
});

test('a line that is no request is answered with CONTROL_REQUEST and harms nobody', async (t) => {
  const directory = await aServer(t, ({ reply }) => reply('served'));
  const { socket } = rawClient(t, directory);
  let text = '';
  socket.on('data', (bytes: Buffer) => {
    text += bytes.toString();
  });
  socket.write('nonsense\n{"id":3,"command":"fly"}\n{"id":4,"command":"maintenance","forMs":-1}\n');
  await until('all three are answered', () => text.split('\n').length === 4);
  t.deepEqual(
    text
      .trim()
      .split('\n')
      .map((line) => {
        const { id, ok, error } = JSON.parse(line) as {
          id: number;
          ok: boolean;
          error: { code: string };
        };
        return [id, ok, error.code];
      }),
    [
      [0, false, 'CONTROL_REQUEST'],
      [3, false, 'CONTROL_REQUEST'],
      [4, false, 'CONTROL_REQUEST'],
    ],
  );
  t.is(await askAgent(directory, { command: 'status' }, 5_000), 'served');
});

function parsedOrder(fields: object): unknown {
  const request = parseRequest(JSON.stringify({ id: 1, command: 'serviceOrder', ...fields }));
  return request.ok ? request.request : request.message;
}

test('an order for a service names one of three orders and a service', (t) => {
  t.deepEqual(parsedOrder({ order: 'restart', service: 'kamailio' }), {
    command: 'serviceOrder',
    order: 'restart',
    service: 'kamailio',
  });
  const refusals = [
    { order: 'kill', service: 'kamailio' },
    { order: 'start' },
    { order: 'start', service: 5 },
    { order: 'start', service: 'x'.repeat(65) },
    { service: 'kamailio' },
  ].map(parsedOrder);
  for (const refusal of refusals) t.is(typeof refusal, 'string');
});

test('a client that sends without ever ending its line is disconnected', async (t) => {
  const directory = await aServer(t, ({ reply }) => reply(null));
  const { socket, isClosed } = rawClient(t, directory);
  socket.write('x'.repeat(200_000));
  await until('it is disconnected', isClosed);
  t.pass();
});

test('a client that does not read is disconnected when too much waits for it, and others are served meanwhile', async (t) => {
  let follower: ClientRequest | null = null;
  let gone = false;
  const directory = await aServer(t, (client) => {
    if (client.request.command === 'events') {
      follower = client;
      client.onGone(() => {
        gone = true;
      });
    } else client.reply('served');
  });
  const { socket } = rawClient(t, directory);
  socket.pause();
  socket.write('{"id":1,"command":"events","limit":0,"follow":true}\n');
  await until('it follows', () => follower !== null);
  const event = { text: 'x'.repeat(64 * 1024) };
  const before = performance.now();
  for (let count = 0; count < 200; count += 1) (follower as ClientRequest | null)?.event(event);
  t.true(performance.now() - before < 2_000, 'the agent waits for nobody');
  t.is(await askAgent(directory, { command: 'status' }, 5_000), 'served');
  await until('it is disconnected', () => gone);
});

test('more clients than the limit are turned away, and the limit is free again when they go', async (t) => {
  const directory = await aServer(t, ({ reply }) => reply('served'));
  const clients = Array.from({ length: 40 }, () => rawClient(t, directory));
  await until(
    'eight are turned away',
    () => clients.filter(({ isClosed }) => isClosed()).length === 8,
  );
  for (const { socket } of clients) socket.destroy();
  await until('all are gone', () => clients.every(({ isClosed }) => isClosed()));
  t.is(await askAgent(directory, { command: 'status' }, 5_000), 'served');
});

test('events are followed until the agent goes', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'hotpair-control-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const server = await openControlServer(controlSocketPath(directory), (client) => {
    client.event({ number: 1 });
    client.event({ number: 2 });
  });
  const seen: unknown[] = [];
  for await (const event of followEvents(directory, 0)) {
    seen.push(event);
    if (seen.length === 2) server.close();
  }
  t.deepEqual(seen, [{ number: 1 }, { number: 2 }]);
});

test('no agent is AGENT_NOT_ANSWERING with exit status 3, an agent that never answers COMMAND_DEADLINE with 5', async (t) => {
  const directory = await aServer(t, () => undefined);
  await t.throwsAsync(askAgent(directory, { command: 'status' }, 50), { code: 'COMMAND_DEADLINE' });
  const error = await t.throwsAsync<HotpairError>(
    askAgent(join(directory, 'nowhere'), { command: 'status' }, 5_000),
  );
  t.is(error.code, 'AGENT_NOT_ANSWERING');
  t.is(error.exitCode, 3);
});
