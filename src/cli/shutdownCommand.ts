// `hotpair shutdown`: takes the box out of service before it is switched off; for the init script and for people.
import { setTimeout as delay } from 'node:timers/promises';
import { agentRuns } from '../daemon/agentLock.ts';
import { askAgent } from '../daemon/control/controlClient.ts';
import type { Verdict } from '../daemon/commands.ts';
import { readGround } from '../daemon/ground.ts';
import { guardianDescription, stopAllMs } from '../daemon/guardianDescription.ts';
import { HotpairError } from '../protocol/hotpairError.ts';
import { configOption, parseCommandLine, refuseExtra } from './commandLine.ts';
import { exitCodes } from './exitCodes.ts';

const usage = 'hotpair shutdown [--config FILE]';
const handoverMs = 150_000;
const pollMs = 50;

export const help = `${usage}

For switching the box off: a primary in step hands over first, then the services are stopped in order (30 s at most), the
service addresses are taken off, PostgreSQL is stopped cleanly and the agent ends. Returns when that is done. The init system must not start the agent again.
`;

export async function run(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommandLine(usage, argv, configOption);
  refuseExtra(usage, positionals);
  const { config } = readGround(values.config);
  const { runDirectory } = config.state;
  const handover = (await askAgent(runDirectory, { command: 'shutdown' }, handoverMs)) as Verdict;
  process.stdout.write(handover.ok ? `${handover.text}\n` : `not handed over: ${handover.text}\n`);
  const servicesMs = stopAllMs(guardianDescription(config));
  const until = Date.now() + servicesMs + config.database.shutdownDeadlineMs + 5_000;
  while (agentRuns(runDirectory)) {
    if (Date.now() > until) {
      throw new HotpairError('SHUTDOWN_DEADLINE', 'the agent has not ended in time', {
        exitCode: exitCodes.deadline,
      });
    }
    await delay(pollMs);
  }
  process.stdout.write(
    'the agent has ended, services and PostgreSQL are stopped, the service addresses are off\n',
  );
  return exitCodes.ok;
}
