// The captured output of one service: NAME.log, and NAME.log.1 with what was before it was emptied. The service may write while
// it is read, and the guardian may copy and empty it.
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { HotpairError } from '../protocol/hotpairError.ts';
import { exitCodes } from './exitCodes.ts';

const chunkBytes = 64 * 1024;
const pollMs = 200;
const lineEnd = 0x0a;

export class CapturedOutput {
  readonly #path: string;
  /** Up to where the file was read. */
  #offset = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** The newest lines, the end of the older file included; null where there is no file. Throws NOT_PERMITTED. */
  async newest(lines: number): Promise<Uint8Array | null> {
    const current = await tailOf(this.#path, lines);
    if (current !== null) this.#offset = current.size;
    const isEnough = current !== null && current.lines >= lines;
    const older = isEnough ? null : await tailOf(`${this.#path}.1`, lines - (current?.lines ?? 0));
    if (current === null && older === null) return null;
    return Buffer.concat([older?.bytes ?? empty, current?.bytes ?? empty]);
  }

  /** What is written from then on. Ends when it is told to. */
  async *follow(ended: AbortSignal): AsyncGenerator<Uint8Array> {
    while (!ended.aborted) {
      const piece = await this.#next();
      if (piece.length > 0) yield piece;
      else await delay(pollMs, undefined, { signal: ended }).catch(() => undefined);
    }
  }

  async #next(): Promise<Uint8Array> {
    const file = await openedOrNull(this.#path);
    if (file === null) return empty;
    try {
      const { size } = await file.stat();
      // It was copied and emptied: what is in it is new.
      if (size < this.#offset) this.#offset = 0;
      const piece = await pieceAt(file, this.#offset, Math.min(size, this.#offset + chunkBytes));
      this.#offset += piece.length;
      return piece;
    } finally {
      await file.close();
    }
  }
}

const empty = new Uint8Array();

type Tail = { readonly bytes: Uint8Array; readonly lines: number; readonly size: number };

/** The last lines of a file, read from its end; null where it is not there. */
async function tailOf(path: string, lines: number): Promise<Tail | null> {
  const file = await openedOrNull(path);
  if (file === null) return null;
  try {
    const { size } = await file.stat();
    const pieces: Uint8Array[] = [];
    let begin = size;
    let ends = 0;
    // One more line end than lines: the one before the first of them. A last line without an end counts as one.
    while (begin > 0 && ends <= lines) {
      const from = Math.max(0, begin - chunkBytes);
      const piece = await pieceAt(file, from, begin);
      pieces.unshift(piece);
      ends += piece.reduce((sum, byte) => sum + (byte === lineEnd ? 1 : 0), 0);
      begin = from;
    }
    const bytes = lastLines(Buffer.concat(pieces), lines);
    return { ...bytes, size };
  } finally {
    await file.close();
  }
}

function lastLines(bytes: Uint8Array, lines: number): Omit<Tail, 'size'> {
  let begin = bytes.length;
  let count = 0;
  while (begin > 0 && count < lines) {
    const isEnd = bytes[begin - 1] === lineEnd;
    const before = bytes.lastIndexOf(lineEnd, begin - (isEnd ? 2 : 1));
    begin = begin - (isEnd ? 2 : 1) < 0 ? 0 : before + 1;
    count += 1;
  }
  return { bytes: bytes.subarray(begin), lines: count };
}

async function pieceAt(file: FileHandle, from: number, to: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(to - from);
  const { bytesRead } = await file.read(buffer, 0, buffer.length, from);
  return buffer.subarray(0, bytesRead);
}

async function openedOrNull(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    if (code === 'ENOENT') return null;
    if (code === 'EACCES') {
      throw new HotpairError('NOT_PERMITTED', 'only root may read the output of services', {
        seen: path,
        exitCode: exitCodes.refusedInput,
      });
    }
    throw new HotpairError('SERVICE_LOG_READ', `the output cannot be read: ${code}`, {
      seen: path,
    });
  }
}
