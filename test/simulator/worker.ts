// One worker of a run: takes chunks of seeds, hands back what each came to.
import { parentPort, workerData } from 'node:worker_threads';
import { loadCore } from './loadCore.ts';
import type { RunOptions } from './runArguments.ts';
import { runChunk } from './seedResult.ts';
import type { Chunk } from './seedResult.ts';

const options = workerData as RunOptions;
const port = parentPort;
if (port === null) throw new Error('this file runs as a worker thread only');

const core = await loadCore(options.mutant);
port.on('message', (chunk: Chunk) => {
  port.postMessage(runChunk(core, options, chunk));
});
