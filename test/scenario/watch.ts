// Looks at both boxes after every event of the world and tells what changed; counts what expectations ask about later.
import { reasonText } from '../../src/core/reasons.ts';
import type { DurableRecord } from '../../src/core/record.ts';
import type { Box } from '../simulator/box.ts';
import type { World } from '../simulator/world.ts';
import { servesClients } from './lanClient.ts';
import type { Story } from './story.ts';

type Seen = {
  readonly power: string;
  readonly agent: string | null;
  readonly record: string;
  readonly database: string;
  readonly address: string;
  readonly permission: string | null;
  readonly waits: string | null;
};

export class Watch {
  roleChanges = 0;
  highestEpoch = 0;
  /** For how long both boxes had the service address. */
  twoAddressesMs = 0;
  readonly alarms = new Set<string>();
  readonly kept = new Set<Box>();
  readonly #world: World;
  readonly #story: Story;
  readonly #seen = new Map<Box, Seen>();
  #server: Box | null = null;
  #twoSinceMs: number | null = null;
  #ledger = 'nothing';

  constructor(world: World, story: Story) {
    this.#world = world;
    this.#story = story;
  }

  /** What etcd says: `paired 2 of A`, or `nothing`. */
  get ledger(): string {
    return this.#ledger;
  }

  look(): void {
    for (const box of this.#world.boxes) this.#lookAt(box);
    this.#lookAtAddresses();
    this.#lookAtLedger();
  }

  /** What was before does not count for the expectations that follow. */
  forget(): void {
    this.roleChanges = 0;
    this.twoAddressesMs = 0;
    this.alarms.clear();
    this.kept.clear();
  }

  #lookAt(box: Box): void {
    const now = see(box);
    const before = this.#seen.get(box);
    this.#seen.set(box, now);
    this.#count(box);
    if (before === undefined) return;
    for (const text of differences(before, now))
      this.#story.tell(this.#world.queue.nowMs, box.name, text);
  }

  #count(box: Box): void {
    this.highestEpoch = Math.max(this.highestEpoch, box.disk.record?.epoch ?? 0);
    for (const alarm of Object.keys(box.agent?.state.alarms ?? {}))
      this.alarms.add(`${box.name} ${alarm}`);
    if (this.#server === box || !servesClients(this.#world, box)) return;
    if (this.#server !== null) this.roleChanges += 1;
    this.#server = box;
  }

  #lookAtLedger(): void {
    const { entry } = this.#world.etcd;
    const now =
      entry === null
        ? 'nothing'
        : `${entry.mode} ${entry.epoch} of ${this.#world.boxes.find(({ nodeId }) => nodeId === entry.holder)?.name}`;
    if (now === this.#ledger) return;
    this.#ledger = now;
    this.#story.tell(this.#world.queue.nowMs, '-', `etcd says ${now}`);
  }

  #lookAtAddresses(): void {
    const { nowMs } = this.#world.queue;
    const two = this.#world.boxes.every((box) => box.addressOn);
    if (this.#twoSinceMs !== null) this.twoAddressesMs += nowMs - this.#twoSinceMs;
    this.#twoSinceMs = two ? nowMs : null;
  }
}

function see(box: Box): Seen {
  const { agent, database, disk } = box;
  const state = agent?.state;
  const mayTakeOver =
    state?.eligibility.epoch !== null && state?.eligibility.epoch === state?.record?.epoch;
  return {
    power: box.powered ? 'boots' : box.isSwitchedOff ? 'is switched off' : 'is off',
    agent: box.powered ? (agent === null ? 'the agent ends' : 'the agent starts') : null,
    record: `record on disk: ${recordText(disk.record)}`,
    database: database.running ? `PostgreSQL runs as ${database.role}` : 'PostgreSQL is stopped',
    address: box.addressOn ? 'service address on' : 'service address off',
    permission:
      state?.name === 'standby'
        ? mayTakeOver
          ? 'is allowed to take over'
          : 'is no longer allowed to take over'
        : null,
    waits: state?.name === 'starting' ? `waits: ${reasonText(state.reason)}` : null,
  };
}

function differences(before: Seen, now: Seen): readonly string[] {
  if (before.power !== now.power) return [now.power];
  const isOff = now.power !== 'boots';
  const permission =
    before.permission === null && now.permission === 'is no longer allowed to take over';
  return [
    now.agent !== before.agent ? now.agent : null,
    now.record !== before.record ? now.record : null,
    now.database !== before.database && !isOff ? now.database : null,
    now.address !== before.address && !isOff ? now.address : null,
    now.permission !== before.permission && !permission ? now.permission : null,
    now.waits !== before.waits ? now.waits : null,
  ].filter((text) => text !== null);
}

export function recordText(record: DurableRecord | null): string {
  if (record === null) return 'none';
  const { mode, epoch, handed, job } = record;
  const given = handed === 'none' ? '' : handed === 'handed' ? ' handed over' : ' handed back';
  return `${mode} ${epoch}${given}${job === 'none' ? '' : `, ${job}`}`;
}
