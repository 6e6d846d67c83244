// The pair's keys of a running agent: the file, the paths and the database that go by them.
import { replicationPassword } from '../config/secrets.ts';
import type { State } from '../core/state.ts';
import type { Database } from '../io/database/database.ts';
import { replaceKeyFile } from '../io/key/keyFile.ts';
import { isHotpairError } from '../protocol/hotpairError.ts';
import type { PairGround } from './ground.ts';
import type { HeartbeatPaths } from './heartbeatPaths.ts';
import type { GuardianKeeper } from './guardianKeeper.ts';
import { KeyExchange } from './keyExchange.ts';
import type { Log } from './log.ts';
import type { StepLoop } from './stepLoop.ts';
import { syncSecrets } from './syncDescription.ts';

/** What is there only once the box is put together. */
export type LateParts = {
  readonly paths: Pick<HeartbeatPaths, 'sendBytes'>;
  readonly loop: Pick<StepLoop, 'state'>;
  readonly guardian: Pick<GuardianKeeper, 'useSecrets'>;
};

const databaseDeadlineMs = 2_000;

export function openKeys(
  ground: PairGround,
  log: Log,
  database: Pick<Database, 'useReplicationPassword'>,
  late: () => LateParts,
): KeyExchange {
  let toldCode: string | null = null;
  return new KeyExchange({
    keys: ground.keys,
    self: ground.identity.nodeId,
    log,
    changed: (keys) => late().guardian.useSecrets(syncSecrets(keys)),
    send: (datagram) => late().paths.sendBytes(datagram),
    write: async (text) => replaceKeyFile(ground.config.pair.keyFile, text),
    async settle(key) {
      try {
        const role = roleOf(late().loop.state());
        const due = { deadlineMs: databaseDeadlineMs };
        const isSettled = await database.useReplicationPassword(
          replicationPassword(key),
          role,
          due,
        );
        toldCode = null;
        return isSettled;
      } catch (error) {
        if (!isHotpairError(error)) throw error;
        if (toldCode !== error.code)
          log.line('warning', 'replicationPassword', { code: error.code, text: error.message });
        toldCode = error.code;
        return false;
      }
    },
  });
}

function roleOf({ database }: State): 'primary' | 'standby' | null {
  if (!database.running || !database.answering || database.inRecovery === null) return null;
  return database.inRecovery ? 'standby' : 'primary';
}
