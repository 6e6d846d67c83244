// `hotpair fsm`: the state machine as it is in this binary.
import { printTable } from '../core/diagram.ts';
import { parseCommandLine, refuseExtra } from './commandLine.ts';
import { exitCodes } from './exitCodes.ts';

const usage = 'hotpair fsm';

export const help = `${usage}

Prints the table of the state machine: one line a state and event with its handler. Cells that do nothing are left out.
`;

export function run(argv: readonly string[]): Promise<number> {
  const { positionals } = parseCommandLine(usage, argv, {});
  refuseExtra(usage, positionals);
  process.stdout.write(`${printTable()}\n`);
  return Promise.resolve(exitCodes.ok);
}
