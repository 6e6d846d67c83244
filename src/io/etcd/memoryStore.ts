// Keeps what this box remembers of the ledger over restarts of the agent: one small file in the state directory, replaced as
// a whole. It is written in the background, because a disk that hangs must keep no claim waiting.
import { constants, promises as fs, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mostEnded } from './ledgerMemory.ts';
import type { Memory } from './ledgerMemory.ts';

export type MemoryStore = {
  /** What was kept for this pair; null where nothing usable is there: then the ledger is believed as by a new box. */
  readonly kept: Memory | null;
  /** Writes at once where cluster, life or epoch have changed, otherwise once a minute. */
  note(memory: Memory): void;
  /** What the disk refused at the last try. */
  problem(): string | null;
};

const fileName = 'ledger.json';
const version = 1;
const longestFile = 64 * 1024;
/** A revision that is a minute old still tells a copy of yesterday, and a flash memory is not worn out. */
const saveMs = 60_000;

/** `now` is a monotonic clock in milliseconds. */
export function openMemoryStore(directory: string, pairId: string, now: () => number): MemoryStore {
  const kept = readKept(join(directory, fileName), pairId);
  let saved = kept;
  let savedAt = now();
  let wanted: Memory | null = null;
  let writing = false;
  let problem: string | null = null;

  async function write(): Promise<void> {
    if (writing) return;
    writing = true;
    while (wanted !== null) {
      const memory: Memory = wanted;
      wanted = null;
      savedAt = now();
      problem = await replaceFile(directory, encode(pairId, memory));
      if (problem === null) saved = memory;
    }
    writing = false;
  }

  return {
    kept,
    note(memory) {
      if (!isNews(saved, memory) && now() - savedAt < saveMs) return;
      wanted = memory;
      void write();
    },
    problem: () => problem,
  };
}

function isNews(saved: Memory | null, { cluster, life, epoch, ended }: Memory): boolean {
  const same = saved?.cluster === cluster && saved.life === life && saved.epoch === epoch;
  return !same || saved.ended.at(-1) !== ended.at(-1);
}

function encode(pair: string, memory: Memory): string {
  const { revision, modified } = memory;
  const numbers = { revision: revision.toString(), modified: modified.toString() };
  return `${JSON.stringify({ version, pair, ...memory, ...numbers })}\n`;
}

function readKept(path: string, pairId: string): Memory | null {
  try {
    const value: unknown = JSON.parse(readFileSync(path).subarray(0, longestFile).toString());
    return typeof value === 'object' && value !== null ? decode({ ...value }, pairId) : null;
  } catch {
    // Missing at the first start; torn it cannot be but by hand.
    return null;
  }
}

function decode(fields: Readonly<Record<string, unknown>>, pairId: string): Memory | null {
  const { cluster, life, epoch, elsewhere } = fields;
  const [endpoints, ended] = [texts(fields['endpoints']), texts(fields['ended'])];
  const [revision, modified] = [counted(fields['revision']), counted(fields['modified'])];
  if (fields['version'] !== version || fields['pair'] !== pairId) return null;
  if (typeof cluster !== 'string' || (life !== null && typeof life !== 'string')) return null;
  if (!isEpoch(epoch) || !isEpoch(elsewhere) || revision === null || modified === null) return null;
  if (endpoints === null || ended === null) return null;
  return { cluster, endpoints, revision, life, modified, epoch, elsewhere, ended };
}

function texts(value: unknown): readonly string[] | null {
  if (!Array.isArray(value) || value.length > mostEnded) return null;
  return value.every((each) => typeof each === 'string') ? value : null;
}

function isEpoch(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function counted(value: unknown): bigint | null {
  return typeof value === 'string' && /^[0-9]{1,19}$/.test(value) ? BigInt(value) : null;
}

/** Null, or what the disk refused. */
async function replaceFile(directory: string, text: string): Promise<string | null> {
  const path = join(directory, fileName);
  try {
    await fs.writeFile(`${path}.new`, text, { mode: 0o600, flush: true });
    await fs.rename(`${path}.new`, path);
    await syncDirectory(directory);
    return null;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await fs.open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
