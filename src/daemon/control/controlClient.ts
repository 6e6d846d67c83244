// The other side of the control socket, for the command line and for whatever runs beside the agent.
import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { HotpairError } from '../../protocol/hotpairError.ts';
import type { ControlReply, ControlRequest } from './messages.ts';

/** Exit status of a command that needs the agent and gets no answer. */
const notAnswering = 3;
const refusedInput = 2;
const deadlineExit = 5;

/** The control socket of the agent with this run directory. */
export function controlSocketPath(runDirectory: string): string {
  return join(runDirectory, 'control.sock');
}

/**
 * Sends one request and returns its result. Throws HotpairError AGENT_NOT_ANSWERING (no agent), NOT_PERMITTED (none that
 * may be talked to), COMMAND_DEADLINE, or what the agent refused with.
 */
export async function askAgent(
  runDirectory: string,
  request: ControlRequest,
  deadlineMs: number,
): Promise<unknown> {
  const socket = await connect(runDirectory);
  const timer = setTimeout(() => socket.destroy(lateError(deadlineMs)), deadlineMs);
  try {
    socket.write(`${JSON.stringify({ id: 1, ...request })}\n`);
    for await (const reply of replies(socket)) {
      if (!('event' in reply)) return resultOf(reply);
    }
    throw goneError(runDirectory);
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

/** The events of the agent as they happen, after the newest `limit` of its history; ends when the agent goes. */
export async function* followEvents(runDirectory: string, limit: number): AsyncGenerator {
  const socket = await connect(runDirectory);
  try {
    const request: ControlRequest = { command: 'events', limit, follow: true };
    socket.write(`${JSON.stringify({ id: 1, ...request })}\n`);
    for await (const reply of replies(socket)) {
      if ('event' in reply) yield reply.event;
      else resultOf(reply);
    }
  } finally {
    socket.destroy();
  }
}

function resultOf(reply: Exclude<ControlReply, { event: unknown }>): unknown {
  if (reply.ok) return reply.result;
  throw new HotpairError(reply.error.code, reply.error.message);
}

function connect(runDirectory: string): Promise<Socket> {
  const path = controlSocketPath(runDirectory);
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    socket.once('connect', () => resolve(socket));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      const seen = `${path}: ${error.code ?? error.message}`;
      reject(
        error.code === 'EACCES'
          ? new HotpairError('NOT_PERMITTED', 'only root may talk to the agent', {
              seen,
              exitCode: refusedInput,
            })
          : new HotpairError(
              'AGENT_NOT_ANSWERING',
              'the agent does not answer: it is not running',
              {
                seen,
                exitCode: notAnswering,
              },
            ),
      );
    });
  });
}

async function* replies(socket: Socket): AsyncGenerator<ControlReply> {
  socket.setEncoding('utf8');
  let pending = '';
  for await (const text of socket as AsyncIterable<string>) {
    const lines = `${pending}${text}`.split('\n');
    pending = lines.pop() ?? '';
    for (const line of lines) yield JSON.parse(line) as ControlReply;
  }
}

function lateError(deadlineMs: number): HotpairError {
  return new HotpairError('COMMAND_DEADLINE', `no answer within ${deadlineMs / 1000} s`, {
    exitCode: deadlineExit,
  });
}

function goneError(runDirectory: string): HotpairError {
  return new HotpairError('AGENT_NOT_ANSWERING', 'the agent ended before it answered', {
    seen: controlSocketPath(runDirectory),
    exitCode: notAnswering,
  });
}
