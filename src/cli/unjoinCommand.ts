// `hotpair unjoin`: this box leaves its pair for good. The other one goes on alone, and another box can be joined to it.
import { readGround } from '../daemon/ground.ts';
import { databasePaths, removeDatabase, removePairFiles } from '../daemon/boxRemains.ts';
import { endAgentAndLock } from './agentEnd.ts';
import { assertMayLeave, lookAtLeaver, lookWithoutAgent } from './boxLeaving.ts';
import { assertRoot } from './boxSetup.ts';
import { configOption, parseCommandLine, refuseExtra } from './commandLine.ts';
import { exitCodes } from './exitCodes.ts';

const usage = 'hotpair unjoin [--delete-data] [--accept-loss] [--config FILE]';

export const help = `${usage}

Takes this box out of its pair for good: services, PostgreSQL and agent are stopped, then the record, the node's identity and
the pair's key are removed. The other box goes on alone. Refused on a box that serves, and on one that served last by its
record. The database stays: hotpair join takes it up again; hotpair init refuses it, because it is a copy.
  --delete-data  removes the database too
  --accept-loss  although this box may be the only one with the newest rows
A call that was cut short can be repeated.
`;

export async function run(argv: readonly string[]): Promise<number> {
  const options = {
    ...configOption,
    'delete-data': { type: 'boolean', default: false },
    'accept-loss': { type: 'boolean', default: false },
  } as const;
  const { values, positionals } = parseCommandLine(usage, argv, options);
  refuseExtra(usage, positionals);
  assertRoot();
  const { config } = readGround(values.config);
  assertMayLeave(await lookAtLeaver(config), values['accept-loss']);
  const lock = await endAgentAndLock(config);
  try {
    // While the agent ended, the other box may have handed this one the service.
    assertMayLeave(await lookWithoutAgent(config), values['accept-loss']);
    const removed = removePairFiles(config);
    const data = values['delete-data'] ? removeDatabase(config) : [];
    for (const path of [...removed, ...data]) process.stdout.write(`removed ${path}\n`);
  } finally {
    lock.release();
  }
  const kept = databasePaths(config.database.dataDirectory);
  if (kept.length > 0) process.stdout.write(`kept ${kept.join(', ')}\n`);
  process.stdout.write(
    `${config.node.name} belongs to no pair. The other box goes on alone until another one is joined to it.\n`,
  );
  return exitCodes.ok;
}
