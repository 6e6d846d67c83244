// A panel that anybody can plug in: a simulated device at the far end of a pseudo terminal, whose name is the port for a driver, ours
// or another program's. It can be pulled out and put back under the same name.
import { readSync, rmSync, symlinkSync, writeSync } from 'node:fs';
import { openPseudoTerminal } from '../../kernel/pseudoTerminal.ts';
import type { PseudoTerminal } from '../../kernel/pseudoTerminal.ts';
import { watchReadable } from '../../kernel/readable.ts';
import type { Watch } from '../../kernel/readable.ts';
import { SimulatedCrystalfontz } from './simulatedCrystalfontz.ts';
import type { SimulatedDevice, SimulatedKey } from './simulatedDevice.ts';
import { SimulatedMatrixOrbital } from './simulatedMatrixOrbital.ts';
import type { PanelPicture } from './simulatedScreen.ts';

export const simulatedModels = ['635', '633', 'lk204'] as const;
/** CFA-635, CFA-633, LK204-7T-1U. */
export type SimulatedModel = (typeof simulatedModels)[number];

export type SimulatedPanelOptions = {
  readonly model: SimulatedModel;
  /** A name for the port that stays the same when the panel is plugged in again; a link that must not exist. */
  readonly link?: string;
  /** Something may look different now. */
  readonly onChange?: () => void;
  /** Sees all bytes of the host, before the device does. */
  readonly onBytes?: (bytes: Buffer) => void;
};

const readBytes = 1024;

/** Throws KERNEL_ errors where there is no pseudo terminal, and the error of a link that cannot be made. */
export function openSimulatedPanel(options: SimulatedPanelOptions): SimulatedPanel {
  return new SimulatedPanel(options);
}

export class SimulatedPanel {
  readonly #options: SimulatedPanelOptions;
  readonly #space = Buffer.alloc(readBytes);
  #terminal: PseudoTerminal;
  #watch: Watch;
  #device: SimulatedDevice;
  #isPlugged = true;

  constructor(options: SimulatedPanelOptions) {
    this.#options = options;
    this.#device = this.#powered();
    this.#terminal = openPseudoTerminal();
    this.#watch = this.#plugged();
  }

  /** The port that a driver opens. */
  get path(): string {
    return this.#options.link ?? this.#terminal.path;
  }

  get device(): SimulatedDevice {
    return this.#device;
  }

  picture(): PanelPicture {
    return this.#device.screen.picture();
  }

  press(key: SimulatedKey): void {
    this.#device.press(key);
  }

  /** Whoever has the port open is told that it hung up. */
  unplug(): void {
    if (!this.#isPlugged) return;
    this.#isPlugged = false;
    this.#watch.close();
    if (this.#options.link !== undefined) rmSync(this.#options.link, { force: true });
    this.#terminal.close();
  }

  /** A panel that has just got its power, under the same link. */
  plug(): void {
    if (this.#isPlugged) return;
    this.#device = this.#powered();
    this.#terminal = openPseudoTerminal();
    this.#watch = this.#plugged();
    this.#isPlugged = true;
    this.#options.onChange?.();
  }

  close(): void {
    this.unplug();
  }

  #powered(): SimulatedDevice {
    const { model } = this.#options;
    const send = (bytes: Buffer): void => this.#send(bytes);
    return model === 'lk204'
      ? new SimulatedMatrixOrbital(send)
      : new SimulatedCrystalfontz(model, send);
  }

  #plugged(): Watch {
    const { link } = this.#options;
    if (link !== undefined) symlinkSync(this.#terminal.path, link);
    return watchReadable(this.#terminal.fd, () => this.#read());
  }

  #read(): void {
    let length: number;
    try {
      length = readSync(this.#terminal.fd, this.#space);
    } catch {
      // Nothing there, or nobody at the other end for now.
      return;
    }
    const bytes = this.#space.subarray(0, length);
    this.#options.onBytes?.(bytes);
    this.#device.receive(bytes);
    this.#options.onChange?.();
  }

  #send(bytes: Buffer): void {
    if (!this.#isPlugged) return;
    try {
      writeSync(this.#terminal.fd, bytes);
    } catch {
      // A host that does not read loses what its port does not hold, as on a real line.
    }
  }
}
