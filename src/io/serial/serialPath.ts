// A heartbeat path over a serial cable: opaque datagrams in frames. At 115200 baud a heartbeat takes 24 ms, so nothing may queue:
// while the line is busy only the newest datagram waits, and older ones are left out. A port that vanishes is opened again.
import { monotonicMs } from '../../kernel/clock.ts';
import { encodeSerialFrame, SerialFrameReader } from '../../protocol/serialFrame.ts';
import { codeOf, openSerialDevice } from '../../kernel/serialDevice.ts';
import type { SerialDevice, SerialLines } from '../../kernel/serialDevice.ts';

const baudRate = 115_200;
/** Ten bits a byte. */
const bytesPerMs = 11.52;
/** After a frame the line rests for a fifth of its time: clocks differ, and what waits must never grow. */
const rest = 1.2;
const linesMs = 50;
const firstRetryMs = 250;
const longestRetryMs = 5000;
/** A port that was open for so long works, also where nothing has come over it yet. */
const settleMs = 2000;

export type SerialPathOptions = {
  readonly path: string;
  readonly onDatagram: (bytes: Buffer, receivedAtMs: number) => void;
  /** The code of a failure and when the next kind of failure differs; null: it works again. */
  readonly onError: (code: string | null) => void;
  /** The lines that the other end drives have dropped, or are raised again; never on a port that shows none. */
  readonly onLines: (dropped: boolean) => void;
};

export type SerialPathCounts = {
  sent: number;
  /** Datagrams that gave way to a newer one while the line was busy. */
  leftOut: number;
  received: number;
  /** Frames whose check was wrong, and noise between frames. */
  damaged: number;
  /** Times that the port was opened. */
  opened: number;
};

export type SerialPath = {
  /** False while the port cannot be used. */
  send(bytes: Buffer): boolean;
  /** The same for a datagram that no later one displaces; it gives way where another one of these waits. */
  sendAside(bytes: Buffer): boolean;
  figures(): Readonly<SerialPathCounts>;
  /** Frames whose check was wrong, and noise between frames. */
  damaged(): number;
  close(): void;
};

export function openSerialPath(options: SerialPathOptions): SerialPath {
  const path = new OpenSerialPath(options);
  path.open();
  return {
    send: (bytes) => path.send(bytes),
    sendAside: (bytes) => path.sendAside(bytes),
    figures: () => path.figures(),
    damaged: () => path.damaged(),
    close: () => path.close(),
  };
}

class OpenSerialPath {
  readonly #options: SerialPathOptions;
  readonly #reader: SerialFrameReader;
  readonly #counts = { sent: 0, leftOut: 0, received: 0, opened: 0 };
  #device: SerialDevice | null = null;
  /** What is left of a frame that the kernel took in part, and the newest frame behind it. */
  #rest: Buffer | null = null;
  #next: Buffer | null = null;
  #aside: Buffer | null = null;
  #wasAside = false;
  #freeAt = 0;
  #sender: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;
  #settling: NodeJS.Timeout | undefined;
  #retryMs = firstRetryMs;
  #failure: string | null = null;
  readonly #lines = new ModemLines();
  #isLooking = false;
  #closed = false;
  readonly #looker = setInterval(() => void this.#lookAtLines(), linesMs);

