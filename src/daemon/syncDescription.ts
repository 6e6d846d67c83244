// Files that are copied to the standby, as the guardian process is told of them: the sets, the service that hands them out, and the
// secrets. The pair's key itself stays with the agent.
import type { Config } from '../config/config.ts';
import type { PairKeys } from '../config/pairKeys.ts';
import { fingerprintOf } from '../config/pairKeys.ts';
import type { PairKey } from '../config/secrets.ts';
import { serverName } from '../config/syncRelations.ts';
import { findRsync } from '../io/sync/rsyncRun.ts';
import { serverCommand } from '../io/sync/syncServer.ts';
import type {
  ServiceDescription,
  SyncDescription,
  SyncSecret,
} from '../protocol/guardianMessages.ts';

/** Null where nothing is to be copied. */
export function syncDescription({ sync, heartbeat }: Config): SyncDescription | null {
  const sets = Object.entries(sync).map(([name, set]) => ({ name, ...set }));
  return sets.length === 0 ? null : { port: heartbeat.syncPort, sets };
}

/**
 * The daemon of rsync. Only a primary has it: a copy that goes on where nobody watches it any more, because its guardian was
 * killed, ends with the reign of the box that it copies from.
 */
export function syncServer(
  address: string,
  port: number,
  runDirectory: string,
): ServiceDescription {
  const rsync = findRsync() ?? '/usr/bin/rsync';
  const often = { intervalMs: 5_000, timeoutMs: 2_000, threshold: 3 };
  return {
    name: serverName,
    program: { type: 'process', command: serverCommand(rsync, runDirectory) },
    runs: 'primary',
    after: [],
    // A box that hands out no files serves its telephones all the same.
    required: false,
    user: null,
    group: null,
    directory: '/',
    environment: {},
    stopSignal: 'SIGTERM',
    memoryLimitBytes: null,
    openFiles: null,
    logBytes: 256 * 1024,
    startDeadlineMs: 10_000,
    stopDeadlineMs: 1_000,
    restart: {
      firstMs: 200,
      longestMs: 10_000,
      limit: 5,
      windowMs: 60_000,
      steadyMs: 60_000,
      quarantineMs: 60_000,
    },
    checks: [
      { ...often, type: 'process' },
      { ...often, type: 'tcp', address, port },
    ],
  };
}

/** While the key is exchanged each box accepts both secrets, and asks with that of the key that it sends with. */
export function syncSecrets({ sends, other }: PairKeys): readonly SyncSecret[] {
  return [sends, ...(other === null ? [] : [other.key])].map(syncSecret);
}

function syncSecret(key: PairKey): SyncSecret {
  return {
    name: `pair-${fingerprintOf(key)}`,
    secret: key.derive('hotpair sync 1').toString('hex'),
  };
}
