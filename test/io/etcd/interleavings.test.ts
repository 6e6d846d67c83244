// Two boxes ask a real etcd and the simulator's model of it in the same order, request by request, with answers that are lost
// and a ledger that forgets: both must say the same, and the same must stand in them after every request. So what the
// simulator proves of the model holds for etcd.
import test from 'ava';
import type { EtcdClient } from '../../../src/io/etcd/etcdClient.ts';
import { Ledger } from '../../../src/io/etcd/ledger.ts';
import { decodeValue } from '../../../src/io/etcd/ledgerValue.ts';
import { monotonicMs } from '../../../src/kernel/clock.ts';
import { Etcd } from '../../simulator/etcd.ts';
import { shippedCore } from '../../simulator/loadCore.ts';
import type { Asker } from '../../simulator/etcd.ts';
import { Random } from '../../simulator/random.ts';
import { aLedger, boxA, boxB, pairId } from './aLedger.ts';
import { realEtcd } from './realEtcd.ts';

const deadlineMs = 60_000;
const steps = 4000;

type Question =
  | { readonly type: 'publish'; readonly epoch: number; readonly create: boolean }
  | { readonly type: 'claim'; readonly epoch: number; readonly take: boolean }
  | { readonly type: 'enter'; readonly epoch: number; readonly above: boolean };

/** A place where what is under way waits until the schedule lets it go on. */
class Gate {
  #open: (() => void) | null = null;
  #fail: ((error: unknown) => void) | null = null;

  get isWaiting(): boolean {
    return this.#open !== null;
  }

  async pass(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#open = resolve;
    this.#fail = reject;
    await promise;
  }

  open(): void {
    const open = this.#open;
    this.#open = null;
    open?.();
  }

  lose(): void {
    const fail = this.#fail;
    this.#open = null;
    fail?.(new Error('lost'));
  }
}

/** One box at the real etcd: each of its requests waits before it is sent, and each answer before it is read. */
class RealBox {
  readonly gate = new Gate();
  readonly #ledger: Ledger;
  outcome: unknown = null;
  isBusy = false;

