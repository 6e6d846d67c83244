// `hotpair companion`: the process that holds panel and lights. The guardian starts it; it is no command for people.
import { runCompanion } from '../companion/runCompanion.ts';
import { parseCommandLine, refuseExtra } from './commandLine.ts';

const usage = 'hotpair companion';

export const help = `${usage}

Shows what the agent tells on the front panel and by the lights of the case. The guardian runs it as a service where one of both is
configured; it is told everything by its environment and ends with SIGTERM. hotpair logs companion has what it said.
`;

export async function run(argv: readonly string[]): Promise<number> {
  const { positionals } = parseCommandLine(usage, argv, {});
  refuseExtra(usage, positionals);
  return runCompanion();
}
