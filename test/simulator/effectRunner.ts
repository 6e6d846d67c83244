// Carries out what the core asks for as the shell does: one effect at a time per resource, each with a drawn duration, each
// answered by one event before its deadline, which counts from when it was asked for. What is under way when the agent dies is answered to nobody, and may or may not be done.
import type { Effect, EffectName, EffectWithToken } from '../../src/core/effects.ts';
import type { Agent } from './agent.ts';
import { arbiterOperation, isOfArbiter } from './arbiterOperation.ts';
import type { Box } from './box.ts';
import type { Happening } from './core.ts';
import { databaseOperation } from './databaseOperation.ts';
import { Insistence } from './insistence.ts';
import { failed } from './operation.ts';
import type { Operation } from './operation.ts';
import { portOperation } from './portOperation.ts';
import { probeOperation } from './probeOperation.ts';
import type { World } from './world.ts';

type Resource = 'database' | 'checkpoint' | 'port' | 'probe' | 'arbiter';
type Entry = {
  readonly effect: EffectWithToken;
  readonly resource: Resource;
  operation: Operation | null;
  done: number;
  answered: boolean;
};

const resourceOf: Readonly<Partial<Record<EffectName, Resource>>> = {
  probe: 'probe',
  raiseServicePort: 'port',
  lowerServicePort: 'port',
  checkpointDatabase: 'checkpoint',
  publishEpoch: 'arbiter',
  claimEpoch: 'arbiter',
  enterEpoch: 'arbiter',
  fencePeer: 'arbiter',
  unfencePeer: 'arbiter',
};
/** The ways out of everything: they begin at once, and what still waits is given up. */
const urgent: ReadonlySet<EffectName> = new Set(['stopDatabase', 'clearSynchronous', 'fencePeer']);
const maxQueue = 16;
/** An effect reported as failed may go on; so long after its deadline the next one begins all the same. */
const abandonMs = 1000;