  constructor(client: EtcdClient, self: string) {
    const gated = async <T>(ask: () => Promise<T>): Promise<T> => {
      await this.gate.pass();
      const answer = await ask();
      await this.gate.pass();
      return answer;
    };
    const behindGate = Object.assign(Object.create(client) as EtcdClient, {
      read: async (...words: Parameters<EtcdClient['read']>) => gated(() => client.read(...words)),
      swap: async (...words: Parameters<EtcdClient['swap']>) => gated(() => client.swap(...words)),
      commonCluster: async (...words: Parameters<EtcdClient['commonCluster']>) =>
        client.commonCluster(...words),
    });
    this.#ledger = new Ledger({
      client: behindGate,
      endpoints: [],
      memory: { kept: null, note() {}, problem: () => null },
      pairId,
      self,
      now: monotonicMs,
      onForgot() {},
    });
  }

  ask(question: Question): void {
    this.isBusy = true;
    this.outcome = null;
    this.#answer(question).then(
      (outcome) => {
        this.outcome = outcome;
        this.isBusy = false;
      },
      () => {
        this.outcome = 'lost';
        this.isBusy = false;
      },
    );
  }

  async #answer(question: Question): Promise<unknown> {
    const { epoch } = question;
    if (question.type === 'publish')
      return this.#ledger.publish(epoch, question.create, deadlineMs);
    if (question.type === 'claim') return this.#ledger.claim(epoch, question.take, deadlineMs);
    return this.#ledger.enter(epoch, question.above, deadlineMs);
  }

  /** Until the next request or answer waits, or all is said. */
  async settled(): Promise<void> {
    const end = performance.now() + 5000;
    while (this.isBusy && !this.gate.isWaiting) {
      if (performance.now() > end) throw new Error('the ledger neither asks nor answers');
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

/** One box at the model: what it has under way is one closure, which the schedule runs. */
class ModelBox {
  readonly #etcd: Etcd;
  readonly #asker: Asker;
  next: (() => void) | null = null;
  outcome: unknown = null;
  isBusy = false;
  #turn = 0;

  constructor(etcd: Etcd, side: 0 | 1, self: string) {
    this.#etcd = etcd;
    // An answer is waited for by the question that it belongs to.
    this.#asker = { side, self, waits: () => true };
  }

  ask(question: Question): void {
    this.#turn += 1;
    const turn = this.#turn;
    const asker: Asker = { ...this.#asker, waits: () => turn === this.#turn };
    const done = (outcome: unknown): void => {
      this.outcome = outcome;
      this.isBusy = false;
    };
    this.isBusy = true;
    this.outcome = null;
    if (question.type === 'publish')
      this.#etcd.publish(asker, question.epoch, question.create, done);
    else if (question.type === 'claim')
      this.#etcd.claim(asker, question.epoch, question.take, done);
    else
      this.#etcd.enter(asker, question.epoch, question.above, (epoch, forgotten) =>
        done({ epoch, forgotten }),
      );
  }

  lose(): void {
    this.#turn += 1;
    this.next = null;
    this.outcome = 'lost';
    this.isBusy = false;
  }
}

function drawn(random: Random, top: number): Question {
  const epoch = Math.max(1, top - random.below(4) + random.below(3));
  return random.weighted<Question>([
    [{ type: 'publish', epoch, create: random.chance(0.7) }, 3],
    [{ type: 'claim', epoch, take: random.chance(0.7) }, 5],
    [{ type: 'enter', epoch, above: random.chance(0.4) }, 2],
  ]);
}

test('what two boxes are told, and what stands there, is the same with etcd and with its model', async (t) => {
  const seed = Number(process.env['SEED'] ?? 1);
  const random = new Random(seed);
  const { url } = await realEtcd(t);
  const model: ModelBox[] = [];
  let running: ModelBox | undefined;
  const etcd = new Etcd({
    core: shippedCore,
    random,
    trace() {},
    ledgerMoved() {},
    queue: {
      after(_delayMs, run) {
        if (running !== undefined) running.next = run;
      },
    },
  });
  model.push(new ModelBox(etcd, 0, boxA), new ModelBox(etcd, 1, boxB));
  const client = aLedger(t, { urls: [url] }).client;
  const real = [new RealBox(client, boxA), new RealBox(client, boxB)];
  const cluster = await client.commonCluster({ leftMs: () => 1000 });
  const stored = async () => client.read(cluster, { leftMs: () => 1000 });
  const counts = { asked: 0, lost: 0, forgot: 0, won: 0, moved: 0 };
  let top = 0;

  for (let step = 0; step < steps; step += 1) {
    const side = random.below(2);
    const [ofModel, ofReal] = [model[side], real[side]];
    if (ofModel === undefined || ofReal === undefined) throw new Error('there are two boxes');
    const why = `seed ${seed}, step ${step}`;
    running = ofModel;
    if (!ofModel.isBusy) {
      const question = drawn(random, etcd.entry?.epoch ?? 3);
      counts.asked += 1;
      ofModel.ask(question);
      ofReal.ask(question);
      await ofReal.settled();
    } else if (random.chance(0.02)) {
      counts.lost += 1;
      ofModel.lose();
      await lost(ofReal);
    } else if (random.chance(0.005)) {
      counts.forgot += 1;
      etcd.forget();
      const { found } = await stored();
      if (found !== null) await client.swap(cluster, found, null, { leftMs: () => 1000 });
      // With its process die the requests on their way.
      for (const box of model) if (box.isBusy) box.lose();
      for (const box of real) if (box.isBusy) await lost(box);
    } else {
      const run = ofModel.next;
      ofModel.next = null;
      run?.();
      ofReal.gate.open();
      await ofReal.settled();
    }
    t.is(ofReal.isBusy, ofModel.isBusy, why);
    if (!ofModel.isBusy) t.deepEqual(ofReal.outcome, ofModel.outcome, why);
    if (isWon(ofModel.outcome)) counts.won += 1;
    const { found } = await stored();
    const entry = found === null ? null : decodeValue(pairId, found.value).entry;
    t.deepEqual(entry, etcd.entry, why);
    if ((entry?.epoch ?? 0) !== top) counts.moved += 1;
    top = entry?.epoch ?? 0;
  }
  t.log(`${steps} steps: ${JSON.stringify(counts)}`);
  t.true(counts.won > 20 && counts.moved > 100 && counts.forgot > 3 && counts.lost > 10);
});

/** Nobody waits for the answer any more; a request that had left has been carried out. */
async function lost(box: RealBox): Promise<void> {
  while (box.isBusy) {
    box.gate.lose();
    await box.settled();
  }
}

function isWon(outcome: unknown): boolean {
  return typeof outcome === 'object' && outcome !== null && 'outcome' in outcome
    ? outcome.outcome === 'won'
    : false;
}
