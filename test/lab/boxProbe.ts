// One look at one box from outside: is it powered, does its network namespace hold the service
// address, what does its PostgreSQL say.

import { readFileSync } from 'node:fs';
import { addresses, type BoxName } from './layout.ts';
import { boxPid, databaseSession, type DatabaseSession } from './databaseSession.ts';
import { darkBox, type BoxSight, type DatabaseSight } from './sight.ts';

const question = `select pg_is_in_recovery() as recovery,
  current_setting('synchronous_standby_names') as names,
  coalesce(bool_or(state = 'streaming'), false) as streaming,
  coalesce(bool_or(state = 'streaming' and sync_state in ('sync', 'quorum')), false) as sync
from pg_stat_replication where application_name <> 'pg_basebackup'`;

type Answer = {
  readonly recovery: boolean;
  readonly names: string;
  readonly streaming: boolean;
  readonly sync: boolean;
};

export type BoxProbe = { readonly look: () => Promise<BoxSight> };

/** A probe keeps its connection. While an answer is out, the last one stands. */
export function boxProbe(box: BoxName): BoxProbe {
  let session: DatabaseSession | undefined;
  let database: DatabaseSight | null = null;
  let asking = false;

  const ask = async (): Promise<void> => {
    asking = true;
    try {
      session ??= await databaseSession(box, 'postgres');
      const [row] = (await session.query('look', question)) as readonly Answer[];
      if (row === undefined) return;
      database = {
        inRecovery: row.recovery,
        waitsFor: row.names,
        standbyStreaming: row.streaming,
        standbySynchronous: row.sync,
      };
    } catch {
      session?.destroy();
      session = undefined;
      database = null;
    } finally {
      asking = false;
    }
  };
  return {
    look: async () => {
      const pid = boxPid(box);
      if (pid === undefined) {
        session?.destroy();
        session = undefined;
        database = null;
        return darkBox;
      }
      const answered = asking ? Promise.resolve() : ask();
      // A server that takes long must not keep the addresses from being looked at.
      await Promise.race([answered, new Promise((resolve) => setTimeout(resolve, 8))]);
      return {
        powered: true,
        holdsAddress: holdsServiceAddress(pid),
        lanCarrier: hasLanCarrier(pid),
        database,
      };
    },
  };
}

/** Whether the kernel of the box takes packets for the service address (its local table). */
function holdsServiceAddress(pid: number): boolean {
  try {
    const table = readFileSync(`/proc/${pid}/net/fib_trie`, 'latin1');
    return new RegExp(
      `\\|-- ${addresses.service.replaceAll('.', '\\.')}\\n\\s+/32 host LOCAL`,
      'u',
    ).test(table);
  } catch {
    return false;
  }
}

/** Whether the service port has carrier, in the box's own sysfs. */
function hasLanCarrier(pid: number): boolean {
  try {
    const carrier = readFileSync(`/proc/${pid}/root/sys/class/net/eth0/carrier`, 'latin1');
    return carrier.startsWith('1');
  } catch {
    // A port that is down refuses to be asked.
    return false;
  }
}
