// `hotpair guardian`: the process that runs the services. The agent starts it and speaks to it; it is no command for people.
import { runGuardian } from '../daemon/guardian/runGuardian.ts';
import { parseCommandLine, refuseExtra } from './commandLine.ts';

const usage = 'hotpair guardian';

export const help = `${usage}

Starts and watches the services of the configuration. The agent calls it, where services or hooks are configured, and speaks to
it over stdin and stdout; it ends when the agent does and leaves every service running.
`;

export async function run(argv: readonly string[]): Promise<number> {
  const { positionals } = parseCommandLine(usage, argv, {});
  refuseExtra(usage, positionals);
  return runGuardian();
}
