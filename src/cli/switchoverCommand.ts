// `hotpair switchover`: exchanges the roles in order, without losing anything.
import { askAgent } from '../daemon/control/controlClient.ts';
import type { Verdict } from '../daemon/commands.ts';
import { readGround } from '../daemon/ground.ts';
import { isHotpairError } from '../protocol/hotpairError.ts';
import { configOption, parseCommandLine, refuseExtra } from './commandLine.ts';
import { exitCodes } from './exitCodes.ts';
import { tellVerdict } from './orderText.ts';

const usage = 'hotpair switchover [--wait] [--config FILE]';

/** A refusal comes at once; what takes longer has begun. */
const refusalMs = 500;
const waitMs = 150_000;

export const help = `${usage}

Exchanges the roles of the two boxes; may be called on either. Needs a pair in step.
  --wait  until it is done, or until it failed and the old primary went on
`;

export async function run(argv: readonly string[]): Promise<number> {
  const options = { ...configOption, wait: { type: 'boolean' } } as const;
  const { values, positionals } = parseCommandLine(usage, argv, options);
  refuseExtra(usage, positionals);
  const { config } = readGround(values.config);
  const wait = values.wait === true;
  try {
    const deadlineMs = wait ? waitMs : refusalMs;
    const result = await askAgent(config.state.runDirectory, { command: 'switchover' }, deadlineMs);
    return tellVerdict(result as Verdict);
  } catch (error) {
    if (wait || !isHotpairError(error, 'COMMAND_DEADLINE')) throw error;
    process.stdout.write('the switchover is under way; hotpair status tells how it goes\n');
    return exitCodes.ok;
  }
}