export class EffectRunner {
  readonly #world: World;
  readonly #box: Box;
  readonly #agent: Agent;
  readonly #waiting: Record<Resource, Entry[]> = {
    database: [],
    checkpoint: [],
    port: [],
    probe: [],
    arbiter: [],
  };
  readonly #running: Record<Resource, Set<Entry>> = {
    database: new Set(),
    checkpoint: new Set(),
    port: new Set(),
    probe: new Set(),
    arbiter: new Set(),
  };

  readonly #insistence = new Insistence();

  constructor(world: World, box: Box, agent: Agent) {
    this.#world = world;
    this.#box = box;
    this.#agent = agent;
  }

  run(effect: Effect): void {
    switch (effect.type) {
      case 'sendHeartbeat':
        this.#agent.standing = effect.heartbeat.standing;
        this.#world.sendHeartbeat(this.#box, effect.heartbeat);
        return;
      case 'kickWatchdog':
        this.#box.kickWatchdog();
        return;
      case 'report':
        this.#world.reported(this.#box, effect.report);
        return;
      case 'watchDatabase':
        this.#agent.watchDatabase(effect.intervalMs);
        return;
      case 'answerCommand':
        this.#world.trace(this.#box.name, `command answered ${effect.ok} ${effect.reason.code}`);
        this.#box.orderAnswered(effect.commandId);
        return;
      case 'resetBox':
        this.#box.reset(`asked for, ${effect.reason.code}`);
        return;
      case 'announce':
        this.#world.announce(this.#box);
        return;
      case 'writeRecord':
        this.#writeRecord(effect);
        return;
      case 'probe':
      case 'startDatabase':
      case 'stopDatabase':
      case 'promoteDatabase':
      case 'setSynchronous':
      case 'clearSynchronous':
      case 'admitClients':
      case 'checkpointDatabase':
      case 'keepDivergence':
      case 'rewindDatabase':
      case 'cloneDatabase':
      case 'raiseServicePort':
      case 'lowerServicePort':
      case 'publishEpoch':
      case 'claimEpoch':
      case 'enterEpoch':
      case 'fencePeer':
      case 'unfencePeer':
        this.#enqueue(effect);
    }
  }

  /** What children had in hand when the agent died goes on, up to any of its stages. */
  end(orphansMayFinish: boolean): void {
    this.#box.database.isComingUp = false;
    if (!orphansMayFinish) return;
    for (const { operation, done } of this.#running.database) {
      for (const stage of operation?.stages.slice(done) ?? []) {
        if (this.#world.random.chance(0.4) || stage.act() !== null) break;
      }
    }
  }

  /** The disk has a queue of its own, and goes on with a write that the shell has given up. */
  #writeRecord(effect: Extract<Effect, { readonly type: 'writeRecord' }>): void {
    let open = true;
    const answer = (happening: Happening): void => {
      if (open) this.#agent.deliver(happening);
      open = false;
    };
    this.#world.recordAsked(this.#box, effect.record);
    this.#box.disk.write(effect.record, (written) => {
      if (written) answer({ type: 'recordWritten', token: effect.token });
      else answer(failed(effect, 'EIO'));
    });
    this.#world.queue.after(effect.deadlineMs, () => answer(failed(effect, 'deadline')));
  }

  #enqueue(effect: EffectWithToken): void {
    const resource = resourceOf[effect.type] ?? 'database';
    const entry: Entry = { effect, resource, operation: null, done: 0, answered: false };
    const waiting = this.#waiting[resource];
    if ('deadlineMs' in effect) this.#world.queue.after(effect.deadlineMs, () => this.#miss(entry));
    if (urgent.has(effect.type)) {
      this.#begin(entry);
      for (const other of waiting.splice(0))
        this.#answer(other, failed(other.effect, 'EFFECT_OVERTAKEN'));
      return;
    }
    waiting.push(entry);
    if (waiting.length > maxQueue)
      this.#world.ledger.break('bounded', `${maxQueue} effects wait for ${resource}`);
    this.#next(resource);
  }

  #next(resource: Resource): void {
    if (this.#running[resource].size > 0) return;
    const entry = this.#waiting[resource].shift();
    if (entry !== undefined) this.#begin(entry);
  }

  #begin(entry: Entry): void {
    entry.operation = this.#operation(entry.effect);
    this.#running[entry.resource].add(entry);
    if (entry.resource !== 'probe') {
      this.#world.trace(this.#box.name, `${entry.effect.type} begins`);
      this.#world.happens(this.#box);
    }
    this.#advance(entry, entry.operation);
  }

  #operation(effect: EffectWithToken): Operation {
    if (effect.type === 'probe') return probeOperation(this.#world, this.#box, this.#agent, effect);
    if (effect.type === 'raiseServicePort' || effect.type === 'lowerServicePort') {
      return portOperation(this.#world, this.#box, effect);
    }
    if (isOfArbiter(effect)) return arbiterOperation(this.#world, this.#box, this.#agent, effect);
    if (effect.type === 'writeRecord') throw new Error('records have their own queue');
    return databaseOperation(this.#world, this.#box, effect);
  }

  #advance(entry: Entry, operation: Operation): void {
    const stage = operation.stages[entry.done];
    if (stage === undefined) {
      this.#finish(entry, operation.answer());
      return;
    }
    this.#world.queue.after(stage.afterMs, () => {
      if (!this.#agent.alive || !this.#running[entry.resource].has(entry)) return;
      if (this.#box.frozen) {
        this.#advance(entry, operation);
        return;
      }
      const outcome = stage.act();
      if (entry.resource !== 'probe') this.#world.happens(this.#box);
      if (outcome !== null && outcome !== 'again') {
        this.#finish(entry, outcome);
        return;
      }
      if (outcome === null) entry.done += 1;
      this.#advance(entry, operation);
    });
  }

  /** Reported as failed: what had not begun never begins, what had goes on and answers nobody. */
  #miss(entry: Entry): void {
    if (!this.#agent.alive || entry.answered) return;
    const waiting = this.#waiting[entry.resource];
    const place = waiting.indexOf(entry);
    if (place >= 0) waiting.splice(place, 1);
    else this.#world.queue.after(abandonMs, () => this.#release(entry));
    this.#answer(entry, failed(entry.effect, 'EFFECT_DEADLINE'));
  }

  #finish(entry: Entry, happening: Happening): void {
    if (entry.resource === 'database') this.#agent.databaseChanged();
    this.#answer(entry, happening);
    this.#release(entry);
  }

  #answer(entry: Entry, happening: Happening): void {
    if (!this.#agent.alive || entry.answered) return;
    entry.answered = true;
    const code = happening.type === 'effectFailed' ? ` ${happening.code}` : '';
    if (code !== '') this.#noteRefusal(entry.effect.type);
    if (entry.resource !== 'probe')
      this.#world.trace(this.#box.name, `${entry.effect.type} ends: ${happening.type}${code}`);
    this.#agent.deliver(happening);
  }

  #noteRefusal(effect: EffectName): void {
    if (!this.#world.options.isStrict) return;
    this.#insistence.refused(effect, this.#world.queue.nowMs);
    if (this.#insistence.isTooMuch(effect))
      this.#world.ledger.break('bounded', `${effect} is asked for again at once, and again`);
  }

  #release(entry: Entry): void {
    if (this.#running[entry.resource].delete(entry) && this.#agent.alive)
      this.#next(entry.resource);
  }
}
