// `hotpair join`: the second box of a pair. It copies the primary's database over the heartbeat port and from then on
// follows; its node is always a new one, so that no older record speaks for it.
import { formatInterfaceAddress } from '../config/address.ts';
import { readPairKey } from '../config/secrets.ts';
import { asInput, asInputLater, databaseOptionsOf, readGround } from '../daemon/ground.ts';
import { readControlFile } from '../io/database/controlFile.ts';
import type { DatabaseOptions } from '../io/database/databaseOptions.ts';
import {
  assertPeerFits,
  assertSetUpPossible,
  cloneFromPeer,
  isFollower,
} from '../io/database/init.ts';
import { ensureHeartbeatAddress } from '../io/link/portAddresses.ts';
import { assertUnpaired, prepareBox, settleIdentity, writeFirstRecord } from './boxSetup.ts';
import { configOption, parseCommandLine, refuseExtra } from './commandLine.ts';
import { exitCodes } from './exitCodes.ts';
import { openProgressText } from './progressText.ts';
import type { ProgressText } from './progressText.ts';

const usage = 'hotpair join [--config FILE]';

export const help = `${usage}

Makes this box the second of the pair: copies the database of the running primary over the heartbeat port and writes the
record that lets this box follow. Needs the pair key of the first box and its agent running as primary.
A set-up that failed can be run again. Nothing is started: that is the agent's work.
`;

export async function run(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommandLine(usage, argv, configOption);
  refuseExtra(usage, positionals);
  const ground = readGround(values.config);
  const { config } = ground;
  await assertUnpaired(ground);
  const key = asInput(() => readPairKey(config.pair.keyFile));
  const progress = openProgressText(process.stdout);
  const heard = { onExit: () => undefined, onProgress: progress.show };
  const options = databaseOptionsOf(config, key, heard);
  await asInputLater(async () => assertSetUpPossible(options, 'second', config.state.directory));
  const { port, address } = config.heartbeat;
  asInput(() => ensureHeartbeatAddress(port, formatInterfaceAddress(address)));
  progress.show({
    job: 'join',
    text: `asking the primary at ${options.peerAddress}`,
    fraction: null,
  });
  await asInputLater(async () => assertPeerFits(options));
  await prepareBox(ground, options, 'second');
  const systemId = await settleClone(options, progress);
  progress.end();
  const { nodeId } = settleIdentity(ground, key.pairId);
  await writeFirstRecord(ground, {
    pairId: key.pairId,
    node: nodeId,
    // Below every epoch of the pair: the real one is taken note of when the primary is heard.
    epoch: 0,
    holder: nodeId,
    partner: null,
    mode: 'catchup',
    handed: 'none',
    arbiter: config.arbiter.type,
    pairedHolder: null,
    databaseSystemId: systemId,
    timeline: 0,
    lsn: 0n,
    job: 'none',
  });
  process.stdout.write(
    `${config.node.name} is the second box of pair ${key.pairId}. Start the agent here (hotpair agent, by the init system).\n`,
  );
  return exitCodes.ok;
}

/** A whole clone that an earlier, failed join left is used again; it follows like any other standby's directory. */
async function settleClone(options: DatabaseOptions, progress: ProgressText): Promise<string> {
  const left = isFollower(options.dataDirectory) ? readControlFile(options.dataDirectory) : null;
  if (left !== null) return left.systemId;
  return (await cloneFromPeer(options, progress.show)).systemId;
}
