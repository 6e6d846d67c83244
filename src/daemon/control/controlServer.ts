// The agent's side of the control socket. A client can be slow, silent, talkative or gone: everything kept for it is
// bounded, and nothing ever waits for it.
import { chmodSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { HotpairError } from '../../protocol/hotpairError.ts';
import { maximumLineBytes, parseRequest } from './messages.ts';
import type { ControlReply, ControlRequest } from './messages.ts';

const maximumClients = 32;

/** What may wait to be read by one client; whoever is further behind is disconnected. */
const maximumWaitingBytes = 1024 * 1024;

export type ClientRequest = {
  readonly request: ControlRequest;
  /** The one answer. */
  readonly reply: (result: unknown) => void;
  readonly refuse: (error: HotpairError) => void;
  /** One more event of a client that follows. */
  readonly event: (event: unknown) => void;
  /** Calls `done` when the client is gone. */
  readonly onGone: (done: () => void) => void;
};

export type ControlServer = { close(): void };

/**
 * Listens on the Unix socket `path` with mode 0600; a socket file that a dead agent left is replaced, so the caller must
 * hold the agent's lock. Throws HotpairError CONTROL_SOCKET.
 */
export async function openControlServer(
  path: string,
  serve: (client: ClientRequest) => void,
): Promise<ControlServer> {
  const clients = new Set<Socket>();
  const server = createServer((socket) => {
    if (clients.size >= maximumClients) {
      socket.destroy();
      return;
    }
    clients.add(socket);
    socket.on('close', () => clients.delete(socket));
    converse(socket, serve);
  });
  rmSync(path, { force: true });
  await listen(server, path);
  chmodSync(path, 0o600);
  return {
    close() {
      server.close();
      for (const socket of clients) socket.destroy();
      rmSync(path, { force: true });
    },
  };
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const message = `the control socket cannot be opened: ${error.code ?? error.message}`;
      reject(new HotpairError('CONTROL_SOCKET', message, { seen: path }));
    });
    server.listen(path, resolve);
  });
}

function converse(socket: Socket, serve: (client: ClientRequest) => void): void {
  let pending = '';
  socket.setEncoding('utf8');
  // A client that goes away in the middle of a line is an everyday thing.
  socket.on('error', () => socket.destroy());
  socket.on('data', (text: string) => {
    pending += text;
    for (let end = pending.indexOf('\n'); end >= 0; end = pending.indexOf('\n')) {
      const line = pending.slice(0, end);
      pending = pending.slice(end + 1);
      if (line.trim() !== '') handle(socket, line, serve);
    }
    if (pending.length > maximumLineBytes) socket.destroy();
  });
}

function handle(socket: Socket, line: string, serve: (client: ClientRequest) => void): void {
  const parsed = parseRequest(line);
  const { id } = parsed;
  if (!parsed.ok) {
    send(socket, { id, ok: false, error: { code: 'CONTROL_REQUEST', message: parsed.message } });
    return;
  }
  serve({
    request: parsed.request,
    reply: (result) => send(socket, { id, ok: true, result }),
    refuse: ({ code, message }) => send(socket, { id, ok: false, error: { code, message } }),
    event: (event) => send(socket, { id, ok: true, event }),
    onGone: (done) => {
      if (socket.destroyed) done();
      else socket.once('close', done);
    },
  });
}

function send(socket: Socket, reply: ControlReply): void {
  if (socket.destroyed) return;
  if (socket.writableLength > maximumWaitingBytes) {
    socket.destroy();
    return;
  }
  socket.write(`${JSON.stringify(reply)}\n`);
}
