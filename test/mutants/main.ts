// npm run mutants -- [--only NAME,NAME] [--budget SEEDS] [--seed S] [--workers N]
// Switches every rule off in turn and looks for the invariant that breaks. Exit code 1 when one survives its budget.
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { huntLine, mutantNamed } from './hunt.ts';
import type { Finding, Hunt } from './hunt.ts';
import { mutants } from './table.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    budget: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    workers: { type: 'string', default: String(availableParallelism()) },
  },
});
const print = (line: string): void => void process.stdout.write(`${line}\n`);

const wanted = values.only === undefined ? mutants : values.only.split(',').map(mutantNamed);
const hunts: readonly Hunt[] = wanted.flatMap((mutant) =>
  mutant.arbiters.map((arbiter) => ({
    mutant: mutant.name,
    arbiter,
    firstSeed: Number(values.seed),
    seeds: Number(values.budget),
  })),
);
const implied = new Set(wanted.filter((mutant) => mutant.implied !== undefined).map(nameOf));

function nameOf(mutant: { readonly name: string }): string {
  return mutant.name;
}

/** Each worker takes the next hunt when it has finished one. */
async function runAll(): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const waiting = [...hunts];
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL('worker.ts', import.meta.url));
      const next = (): void => {
        const hunt = waiting.shift();
        if (hunt === undefined) void worker.terminate();
        else worker.postMessage(hunt, []);
      };
      worker.on('message', (finding: Finding) => {
        findings.push(finding);
        print(lineOf(finding));
        next();
      });
      worker.on('error', reject);
      worker.on('exit', () => resolve());
      next();
    });
  const workers = Math.min(Number(values.workers), hunts.length);
  await Promise.all(Array.from({ length: workers }, work));
  return findings;
}

function lineOf(finding: Finding): string {
  const line = huntLine(finding);
  return implied.has(finding.hunt.mutant) ? `${line} (implied by other rules)` : line;
}

const findings = await runAll();
const survivors = findings.filter(({ seed, hunt }) => seed === null && !implied.has(hunt.mutant));
const caught = findings.filter(({ seed }) => seed !== null).length;
print(
  `${caught} of ${hunts.length} caught, ${implied.size} implied, ${survivors.length} survived${survivors.length === 0 ? '' : `: ${survivors.map(({ hunt }) => hunt.mutant).join(', ')}`}`,
);
process.exitCode = survivors.length === 0 && findings.length === hunts.length ? 0 : 1;
