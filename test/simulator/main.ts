// npm run simulate: runs seeds over all cores and prints what was simulated. Exit code 1 when an invariant was broken,
// 2 when the arguments are not understood.
import { runCommand } from '../usage.ts';
import { readArguments, usage } from './runArguments.ts';
import { runSeeds } from './runner.ts';
import { Totals, violationLine } from './totals.ts';

const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(): Promise<number> {
  const run = readArguments(process.argv.slice(2), Date.now() % 1_000_000_000);
  const totals = new Totals(run);
  await runSeeds(
    run,
    (result) => {
      totals.add(result);
      if (result.violation !== null) print(violationLine(run, result));
    },
    print,
  );
  // Of all threads of this process, so of all workers too.
  const { user, system } = process.cpuUsage();
  for (const line of totals.lines((user + system) / 60e6)) print(line);
  return totals.violations === 0 ? 0 : 1;
}

await runCommand(usage, main);
