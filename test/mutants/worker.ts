// One worker of npm run mutants: hunts one mutant after another.
import { parentPort } from 'node:worker_threads';
import { hunt } from './hunt.ts';
import type { Hunt } from './hunt.ts';

const port = parentPort;
if (port === null) throw new Error('this file runs as a worker thread only');

port.on('message', (wanted: Hunt) => {
  void hunt(wanted).then((finding) => port.postMessage(finding));
});
