// `hotpair agent`: runs the agent in the foreground, for the init system.
import { runAgent } from '../daemon/agent.ts';
import { configOption, parseCommandLine, refuseExtra } from './commandLine.ts';

const usage = 'hotpair agent [--config FILE]';

export const help = `${usage}

Runs the agent until it is told to stop. The init system starts it again when it ends by itself.
SIGTERM ends the agent alone: PostgreSQL and the service addresses stay as they are, so that an update interrupts nothing.
SIGHUP reads the configuration again; what needs a restart of the agent is named in the log.
The log goes to stderr, one JSON object a line, times in UTC.
To switch a box off, call hotpair shutdown first.
`;

export async function run(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommandLine(usage, argv, configOption);
  refuseExtra(usage, positionals);
  return runAgent(values.config);
}