  constructor(options: SerialPathOptions) {
    this.#options = options;
    this.#reader = new SerialFrameReader((datagram) => {
      this.#counts.received += 1;
      this.#retryMs = firstRetryMs;
      this.#works();
      options.onDatagram(datagram, monotonicMs());
    });
    this.#looker.unref();
  }

  open(): void {
    const { path } = this.#options;
    const opening = openSerialDevice({
      path,
      baudRate,
      onBytes: (bytes) => this.#reader.push(bytes),
      onGone: (code) => this.#lost(code),
    });
    opening.then(
      (device) => this.#opened(device),
      (error: unknown) => this.#lost(codeOf(error)),
    );
  }

  send(bytes: Buffer): boolean {
    if (this.#device === null) return false;
    if (this.#next !== null) this.#counts.leftOut += 1;
    this.#next = encodeSerialFrame(bytes);
    this.#pump();
    return true;
  }

  sendAside(bytes: Buffer): boolean {
    if (this.#device === null || this.#aside !== null) return false;
    this.#aside = encodeSerialFrame(bytes);
    this.#pump();
    return true;
  }

  figures(): SerialPathCounts {
    return { ...this.#counts, damaged: this.damaged() };
  }

  damaged(): number {
    const { damaged, overlong } = this.#reader.faults;
    return damaged + overlong;
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#looker);
    clearTimeout(this.#retry);
    this.#leave();
  }

  #opened(device: SerialDevice): void {
    if (this.#closed) {
      void device.close();
      return;
    }
    this.#counts.opened += 1;
    this.#device = device;
    this.#reader.reset();
    // A port that opens and fails again is no news each time.
    this.#settling = setTimeout(() => this.#tell(null), settleMs);
  }

  /** A frame came: whatever the lines show, there is somebody who drives this cable. */
  #works(): void {
    this.#tell(null);
    if (this.#lines.forget()) this.#options.onLines(false);
  }

  #lost(code: string): void {
    if (this.#closed) return;
    this.#tell(code);
    this.#leave();
    this.#retry = setTimeout(() => this.open(), this.#retryMs);
    this.#retryMs = Math.min(2 * this.#retryMs, longestRetryMs);
  }

  #leave(): void {
    clearTimeout(this.#sender);
    clearTimeout(this.#settling);
    void this.#device?.close();
    this.#device = null;
    this.#rest = null;
    this.#next = null;
    this.#aside = null;
  }

  /** Gives the kernel as much as the line has sent by now: what it holds is never more than one frame. */
  #pump(): void {
    clearTimeout(this.#sender);
    const device = this.#device;
    if (device === null) return;
    const waitMs = this.#freeAt - monotonicMs();
    if (waitMs > 0) {
      this.#sender = setTimeout(() => this.#pump(), waitMs);
      return;
    }
    const frame = this.#rest ?? this.#waiting();
    if (frame === null) return;
    let taken = 0;
    try {
      taken = device.write(frame);
    } catch (error) {
      this.#lost(codeOf(error));
      return;
    }
    this.#rest = taken < frame.length ? frame.subarray(taken) : null;
    if (this.#rest === null) this.#counts.sent += 1;
    // A line that takes nothing is asked again when a frame could have gone.
    this.#freeAt = monotonicMs() + ((taken === 0 ? frame.length : taken) / bytesPerMs) * rest;
    if (this.#rest !== null || this.#next !== null || this.#aside !== null) this.#pump();
  }

  /** Takes what is sent next: the two kinds in turn where both wait. */
  #waiting(): Buffer | null {
    const isAside = this.#aside !== null && (this.#next === null || !this.#wasAside);
    const frame = isAside ? this.#aside : this.#next;
    if (isAside) this.#aside = null;
    else this.#next = null;
    this.#wasAside = isAside;
    return frame;
  }

  async #lookAtLines(): Promise<void> {
    const device = this.#device;
    if (device === null || this.#isLooking) return;
    this.#isLooking = true;
    const lines = await device.lines();
    this.#isLooking = false;
    if (this.#device === device && this.#lines.look(lines))
      this.#options.onLines(this.#lines.dropped);
  }

  #tell(code: string | null): void {
    if (code === this.#failure) return;
    this.#failure = code;
    this.#options.onError(code);
  }
}

/** The lines that the other end drives. */
export class ModemLines {
  dropped = false;
  #everRaised = false;

  /** Another cable may show nothing; returns whether the lines had dropped. */
  forget(): boolean {
    if (!this.dropped) return false;
    this.dropped = false;
    this.#everRaised = false;
    return true;
  }

  /** Returns whether `dropped` changed. A cable of three wires shows nothing: only a line that was up can drop. */
  look(lines: SerialLines): boolean {
    if (lines === null) return false;
    const raised = lines.cts || lines.dsr || lines.dcd;
    this.#everRaised ||= raised;
    const dropped = this.#everRaised && !raised;
    if (dropped === this.dropped) return false;
    this.dropped = dropped;
    return true;
  }
}
