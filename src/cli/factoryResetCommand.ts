// `hotpair factory-reset`: erases what this box holds of its pair, in two steps. The first one tells what would go and gives a code;
// the second one takes the code.
import type { Config } from '../config/config.ts';
import { etcdFileKeys } from '../config/etcdFiles.ts';
import {
  databasePaths,
  foreignState,
  removeDatabase,
  removeHistory,
  removeIfThere,
  removePairFiles,
  tablespaces,
} from '../daemon/boxRemains.ts';
import { readGround } from '../daemon/ground.ts';
import {
  forgetResetCode,
  giveResetCode,
  isResetCode,
  resetCodeLastsMs,
} from '../daemon/resetCode.ts';
import { HotpairError } from '../protocol/hotpairError.ts';
import { endAgentAndLock } from './agentEnd.ts';
import { assertMayLeave, lookAtLeaver, lookWithoutAgent } from './boxLeaving.ts';
import { assertRoot } from './boxSetup.ts';
import { configOption, parseCommandLine, refuseExtra } from './commandLine.ts';
import { exitCodes } from './exitCodes.ts';
import { roughly } from '../words/localTime.ts';

const usage =
  'hotpair factory-reset [--confirm CODE] [--keep-configuration] [--accept-loss] [--config FILE]';

export const help = `${usage}

Erases what this box holds of its pair: record, identity, key, database, history, logs, flight record, what was kept of
divergences and copied files, and the configuration. Files are removed, not overwritten: whoever gives the disk away destroys it.
Two steps: without --confirm it tells what would go and gives a code for ${roughly(resetCodeLastsMs)}; with the code it is done.
Refused on a box that serves, and on one that served last by its record.
  --confirm CODE        the code of the first step
  --keep-configuration  leaves the configuration file
  --accept-loss         although this box may be the only one with the newest rows
A call that was cut short can be repeated.
`;

export async function run(argv: readonly string[]): Promise<number> {
  const options = {
    ...configOption,
    confirm: { type: 'string' },
    'keep-configuration': { type: 'boolean', default: false },
    'accept-loss': { type: 'boolean', default: false },
  } as const;
  const { values, positionals } = parseCommandLine(usage, argv, options);
  refuseExtra(usage, positionals);
  assertRoot();
  const { config } = readGround(values.config);
  const wish: Wish = {
    config,
    configPath: values['keep-configuration'] ? null : values.config,
    lossAccepted: values['accept-loss'],
  };
  assertMayLeave(await lookAtLeaver(config), wish.lossAccepted);
  return values.confirm === undefined ? announce(wish) : erase(wish, values.confirm);
}

type Wish = {
  readonly config: Config;
  /** Null: it stays. */
  readonly configPath: string | null;
  readonly lossAccepted: boolean;
};

function announce({ config, configPath }: Wish): number {
  const { state, pair, database } = config;
  const going = [
    ...databasePaths(database.dataDirectory),
    `what hotpair has written in ${state.directory}`,
    pair.keyFile,
    ...(configPath === null ? [] : [configPath]),
  ];
  process.stdout.write(`${config.node.name} would lose, for good:\n`);
  for (const path of going) process.stdout.write(`  ${path}\n`);
  tellLeft(config);
  const code = giveResetCode(state.runDirectory);
  process.stdout.write(
    `Nothing was changed. To do it, within ${roughly(resetCodeLastsMs)}: the same call with --confirm ${code}\n`,
  );
  return exitCodes.ok;
}

async function erase({ config, configPath, lossAccepted }: Wish, code: string): Promise<number> {
  const { runDirectory } = config.state;
  if (!isResetCode(runDirectory, code)) {
    throw new HotpairError('RESET_CODE', 'this is not the code that the first step gave', {
      allowed: `the code of hotpair factory-reset on this box, for ${roughly(resetCodeLastsMs)}`,
      exitCode: exitCodes.refusedInput,
    });
  }
  const lock = await endAgentAndLock(config);
  try {
    // While the agent ended, the other box may have handed this one the service.
    assertMayLeave(await lookWithoutAgent(config), lossAccepted);
    // The record and the key go first, the configuration last: a call that is cut short can be repeated.
    const removed = [
      ...removePairFiles(config),
      ...removeDatabase(config),
      ...removeHistory(config),
    ];
    if (configPath !== null && removeIfThere(configPath)) removed.push(configPath);
    for (const path of removed) process.stdout.write(`removed ${path}\n`);
    forgetResetCode(runDirectory);
  } finally {
    lock.release();
  }
  tellLeft(config);
  process.stdout.write(`${config.node.name} is as before its set-up.\n`);
  return exitCodes.ok;
}

/** What hotpair did not make it does not remove: a person is told. */
function tellLeft(config: Config): void {
  const left = [...foreignState(config), ...tablespaces(config), ...namedSecrets(config)];
  for (const path of left) process.stdout.write(`  stays, remove it by hand: ${path}\n`);
}

function namedSecrets({ arbiter }: Config): readonly string[] {
  const etcd = etcdFileKeys.map((key) => arbiter.etcd[key]);
  const fence = arbiter.fence.devices.map(({ secretsFile }) => secretsFile);
  return [...etcd, ...fence].filter((path) => path !== undefined);
}
