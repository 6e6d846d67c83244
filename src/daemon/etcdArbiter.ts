// The arbiter etcd: the ledger of the pair outside of it, as the core's effects ask for it, with what is told of it in status
// and history.
import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/config.ts';
import { readEtcdFiles } from '../config/etcdFiles.ts';
import type { EtcdFiles } from '../config/etcdFiles.ts';
import type { LedgerEntry } from '../core/ledger.ts';
import { openEndpoint } from '../io/etcd/endpoint.ts';
import type { EtcdCertificates } from '../io/etcd/endpoint.ts';
import { EtcdClient } from '../io/etcd/etcdClient.ts';
import { Ledger } from '../io/etcd/ledger.ts';
import type { Sight } from '../io/etcd/ledger.ts';
import { openMemoryStore } from '../io/etcd/memoryStore.ts';
import type { MemoryStore } from '../io/etcd/memoryStore.ts';
import { Session } from '../io/etcd/session.ts';
import type { EtcdLogin } from '../io/etcd/session.ts';
import { monotonicMs } from '../kernel/clock.ts';
import { isHotpairError } from '../protocol/hotpairError.ts';
import { noPowerSwitch } from './arbiter.ts';
import type { Arbiter, ArbiterStatus } from './arbiter.ts';
import type { Log } from './log.ts';

export type EtcdArbiterOptions = {
  readonly config: Config;
  readonly files: EtcdFiles;
  readonly pairId: string;
  readonly nodeId: string;
  readonly log: Log;
};

/** A request ends so long before its deadline, so that what is said of it is why, and not only that it was late. */
const reserveMs = 50;
/** The same trouble is written to the history once a minute, however it comes and goes. */
const repeatMs = 60_000;

export function openEtcdArbiter(options: EtcdArbiterOptions): Arbiter {
  const { config, pairId, nodeId, log } = options;
  const memory = openMemoryStore(config.state.directory, pairId, monotonicMs);
  let { files } = options;
  const client = openEtcdClient(config, files, pairId);
  const contact = new Contact(log);
  const ledger = new Ledger({
    client,
    endpoints: config.arbiter.etcd.endpoints,
    memory,
    pairId,
    self: nodeId,
    now: monotonicMs,
    onForgot: (text) => log.history('warning', 'ledgerForgot', { text }),
  });

  return {
    publishEpoch: async ({ token, epoch, create, deadlineMs }) => {
      const found = await contact.noted(ledger.publish(epoch, create, within(deadlineMs)));
      return { type: 'epochPublished', token, found };
    },
    claimEpoch: async ({ token, epoch, take, deadlineMs }) => {
      const claim = await contact.noted(ledger.claim(epoch, take, within(deadlineMs)));
      return { type: 'claimDecided', token, ...claim };
    },
    enterEpoch: async ({ token, epoch, above, deadlineMs }) => {
      const order = await contact.noted(ledger.enter(epoch, above, within(deadlineMs)));
      return { type: 'epochEntered', token, ...order };
    },
    ...noPowerSwitch('etcd'),
    status: () => ({
      type: 'etcd',
      state: stateText(contact, ledger.sight, client.current, nodeId),
      problem: contact.problem ?? problemOf(ledger, memory),
    }),
    readAgain: () => {
      const changed = readEtcdFiles(config.arbiter.etcd);
      if (isDeepStrictEqual(changed, files)) return false;
      files = changed;
      client.renew(certificatesIn(files), loginIn(config, files));
      return true;
    },
    close: () => client.close(),
  };
}

function certificatesIn({ ca, cert, key }: EtcdFiles): EtcdCertificates | null {
  return ca === null ? null : { ca, cert, key };
}

function loginIn(config: Config, { password }: EtcdFiles): EtcdLogin | null {
  const { user } = config.arbiter.etcd;
  return user === undefined || password === null ? null : { name: user, password };
}

function within(deadlineMs: number): number {
  return deadlineMs - reserveMs;
}

/** A client of the key `name` behind the configured prefix. It connects when it is first asked. */
export function openEtcdClient(config: Config, files: EtcdFiles, name: string): EtcdClient {
  const { endpoints, prefix, requestTimeoutMs } = config.arbiter.etcd;
  const certificates = certificatesIn(files);
  const login = loginIn(config, files);
  const sessions = endpoints.map((url) => {
    const endpoint = openEndpoint(url, certificates);
    return new Session({ endpoint, login, requestTimeoutMs });
  });
  return new EtcdClient(sessions, `${prefix}${name}`);
}

type Problem = NonNullable<ArbiterStatus['problem']>;

/** Whether it answers, since when, and what was wrong last. */
class Contact {
  readonly #log: Log;
  answeredAt: number | null = null;
  answeringSince: number | null = null;
  tookMs = 0;
  problem: Problem | null = null;
  readonly #toldAt = new Map<string, number>();
  #isTold = false;

  constructor(log: Log) {
    this.#log = log;
  }

  async noted<T>(request: Promise<T>): Promise<T> {
    const askedAt = monotonicMs();
    try {
      const answer = await request;
      this.#noteAnswer(askedAt);
      return answer;
    } catch (error) {
      if (isHotpairError(error)) this.#noteFailure({ code: error.code, text: error.message });
      throw error;
    }
  }

  #noteAnswer(askedAt: number): void {
    const now = monotonicMs();
    if (this.#isTold) this.#log.history('info', 'arbiterAnswers', {});
    this.#isTold = false;
    this.problem = null;
    this.answeredAt = now;
    this.answeringSince ??= now;
    this.tookMs = now - askedAt;
  }

  #noteFailure(problem: Problem): void {
    const now = monotonicMs();
    this.problem = problem;
    this.answeringSince = null;
    if (now - (this.#toldAt.get(problem.code) ?? -Infinity) < repeatMs) return;
    this.#toldAt.set(problem.code, now);
    this.#isTold = true;
    this.#log.history('warning', 'arbiterFailed', problem);
  }
}

function problemOf(ledger: Ledger, memory: MemoryStore): Problem | null {
  if (ledger.isBarred) {
    const text =
      'this epoch of the pair is known to another etcd, where it may still be claimed; hotpair switchover makes a new one';
    return { code: 'LEDGER_MOVED', text };
  }
  const refused = memory.problem();
  if (refused === null) return null;
  const text = `what was seen of the ledger is not remembered over a restart: ${refused}`;
  return { code: 'LEDGER_MEMORY', text };
}

function stateText(
  { answeredAt, answeringSince, tookMs }: Contact,
  sight: Sight | null,
  endpoint: string,
  self: string,
): string {
  if (answeredAt === null || sight === null) return 'has not answered since the agent started';
  const now = monotonicMs();
  const last = `last answer ${ago(now - answeredAt)} ago`;
  const reach =
    answeringSince === null
      ? `does not answer, ${last}`
      : `answers for ${ago(now - answeringSince)}, ${last} by ${endpoint} in ${Math.ceil(tookMs)} ms`;
  return `${reach}; revision ${sight.revision}, ${entryText(sight.entry, self)}`;
}

function entryText(entry: LedgerEntry | null, self: string): string {
  if (entry === null) return 'it says nothing of this pair';
  const { epoch, mode, holder } = entry;
  return `epoch ${epoch} ${mode}, of ${holder === self ? 'this' : 'the other'} box`;
}

function ago(ms: number): string {
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`;
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`;
}
