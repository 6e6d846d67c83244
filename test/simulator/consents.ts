// A consent ends the protection of a paired epoch, so it needs its reason: a standby that heard its primary and could not follow
// it. How long that lasted is measured here by what the world does, not by what a core remembers.
import type { DurableRecord } from '../../src/core/record.ts';
import type { Box } from './box.ts';
import type { World } from './world.ts';

/** An agent that looks now and then does not see that its database followed for less. */
const unseenMs = 800;

export class Consents {
  readonly #world: World;
  /** By side: how long the standby has heard the primary without following it, and since when it follows again. */
  readonly #faults: [Fault, Fault] = [noFault(), noFault()];
  #checkedMs = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** Time has gone by until now with everything as it is. */
  pass(): void {
    const { nowMs } = this.#world.queue;
    const spanMs = nowMs - this.#checkedMs;
    this.#checkedMs = nowMs;
    if (spanMs === 0 || !this.#world.options.isStrict) return;
    for (const box of this.#world.boxes) this.#measure(box, this.#faults[box.side], spanMs);
  }

  check(box: Box, before: DurableRecord | null, asked: DurableRecord): void {
    if (!this.#world.options.isStrict) return;
    if (before === null || !isConsent(box, before, asked)) return;
    const fault = this.#faults[box.side];
    // A record that the disk refused is asked for again, whatever the database does meanwhile.
    const isAskedAgain = fault.consentTo === asked.epoch;
    const isDue =
      !box.holdsDatabase || isCut(this.#world, fault) || isLongEnough(this.#world, box, fault);
    if (isDue) fault.consentTo = asked.epoch;
    if (isDue || isAskedAgain) return;
    const text = `${box.name} consents, and heard its primary without following it for ${fault.heardMs.toFixed(0)} ms, for ${fault.waitedMs.toFixed(0)} ms of them while it did not open its own`;
    this.#world.ledger.break('consent', text);
  }

  #measure(box: Box, fault: Fault, spanMs: number): void {
    const { nowMs } = this.#world.queue;
    if (!this.#world.cable.passesBothWays) fault.cutMs += spanMs;
    if (follows(this.#world, box)) {
      fault.followsSinceMs ??= nowMs - spanMs;
      if (nowMs - fault.followsSinceMs < unseenMs) return;
      fault.heardMs = 0;
      fault.waitedMs = 0;
      fault.cutMs = 0;
      return;
    }
    fault.followsSinceMs = null;
    if (!hears(box)) return;
    fault.heardMs += spanMs;
    if (box.peer.agent?.state.name !== 'opening') fault.waitedMs += spanMs;
  }
}

type Fault = {
  heardMs: number;
  waitedMs: number;
  cutMs: number;
  followsSinceMs: number | null;
  consentTo: number | null;
};

function noFault(): Fault {
  return { heardMs: 0, waitedMs: 0, cutMs: 0, followsSinceMs: null, consentTo: null };
}

/** A primary that only starts its database keeps nobody waiting but itself: there a standby whose own runs has more patience. */
function isLongEnough({ options }: World, { database }: Box, fault: Fault): boolean {
  const { replicationDeadlineMs, followDeadlineMs, deadIntervalMs } = options.settings;
  const slackMs = deadIntervalMs + 100;
  const isReady = database.running && !database.hung && !database.touchedByHand;
  const dueMs = isReady ? fault.waitedMs : fault.heardMs;
  return dueMs >= replicationDeadlineMs - slackMs || fault.heardMs >= followDeadlineMs - slackMs;
}

/** Who hears the other box another way need not wait for what the cable does not bring. */
function isCut({ options }: World, { cutMs }: Fault): boolean {
  return options.secondPath !== null && cutMs >= options.settings.fastDeadIntervalMs;
}

/** The standby of a paired epoch becomes nothing in it. */
function isConsent(box: Box, before: DurableRecord, asked: DurableRecord): boolean {
  if (before.mode !== 'paired' || before.holder === box.nodeId) return false;
  return asked.mode === 'catchup' && asked.epoch === before.epoch && asked.handed === 'none';
}

function follows(world: World, box: Box): boolean {
  const { database } = box;
  return database.running && !database.hung && world.replicationTo(box).isLive;
}

function hears(box: Box): boolean {
  const { agent } = box;
  const heardAt = agent?.state.contact.heardAt ?? null;
  return (
    heardAt !== null && agent !== null && box.clockMs() - heardAt < agent.settings.deadIntervalMs
  );
}
