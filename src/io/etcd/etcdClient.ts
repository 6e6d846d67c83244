// One key of an etcd cluster, read and changed by compare-and-swap over its HTTP/JSON gateway. A read goes to one endpoint
// after the other until one answers; it is linearizable, never served from what a member happens to remember. A change is
// sent once: where its answer does not come, nobody knows, and only the next read can tell.
import { readRange, readSwap } from './answers.ts';
import type { KeyValue, RangeAnswer, SwapAnswer } from './answers.ts';
import type { Deadline } from './deadline.ts';
import { etcdError, isEtcdError } from './etcdError.ts';
import type { EtcdError } from './etcdError.ts';
import type { EtcdCertificates } from './endpoint.ts';
import type { EtcdLogin, Session } from './session.ts';

export class EtcdClient {
  readonly #sessions: readonly Session[];
  readonly #key: Buffer;
  #first = 0;

  /** At least one session. */
  constructor(sessions: readonly Session[], key: string) {
    this.#sessions = sessions;
    this.#key = Buffer.from(key);
  }

  /** The endpoint that is asked first. */
  get current(): string {
    return this.#at(0).url;
  }

  /**
   * What the key holds, from an endpoint of `cluster`. Rejects with the EtcdError of the last endpoint; with ETCD_CLUSTER
   * where one of them belongs to another cluster and none of the right one answered.
   */
  async read(cluster: string, deadline: Deadline): Promise<RangeAnswer> {
    const failures: EtcdError[] = [];
    for (const index of this.#sessions.keys()) {
      const session = this.#at(index);
      try {
        const answer = await this.#range(session, deadline);
        refuseOther(session, cluster, answer.cluster);
        this.#advance(index);
        return answer;
      } catch (error) {
        if (!isEtcdError(error)) throw error;
        failures.push(error);
      }
      if (deadline.leftMs() <= 0) break;
    }
    // The next question begins where this one has not been.
    this.#advance(failures.length);
    throw failures.find(({ code }) => code === 'ETCD_CLUSTER') ?? failures.at(-1) ?? noTime();
  }

  /**
   * Puts `next` in the place of exactly what was `seen`, or with null removes it; null seen: there must be no key. Where
   * something else stands there it is not `swapped`. Any rejection means that it may have been done, or may be done later.
   */
  async swap(
    cluster: string,
    seen: KeyValue | null,
    next: Buffer | null,
    deadline: Deadline,
  ): Promise<SwapAnswer> {
    const session = this.#at(0);
    try {
      const body = swapBody(this.#key, seen, next);
      const operation = next === null ? 'response_delete_range' : 'response_put';
      const answer = readSwap(await session.call('/v3/kv/txn', body, deadline), operation);
      refuseOther(session, cluster, answer.cluster);
      return answer;
    } catch (error) {
      this.#advance(1);
      throw error;
    }
  }

  /** The cluster to which more than half of the endpoints belong. Rejects with an EtcdError, ETCD_CLUSTER where they differ. */
  async commonCluster(deadline: Deadline): Promise<string> {
    const answers = await Promise.allSettled(
      this.#sessions.map(async (session) => this.#range(session, deadline)),
    );
    const said = answers
      .filter((answer) => answer.status === 'fulfilled')
      .map(({ value }) => value.cluster);
    const half = this.#sessions.length / 2;
    const common = said.find((cluster) => said.filter((each) => each === cluster).length > half);
    if (common !== undefined) return common;
    if (new Set(said).size > 1) {
      throw etcdError('ETCD_CLUSTER', 'the endpoints belong to different clusters of etcd');
    }
    throw answers.find((answer) => answer.status === 'rejected')?.reason ?? noTime();
  }

  /** Other certificates and another login, from the next request on. */
  renew(certificates: EtcdCertificates | null, login: EtcdLogin | null): void {
    for (const session of this.#sessions) session.renew(certificates, login);
  }

  close(): void {
    for (const session of this.#sessions) session.close();
  }

  async #range(session: Session, deadline: Deadline): Promise<RangeAnswer> {
    const body = { key: this.#key.toString('base64'), limit: '2' };
    return readRange(await session.call('/v3/kv/range', body, deadline), this.#key);
  }

  #at(index: number): Session {
    const session = this.#sessions[(this.#first + index) % this.#sessions.length];
    if (session === undefined) throw new Error('an etcd client has at least one endpoint');
    return session;
  }

  #advance(by: number): void {
    this.#first = (this.#first + by) % this.#sessions.length;
  }
}

/** Revision and value are both compared: an etcd that lost its memory counts its revisions anew. */
function swapBody(key: Buffer, seen: KeyValue | null, next: Buffer | null): object {
  const name = key.toString('base64');
  const same = { key: name, result: 'EQUAL' };
  const compare =
    seen === null
      ? [{ ...same, target: 'CREATE', create_revision: '0' }]
      : [
          { ...same, target: 'MOD', mod_revision: seen.modRevision.toString() },
          { ...same, target: 'VALUE', value: seen.value.toString('base64') },
        ];
  const operation =
    next === null
      ? { request_delete_range: { key: name } }
      : { request_put: { key: name, value: next.toString('base64') } };
  return { compare, success: [operation], failure: [] };
}

function refuseOther({ url }: Session, wanted: string, seen: string): void {
  if (wanted === seen) return;
  const text = `${url} belongs to the cluster ${seen} of etcd, not to ${wanted}`;
  throw etcdError('ETCD_CLUSTER', text);
}

function noTime(): EtcdError {
  return etcdError('ETCD_TIMEOUT', 'no endpoint of etcd answered in time');
}
