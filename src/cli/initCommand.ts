// `hotpair init`: the first box of a new pair, alone until the second one joins.
import { existsSync } from 'node:fs';
import { newPairKey, readPairKey, writePairKey } from '../config/secrets.ts';
import type { PairKey } from '../config/secrets.ts';
import { asInput, databaseOptionsOf, readGround } from '../daemon/ground.ts';
import { readControlFile } from '../io/database/controlFile.ts';
import { initCluster } from '../io/database/init.ts';
import {
  assertUnpaired,
  makeKeyDirectory,
  prepareBox,
  settleIdentity,
  writeFirstRecord,
} from './boxSetup.ts';
import { configOption, parseCommandLine, refuseExtra } from './commandLine.ts';
import { exitCodes } from './exitCodes.ts';
import { openProgressText } from './progressText.ts';

const usage = 'hotpair init [--config FILE]';

export const help = `${usage}

Makes this box the first of a new pair: the pair's key where there is none, the database (a new one, or the data directory
that is there already is adopted), and the record that says that this box is primary, solo.
A set-up that failed can be run again. Nothing is started: that is the agent's work.
`;

export async function run(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommandLine(usage, argv, configOption);
  refuseExtra(usage, positionals);
  const ground = readGround(values.config);
  const { config } = ground;
  await assertUnpaired(ground);
  const progress = openProgressText(process.stdout);
  const heard = { onExit: () => undefined, onProgress: progress.show };
  const found = keyOnBox(config.pair.keyFile);
  const key = found ?? newPairKey();
  const options = databaseOptionsOf(config, key, heard);
  await prepareBox(ground, options, 'first');
  if (found === null) writeKey(config.pair.keyFile, key);
  const cluster = await initCluster(options, progress.show);
  progress.end();
  const { nodeId } = settleIdentity(ground, key.pairId);
  await writeFirstRecord(ground, {
    pairId: key.pairId,
    node: nodeId,
    epoch: 1,
    holder: nodeId,
    partner: null,
    mode: 'solo',
    handed: 'none',
    arbiter: config.arbiter.type,
    pairedHolder: null,
    databaseSystemId: cluster.systemId,
    timeline: cluster.timeline,
    lsn: readControlFile(config.database.dataDirectory)?.checkpoint ?? 0n,
    job: 'none',
  });
  const data = cluster.adopted ? 'adopted' : 'made';
  process.stdout
    .write(`${config.node.name} is the first box of pair ${key.pairId}; its database was ${data}.
Start the agent here (hotpair agent, by the init system). Copy ${config.pair.keyFile} to the same place on the other box,
readable by root only, and call hotpair join there.
`);
  return exitCodes.ok;
}

function keyOnBox(path: string): PairKey | null {
  return existsSync(path) ? asInput(() => readPairKey(path)) : null;
}

function writeKey(path: string, key: PairKey): void {
  makeKeyDirectory(path);
  asInput(() => writePairKey(path, key));
  process.stdout.write(`made the pair key ${path}\n`);
}
