// The pair's ledger in etcd: what is asked for is read, turned by the core's rules into what shall stand there, and put in its
// place by compare-and-swap, again and again until it is one or the other. What cannot be told within the deadline is an
// EtcdError: it grants nothing, and the next look settles it.
import { claimed, entered, ordered, outcomeOf, published } from '../../core/ledger.ts';
import type { Claim, LedgerEntry, Order } from '../../core/ledger.ts';
import type { KeyValue, RangeAnswer } from './answers.ts';
import { deadlineIn } from './deadline.ts';
import type { Deadline } from './deadline.ts';
import type { EtcdClient } from './etcdClient.ts';
import { etcdError, isEtcdError } from './etcdError.ts';
import type { EtcdError } from './etcdError.ts';
import {
  afterLook,
  afterLoss,
  afterNothing,
  askingAt,
  doubtAbout,
  mayPublish,
} from './ledgerMemory.ts';
import type { Memory } from './ledgerMemory.ts';
import { decodeValue, encodeValue, newLife } from './ledgerValue.ts';
import type { MemoryStore } from './memoryStore.ts';

export type LedgerOptions = {
  readonly client: EtcdClient;
  /** Where the client asks. */
  readonly endpoints: readonly string[];
  readonly memory: MemoryStore;
  readonly pairId: string;
  readonly self: string;
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
  /** etcd was found with less than it had, one sentence; told once for each time. */
  readonly onForgot: (how: string) => void;
};

/** What was seen last; `revision` is etcd's own count. */
export type Sight = { readonly entry: LedgerEntry | null; readonly revision: bigint };

type Decide = (found: LedgerEntry | null) => LedgerEntry | null;
type Moved = { readonly before: LedgerEntry | null; readonly after: LedgerEntry | null };
type Found = {
  readonly cluster: string;
  readonly stored: KeyValue | null;
  readonly entry: LedgerEntry | null;
  readonly life: string | null;
};

/** Two boxes cannot come between each other more often than this by accident. */
const mostRounds = 16;
/** Changes whose answers did not come; then etcd is not to be relied on for now. */
const mostUnknown = 3;

export class Ledger {
  readonly #options: LedgerOptions;
  #known: Memory;
  #sight: Sight | null = null;
  #isBarred = false;

  constructor(options: LedgerOptions) {
    this.#options = options;
    this.#known = askingAt(options.memory.kept, options.endpoints);
  }

  get sight(): Sight | null {
    return this.#sight;
  }

  /** The epoch of the pair is known to another etcd, and is not made known to this one. */
  get isBarred(): boolean {
    return this.#isBarred;
  }

