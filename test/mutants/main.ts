// npm run mutants: switches every rule off in turn and looks for the invariant that breaks. Exit code 1 when one survives
// its budget, 2 when the arguments are not understood.
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { runCommand, wholeNumber } from '../usage.ts';
import { huntLine, mutantNamed } from './hunt.ts';
import type { Finding, Hunt } from './hunt.ts';
import type { Mutant } from './mutant.ts';
import { rulesTable } from './rulesTable.ts';
import { mutants } from './table.ts';

const usage =
  'npm run mutants -- [--only NAME,NAME] [--budget SEEDS] [--seed S] [--workers N] [--rules]';
/** A rule that others imply is looked at for so long; nobody waits for what is not to come. */
const impliedSeeds = 60;
const print = (line: string): void => void process.stdout.write(`${line}\n`);

type Wanted = {
  readonly mutants: readonly Mutant[];
  readonly hunts: readonly Hunt[];
  readonly workers: number;
  /** The table of SPEC.md is wanted, and nothing else. */
  readonly rules: boolean;
};

function readArguments(): Wanted {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      budget: { type: 'string', default: '2000' },
      rules: { type: 'boolean', default: false },
      seed: { type: 'string', default: '1' },
      workers: { type: 'string', default: String(availableParallelism()) },
    },
  });
  const wanted = values.only === undefined ? mutants : values.only.split(',').map(mutantNamed);
  const seeds = wholeNumber('--budget', values.budget, 1, 10_000_000);
  const firstSeed = wholeNumber('--seed', values.seed, 0, 0xffff_ffff);
  const hunts = wanted.flatMap((mutant) =>
    mutant.arbiters.map((arbiter) => ({
      mutant: mutant.name,
      arbiter,
      firstSeed,
      seeds: mutant.implied === undefined ? seeds : Math.min(seeds, impliedSeeds),
    })),
  );
  const workers = Math.min(wholeNumber('--workers', values.workers, 1, 256), hunts.length);
  return { mutants: wanted, hunts, workers, rules: values.rules };
}

/** Each worker takes the next hunt when it has finished one. */
async function runAll(
  { hunts, workers }: Wanted,
  found: (finding: Finding) => void,
): Promise<readonly Finding[]> {
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
        found(finding);
        next();
      });
      worker.on('error', reject);
      worker.on('exit', () => resolve());
      next();
    });
  await Promise.all(Array.from({ length: workers }, work));
  return findings;
}

async function main(): Promise<number> {
  const wanted = readArguments();
  const { hunts } = wanted;
  if (wanted.rules) {
    for (const line of rulesTable()) print(line);
    return 0;
  }
  const implied = new Set(
    wanted.mutants.filter((mutant) => mutant.implied !== undefined).map(({ name }) => name),
  );
  const isImplied = ({ hunt }: Finding): boolean => implied.has(hunt.mutant);
  const findings = await runAll(wanted, (finding) =>
    print(`${huntLine(finding)}${isImplied(finding) ? ' (implied by other rules)' : ''}`),
  );
  const broken = findings.filter(({ ofTheCore }) => ofTheCore !== null).length;
  const caught = findings.filter(({ seed }) => seed !== null).length - broken;
  const survivors = findings.filter((one) => one.seed === null && !isImplied(one));
  const names = survivors.map(({ hunt }) => hunt.mutant).join(', ');
  print(
    `${caught} of ${hunts.length} caught, ${implied.size} implied, ${survivors.length} survived${names === '' ? '' : `: ${names}`}`,
  );
  return survivors.length === 0 && broken === 0 && findings.length === hunts.length ? 0 : 1;
}

await runCommand(usage, main);
