// What only the box itself can say of `arbiter.etcd`: whether the files are there, and whether etcd answers it. Asked by
// `hotpair config check`, because a ledger that cannot be reached is found too late otherwise. Nothing is written there.
import type { Complaint, ComplaintCode } from '../config/complaint.ts';
import { etcdFileKeys, readEtcdFiles } from '../config/etcdFiles.ts';
import type { LoadedConfig } from '../config/load.ts';
import { openEtcdClient } from '../daemon/etcdArbiter.ts';
import { deadlineIn } from '../io/etcd/deadline.ts';
import { monotonicMs } from '../kernel/clock.ts';
import { describeHotpairError, isHotpairError } from '../protocol/hotpairError.ts';

/** As long as the core waits for an answer that decides. */
const askMs = 2000;

/** Complaints about the files, or else a warning about what etcd answers; none where etcd is not the arbiter. */
export async function checkEtcd(loaded: LoadedConfig): Promise<readonly Complaint[]> {
  const { type, etcd } = loaded.config.arbiter;
  if (type !== 'etcd') return [];
  const files = await Promise.all(
    etcdFileKeys.map(async (key) =>
      findings(loaded, 'CONFIG_ETCD_FILE', key, () => readEtcdFiles({ [key]: etcd[key] })),
    ),
  );
  if (files.flat().length > 0) return files.flat();
  return findings(loaded, 'CONFIG_WARNING_ETCD_ANSWER', 'endpoints', async () => ask(loaded));
}

async function ask({ config }: LoadedConfig): Promise<void> {
  const client = openEtcdClient(config, readEtcdFiles(config.arbiter.etcd), 'config-check');
  try {
    await client.commonCluster(deadlineIn(askMs, monotonicMs));
  } finally {
    client.close();
  }
}

async function findings(
  { places }: LoadedConfig,
  code: ComplaintCode,
  name: string,
  look: () => unknown,
): Promise<readonly Complaint[]> {
  try {
    await look();
    return [];
  } catch (error) {
    // Other errors are no finding about the file.
    if (!isHotpairError(error)) throw error;
    const key = `arbiter.etcd.${name}`;
    const place = places.get(key) ?? { line: 1, column: 1 };
    return [{ code, ...place, key, message: `${key}: ${describeHotpairError(error)}` }];
  }
}