  /** What stands there afterwards; null: nothing, and it was not to be made. */
  async publish(epoch: number, create: boolean, deadlineMs: number): Promise<LedgerEntry | null> {
    const rule = { epoch, self: this.#options.self, create };
    const decide: Decide = (found) => {
      const next = published(found, rule);
      this.#isBarred = next !== null && !mayPublish(this.#known, epoch);
      return this.#isBarred ? null : next;
    };
    const { before, after } = await this.#move(decide, deadlineMs);
    // As long as the epoch may not stand here it is as if nothing did.
    return this.#isBarred ? null : (after ?? before);
  }

  async claim(epoch: number, take: boolean, deadlineMs: number): Promise<Claim> {
    const { self } = this.#options;
    const rule = { epoch, self, take };
    const { before, after } = await this.#move((found) => claimed(found, rule), deadlineMs);
    return outcomeOf(after ?? before, epoch, self);
  }

  /** Of whoever is alone in `epoch`, or with `above` an operator's order. */
  async enter(epoch: number, above: boolean, deadlineMs: number): Promise<Order> {
    const rule = { epoch, self: this.#options.self };
    const write = above ? ordered : entered;
    const { before, after } = await this.#move((found) => write(found, rule), deadlineMs);
    if (after !== null) return { epoch: after.epoch, forgotten: false };
    return { epoch: above ? null : epoch, forgotten: before === null };
  }

  /** `decide` says null where nothing is to be changed. */
  async #move(decide: Decide, deadlineMs: number): Promise<Moved> {
    const deadline = deadlineIn(deadlineMs, this.#options.now);
    let unknown = 0;
    for (let round = 0; round < mostRounds; round += 1) {
      const found = await this.#look(deadline);
      const next = decide(found.entry);
      if (next === null) return { before: found.entry, after: null };
      try {
        if (await this.#replace(found, next, deadline)) return { before: found.entry, after: next };
      } catch (error) {
        // It may have been done, or may still be: the next look tells, and from then on the older request cannot land.
        unknown += 1;
        if (!isEtcdError(error) || unknown === mostUnknown) throw error;
      }
    }
    throw contended();
  }

  async #replace(found: Found, entry: LedgerEntry, deadline: Deadline): Promise<boolean> {
    const { client, pairId } = this.#options;
    const life = found.life ?? newLife();
    const value = encodeValue(pairId, { entry, life });
    const answer = await client.swap(found.cluster, found.stored, value, deadline);
    if (!answer.swapped) return false;
    const { cluster, revision } = answer;
    const { epoch } = entry;
    this.#remember(afterLook(this.#known, { cluster, revision, life, modified: revision, epoch }));
    this.#sight = { entry, revision: answer.revision };
    return true;
  }

  /** What the ledger says. What it says only because it has forgotten what came later is taken away first. */
  async #look(deadline: Deadline): Promise<Found> {
    for (let round = 0; round < mostRounds; round += 1) {
      // Answers may come late: each is compared with what was known when it was asked for.
      const known = this.#known;
      const answer = await this.#read(known, deadline);
      const { cluster, revision, found: stored } = answer;
      if (stored === null) return this.#nothing(answer);
      const { entry, life } = decodeValue(this.#options.pairId, stored.value);
      const { epoch } = entry;
      const seen = { cluster, revision, life, modified: stored.modRevision, epoch };
      const doubt = doubtAbout(known, seen);
      if (doubt === null) {
        this.#remember(afterLook(this.#known, seen));
        this.#sight = { entry, revision };
        return { cluster, stored, entry, life };
      }
      await this.#takeAway(answer, stored, life, doubt, deadline);
    }
    throw contended();
  }

  /** From the cluster that is known, or, where the endpoints have come to belong to another one, from that. */
  async #read(known: Memory, deadline: Deadline): Promise<RangeAnswer> {
    const { client } = this.#options;
    if (known.cluster === '') return client.read(await client.commonCluster(deadline), deadline);
    try {
      return await client.read(known.cluster, deadline);
    } catch (error) {
      if (!isEtcdError(error, 'ETCD_CLUSTER')) throw error;
      const common = await client.commonCluster(deadline);
      if (common === known.cluster) throw error;
      return client.read(common, deadline);
    }
  }

  #nothing({ cluster, revision }: RangeAnswer): Found {
    const known = this.#known;
    this.#remember(afterNothing(known, { cluster, revision }));
    this.#sight = { entry: null, revision };
    if (known.life !== null) {
      this.#options.onForgot("the pair's key is gone from etcd");
    }
    return { cluster, stored: null, entry: null, life: null };
  }

  /** So that nobody else believes in it: whoever hears his partner makes the entry anew. */
  async #takeAway(
    { cluster, revision }: RangeAnswer,
    stored: KeyValue,
    life: string,
    doubt: string,
    deadline: Deadline,
  ): Promise<void> {
    const isNews = !this.#known.ended.includes(life);
    this.#remember(afterLoss(this.#known, { cluster, revision }, life));
    if (isNews) this.#options.onForgot(doubt);
    await this.#options.client.swap(cluster, stored, null, deadline);
  }

  #remember(memory: Memory): void {
    this.#known = memory;
    this.#options.memory.note(memory);
  }
}

function contended(): EtcdError {
  return etcdError('ETCD_CONTENDED', "the pair's key in etcd is changed again and again");
}
