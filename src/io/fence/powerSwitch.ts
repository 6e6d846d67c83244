// The devices together, in levels: a level has switched the box off when each of its devices has; where one has not, the next
// level is tried. One thing is done at a time, and the way out comes first.
import { FenceDevice } from './fenceDevice.ts';
import type { DeviceOptions, Look, OrderEnd } from './fenceDevice.ts';

export type SwitchedDevice = DeviceOptions & { readonly level: number };

/** `refused`: the box is on, and no order of ours can be carried out any more. */
export type SwitchEnd = { readonly end: 'done' | 'refused' | 'unknown'; readonly text: string };

type Work = {
  readonly kind: 'off' | 'on' | 'look';
  readonly ended: Promise<unknown>;
  readonly abort: AbortController;
};

export class PowerSwitch {
  readonly #devices: readonly FenceDevice[];
  readonly #levels: readonly (readonly FenceDevice[])[];
  /** Devices that may have an order to switch off which is not known to have come to nothing. At the start: all. */
  readonly #open: Set<FenceDevice>;
  #work: Work | null = null;
  #off: Promise<SwitchEnd> | null = null;
  #on: Promise<SwitchEnd> | null = null;

  constructor(options: readonly SwitchedDevice[]) {
    const made = options.map((each) => ({ level: each.level, device: new FenceDevice(each) }));
    this.#devices = made.map(({ device }) => device);
    this.#open = new Set(this.#devices);
    const numbers = [...new Set(options.map(({ level }) => level))].toSorted((a, b) => a - b);
    this.#levels = numbers.map((number) =>
      made.filter(({ level }) => level === number).map(({ device }) => device),
    );
  }

  /** No order of ours to switch the box off can be carried out any more. */
  get isClear(): boolean {
    return this.#open.size === 0 && this.#off === null;
  }

  /** Joins an order that is under way. Never rejects. */
  async switchOff(): Promise<SwitchEnd> {
    this.#off ??= this.#alone('off', async (signal) => this.#goThroughLevels(signal)).finally(
      () => {
        this.#off = null;
      },
    );
    return this.#off;
  }

  /** Every device is told, also those that were not needed: which of them an earlier agent used is not known. Never rejects. */
  async switchOn(): Promise<SwitchEnd> {
    this.#on ??= this.#alone('on', async (signal) => this.#allOn(this.#devices, signal)).finally(
      () => {
        this.#on = null;
      },
    );
    return this.#on;
  }

  /** What each device says, by name; null where there was something more urgent to do. */
  async look(): Promise<ReadonlyMap<string, Look> | null> {
    if (this.#work !== null) return null;
    return this.#alone('look', async (signal) => {
      const looks = await Promise.all(
        this.#devices.map(async (device) => [device.name, await device.look(signal)] as const),
      );
      return signal.aborted ? null : new Map(looks);
    });
  }

  /** Ends what runs; the last order's outcome is then unknown. */
  close(): void {
    this.#work?.abort.abort();
  }

  /** Waits for what is under way, which is given up unless it is an order to switch off. */
  async #alone<T>(kind: Work['kind'], work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const before = this.#work;
    if (before !== null && before.kind !== 'off') before.abort.abort();
    const abort = new AbortController();
    const run = async (): Promise<T> => {
      await before?.ended.catch(() => {});
      return work(abort.signal);
    };
    const ended = run();
    const mine: Work = { kind, ended, abort };
    this.#work = mine;
    try {
      return await ended;
    } finally {
      if (this.#work === mine) this.#work = null;
    }
  }

  async #goThroughLevels(signal: AbortSignal): Promise<SwitchEnd> {
    const said: string[] = [];
    let isKnown = true;
    for (const level of this.#levels) {
      const ends = await Promise.all(level.map(async (device) => this.#orderOff(device, signal)));
      if (ends.every(({ end }) => end === 'done')) return { end: 'done', text: said.join('; ') };
      isKnown &&= ends.every(({ end }) => end !== 'unknown') && !signal.aborted;
      said.push(...told(level, ends));
    }
    if (!isKnown) return { end: 'unknown', text: said.join('; ') };
    return this.#refuse(said, signal);
  }

  async #orderOff(device: FenceDevice, signal: AbortSignal): Promise<OrderEnd> {
    this.#open.add(device);
    return device.order('off', signal);
  }

  /**
   * Nothing is left of the try: a device that did obey, or may still do so, is told to switch on again, and a device carries
   * out what it is told in its order.
   */
  async #refuse(said: readonly string[], signal: AbortSignal): Promise<SwitchEnd> {
    const restored = await this.#allOn(this.#devices, signal);
    const text = [...said, restored.text].filter((each) => each !== '').join('; ');
    return { end: restored.end === 'done' ? 'refused' : 'unknown', text };
  }

  async #allOn(devices: readonly FenceDevice[], signal: AbortSignal): Promise<SwitchEnd> {
    const ends = await Promise.all(
      devices.map(async (device) => {
        const ended = await device.order('on', signal);
        if (ended.end === 'done') this.#open.delete(device);
        return ended;
      }),
    );
    const isDone = ends.every(({ end }) => end === 'done');
    return { end: isDone ? 'done' : 'unknown', text: told(devices, ends).join('; ') };
  }
}

function told(devices: readonly FenceDevice[], ends: readonly OrderEnd[]): readonly string[] {
  return devices.flatMap(({ name }, index) => {
    const ended = ends[index];
    return ended === undefined || ended.end === 'done' ? [] : [`${name}: ${ended.text}`];
  });
}
