// `hotpair shutdown`: takes the box out of service before it is switched off; for the init script and for people.
import { readGround } from '../daemon/ground.ts';
import { orderShutdown, untilAgentEnded } from './agentEnd.ts';
import { configOption, parseCommandLine, refuseExtra } from './commandLine.ts';
import { exitCodes } from './exitCodes.ts';

const usage = 'hotpair shutdown [--config FILE]';

export const help = `${usage}

For switching the box off: a primary in step hands over first, a standby lets the primary go on alone, then the services are stopped in order (30 s at most), the
service addresses are taken off, PostgreSQL is stopped cleanly and the agent ends. Returns when that is done. The init system must not start the agent again.
`;

export async function run(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommandLine(usage, argv, configOption);
  refuseExtra(usage, positionals);
  const { config } = readGround(values.config);
  const handover = await orderShutdown(config);
  process.stdout.write(handover.ok ? `${handover.text}\n` : `not in order: ${handover.text}\n`);
  await untilAgentEnded(config);
  process.stdout.write(
    'the agent has ended, services and PostgreSQL are stopped, the service addresses are off\n',
  );
  return exitCodes.ok;
}
