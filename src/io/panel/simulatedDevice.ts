// The electronics of a simulated panel: bytes in, bytes out, keys that can be pressed. What a real panel would not understand is
// a complaint, so that a driver can be held to the letter of its panel's manual.
import type { SimulatedScreen } from './simulatedScreen.ts';

export type SimulatedKey = 'up' | 'down' | 'left' | 'right' | 'enter' | 'cancel';

export type SimulatedDevice = {
  readonly screen: SimulatedScreen;
  /** What the host sent and no panel understands; the last hundred. */
  readonly complaints: readonly string[];
  /** How often each command came, by its name. */
  readonly counts: ReadonlyMap<string, number>;
  receive(bytes: Buffer): void;
  /** Pressed and released. */
  press(key: SimulatedKey): void;
};

const mostComplaints = 100;

/** What every device notes of its host. */
export class Notebook {
  readonly complaints: string[] = [];
  readonly counts = new Map<string, number>();

  complain(sentence: string): void {
    this.complaints.push(sentence);
    if (this.complaints.length > mostComplaints) this.complaints.shift();
  }

  count(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }
}
