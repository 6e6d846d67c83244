// Readability of any descriptor in Node's own event loop: libuv's uv_poll through node:ffi, because
// node:net and node:dgram refuse netlink and packet sockets.

import { getCurrentEventLoop } from 'node:ffi';
import { monotonicMs } from './clock.ts';
import { kernelError, libc, processLibrary } from './libc.ts';

const POLL_HANDLE = 8; // UV_POLL of uv_handle_type
const READABLE = 1;

/** Turns of one descriptor that follow each other within `quickMs` are counted; after so many in a row it is a flood. */
const quickMs = 5;
const floodTurns = 32;
/** In a flood a turn costs more than what is read in it: it is put off for so long, and more is read at once. */
const restMs = 1;

export type Watch = { close(): void };

type Watched = {
  readonly handle: bigint;
  readonly onReadable: () => void;
  ready: boolean;
  /** libuv does not watch: an error was pending (a port went down, an overrun), or it rests in a flood. */
  stopped: boolean;
  servedAt: number;
  quickTurns: number;
  resting: NodeJS.Timeout | null;
};

const watched = new Map<bigint, Watched>();
let turnIsAsked = false;

// Both callbacks are made once and live as long as the process: a callback must not be released
// while libuv may still call it. They only take notes, because nothing may be thrown into libuv.
const pollCallback = processLibrary.registerCallback(
  { arguments: ['pointer', 'int32', 'int32'], return: 'void' },
  (handle, status) => noteReady(handle as bigint, status),
);
const closeCallback = processLibrary.registerCallback(
  { arguments: ['pointer'], return: 'void' },
  (handle) => libc.free(handle),
);

/**
 * Calls `onReadable` in every turn of the event loop in which `fd` has something to read or an
 * error to fetch; in a flood about once a millisecond. It must read until there is nothing more or a limit of its own is reached; what
 * is left brings it back in the next turn. It may throw like any handler. Keeps the process alive.
 * Close the watch before the descriptor. Throws HotpairError KERNEL_<errno>.
 */
export function watchReadable(fd: number, onReadable: () => void): Watch {
  const handle = libc.calloc(1n, libc.uv_handle_size(POLL_HANDLE));
  if (handle === 0n) throw kernelError('memory for a watch', 12);
  const refused = libc.uv_poll_init(getCurrentEventLoop(), handle, fd);
  if (refused !== 0) {
    libc.free(handle);
    throw kernelError('to watch a descriptor', -refused);
  }
  const entry: Watched = {
    handle,
    onReadable,
    ready: false,
    stopped: false,
    servedAt: -Infinity,
    quickTurns: 0,
    resting: null,
  };
  watched.set(handle, entry);
  start(entry);
  return { close: () => stop(entry) };
}

function start(entry: Watched): void {
  const refused = libc.uv_poll_start(entry.handle, READABLE, pollCallback);
  if (refused !== 0) throw kernelError('to watch a descriptor', -refused);
}

function stop(entry: Watched): void {
  if (entry.resting !== null) clearTimeout(entry.resting);
  if (watched.delete(entry.handle)) libc.uv_close(entry.handle, closeCallback);
}

// The work is done in an immediate: the same turn of the loop, but an ordinary call of Node's with
// its promises settled afterwards, which a call from libuv would not give.
function noteReady(handle: bigint, status: number): void {
  const entry = watched.get(handle);
  if (entry === undefined) return;
  entry.ready = true;
  entry.stopped ||= status < 0;
  askForTurn();
}

function askForTurn(): void {
  if (turnIsAsked) return;
  turnIsAsked = true;
  setImmediate(serveReady);
}

function serveReady(): void {
  turnIsAsked = false;
  const ready = [...watched.values()].filter((entry) => entry.ready);
  for (const entry of ready) entry.ready = false;
  for (const [index, entry] of ready.entries()) {
    if (!watched.has(entry.handle)) continue;
    try {
      if (entry.stopped) start(entry);
      entry.stopped = false;
      if (isFlooded(entry)) rest(entry);
      entry.onReadable();
    } catch (error) {
      // The handlers behind this one are not lost if somebody survives the error.
      for (const later of ready.slice(index + 1)) later.ready = true;
      askForTurn();
      throw error;
    }
  }
}

function isFlooded(entry: Watched): boolean {
  const now = monotonicMs();
  entry.quickTurns = now - entry.servedAt < quickMs ? entry.quickTurns + 1 : 0;
  entry.servedAt = now;
  return entry.quickTurns >= floodTurns;
}

/** Not watched meanwhile, but served again at the end whatever there is. */
function rest(entry: Watched): void {
  libc.uv_poll_stop(entry.handle);
  entry.stopped = true;
  entry.resting = setTimeout(() => {
    entry.resting = null;
    entry.ready = true;
    askForTurn();
  }, restMs);
}
