// Runs seeds on several cores. What comes out is in the order of the seeds and the same whatever the number of workers.
import { Worker } from 'node:worker_threads';
import { makeWritable } from '../usage.ts';
import { loadCore } from './loadCore.ts';
import type { RunArguments } from './runArguments.ts';
import { Flights } from './flight.ts';
import { runChunk } from './seedResult.ts';
import type { Chunk, SeedResult } from './seedResult.ts';

/** Small enough that no worker is left alone with the last of them for long. */
const seedsInChunk = 8;

/** Calls `take` for every seed, in order. Throws UsageError for a mutant that nobody knows. */
export async function runSeeds(
  run: RunArguments,
  take: (result: SeedResult) => void,
  print: (line: string) => void,
): Promise<void> {
  const core = await loadCore(run.mutant);
  const chunks = chunksOf(run);
  const watch = run.trace ? { print } : {};
  if (run.flight !== null) {
    makeWritable('--flight', run.flight);
    const flights = new Flights();
    try {
      for (const chunk of chunks) runChunk(core, run, chunk, { ...watch, flights }).forEach(take);
    } finally {
      flights.writeTo(run.flight);
    }
    return;
  }
  if (run.trace || run.workers === 1 || chunks.length === 1) {
    for (const chunk of chunks) runChunk(core, run, chunk, watch).forEach(take);
    return;
  }
  await runWithWorkers(run, chunks, take);
}

function chunksOf({ firstSeed, seeds }: RunArguments): readonly Chunk[] {
  return Array.from({ length: Math.ceil(seeds / seedsInChunk) }, (_, index) => ({
    first: firstSeed + index * seedsInChunk,
    count: Math.min(seedsInChunk, seeds - index * seedsInChunk),
  }));
}

async function runWithWorkers(
  run: RunArguments,
  chunks: readonly Chunk[],
  take: (result: SeedResult) => void,
): Promise<void> {
  const { safetyMs, arbiter, mutant } = run;
  const workerData = { safetyMs, arbiter, mutant };
  const inOrder = new InOrder(take);
  let next = 0;
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL('worker.ts', import.meta.url), { workerData });
      let place = -1;
      const begin = (): void => {
        place = next;
        next += 1;
        const chunk = chunks[place];
        if (chunk === undefined) void worker.terminate();
        else worker.postMessage(chunk, []);
      };
      worker.on('message', (results: readonly SeedResult[]) => {
        inOrder.add(place, results);
        begin();
      });
      worker.on('error', reject);
      worker.on('exit', () => resolve());
      begin();
    });
  const count = Math.min(run.workers, chunks.length);
  await Promise.all(Array.from({ length: count }, work));
}

/** Holds back what comes before its turn. */
class InOrder {
  readonly #take: (result: SeedResult) => void;
  readonly #held = new Map<number, readonly SeedResult[]>();
  #turn = 0;

  constructor(take: (result: SeedResult) => void) {
    this.#take = take;
  }

  add(place: number, results: readonly SeedResult[]): void {
    this.#held.set(place, results);
    for (;;) {
      const ready = this.#held.get(this.#turn);
      if (ready === undefined) return;
      this.#held.delete(this.#turn);
      this.#turn += 1;
      for (const result of ready) this.#take(result);
    }
  }
}
