// Ledgers of two boxes of one pair over endpoints that a test names, with a memory that it can look at.
import { openEndpoint } from '../../../src/io/etcd/endpoint.ts';
import type { EtcdCertificates } from '../../../src/io/etcd/endpoint.ts';
import { EtcdClient } from '../../../src/io/etcd/etcdClient.ts';
import { Ledger } from '../../../src/io/etcd/ledger.ts';
import type { Memory } from '../../../src/io/etcd/ledgerMemory.ts';
import { encodeValue } from '../../../src/io/etcd/ledgerValue.ts';
import { Session } from '../../../src/io/etcd/session.ts';
import type { EtcdLogin } from '../../../src/io/etcd/session.ts';
import type { LedgerEntry } from '../../../src/core/ledger.ts';
import { monotonicMs } from '../../../src/kernel/clock.ts';

export const pairId = '70'.repeat(16);
export const boxA = 'a0'.repeat(16);
export const boxB = 'b0'.repeat(16);
export const key = `/hotpair/${pairId}`;
export const deadlineMs = 10_000;

export type Kept = { memory: Memory | null };

export type ALedger = {
  readonly ledger: Ledger;
  readonly client: EtcdClient;
  /** What the box remembers; what stood here when the ledger was opened was found there. */
  readonly kept: Kept;
  /** How etcd was found to have forgotten. */
  readonly forgot: string[];
};

export type LedgerParts = {
  readonly urls: readonly string[];
  readonly self?: string;
  readonly certificates?: EtcdCertificates;
  readonly login?: EtcdLogin;
  readonly requestTimeoutMs?: number;
  readonly kept?: Kept;
};

export function aLedger(t: { teardown(end: () => void): void }, parts: LedgerParts): ALedger {
  const { certificates = null, login = null, requestTimeoutMs = 3000 } = parts;
  const sessions = parts.urls.map((url) => {
    return new Session({ endpoint: openEndpoint(url, certificates), login, requestTimeoutMs });
  });
  const client = new EtcdClient(sessions, key);
  t.teardown(() => client.close());
  const kept: Kept = parts.kept ?? { memory: null };
  const forgot: string[] = [];
  const ledger = new Ledger({
    client,
    endpoints: parts.urls,
    memory: {
      kept: kept.memory,
      note(memory) {
        kept.memory = memory;
      },
      problem: () => null,
    },
    pairId,
    self: parts.self ?? boxA,
    now: monotonicMs,
    onForgot: (how) => forgot.push(how),
  });
  return { ledger, client, kept, forgot };
}

export const life = '11'.repeat(8);

/** What stands in the key while the pair is paired in `epoch` and A holds it. */
export function pairedValue(epoch: number, holder = boxA): string {
  const entry: LedgerEntry = { epoch, mode: 'paired', holder };
  return encodeValue(pairId, { entry, life }).toString();
}
