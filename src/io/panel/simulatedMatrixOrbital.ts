// An LK204-7T-1U of Matrix Orbital as its host sees it, written from the manuals apart from the driver: commands of one length each
// behind 0xFE, text at a cursor that moves on, keys sent at once or kept for a poll, outputs whose lamps shine while they are off.
import { Notebook } from './simulatedDevice.ts';
import type { SimulatedDevice, SimulatedKey } from './simulatedDevice.ts';
import { SimulatedScreen } from './simulatedScreen.ts';

const letters: Readonly<Record<SimulatedKey, string>> = {
  up: 'B',
  down: 'H',
  left: 'D',
  right: 'C',
  enter: 'E',
  cancel: 'A',
};

const moduleType = 0x2b;
const version = 0x30;
const keyBuffer = 10;
const lamps = 3;
const outputs = 6;

type Command = {
  readonly name: string;
  readonly length: number;
  readonly act: (values: readonly number[]) => void;
};

export class SimulatedMatrixOrbital implements SimulatedDevice {
  readonly screen = new SimulatedScreen({ columns: 20, rows: 4, lamps }, letterOf);
  readonly #notes = new Notebook();
  readonly complaints = this.#notes.complaints;
  readonly counts = this.#notes.counts;
  readonly #send: (bytes: Buffer) => void;
  readonly #commands = this.#table();
  /** Of a command that has not come whole. */
  #begun: number[] | null = null;
  #keys: number[] = [];
  #sendsKeys = true;
  #isUnderlined = false;
  #isBlock = false;

  constructor(send: (bytes: Buffer) => void) {
    this.#send = send;
    this.#showCursor();
    // All outputs are off at the start, so both halves of every lamp shine.
    for (const lamp of this.screen.lamps) Object.assign(lamp, { green: true, red: true });
  }

  receive(bytes: Buffer): void {
    for (const byte of bytes) this.#take(byte);
  }

  press(key: SimulatedKey): void {
    const code = letters[key].charCodeAt(0);
    if (this.#sendsKeys) this.#send(Buffer.from([code]));
    else if (this.#keys.length < keyBuffer) this.#keys.push(code);
  }

  #take(byte: number): void {
    if (this.#begun === null) {
      if (byte === 254) this.#begun = [];
      else this.#write(byte);
      return;
    }
    this.#begun.push(byte);
    const [code = 0, ...values] = this.#begun;
    const command = this.#commands.get(code);
    if (command === undefined) {
      this.#notes.complain(`no command: ${code.toString(16)}`);
      this.#begun = null;
    } else if (values.length === command.length) {
      this.#begun = null;
      this.#notes.count(command.name);
      command.act(values);
    }
  }

  #write(code: number): void {
    this.#notes.count('letter');
    const { column, row } = this.screen.cursor;
    this.screen.put(column, row, [code]);
    this.screen.cursor = { column: Math.min(column + 1, this.screen.columns), row };
  }

  #table(): ReadonlyMap<number, Command> {
    const cursor = (change: () => void) => () => {
      change();
      this.#showCursor();
    };
    return new Map([
      entry(0x58, 'clear', 0, () => this.screen.clear()),
      entry(0x48, 'home', 0, () => this.#place(1, 1)),
      entry(0x47, 'cursorPosition', 2, ([column = 0, row = 0]) => this.#place(column, row)),
      entry(
        0x4a,
        'underlineOn',
        0,
        cursor(() => (this.#isUnderlined = true)),
      ),
      entry(
        0x4b,
        'underlineOff',
        0,
        cursor(() => (this.#isUnderlined = false)),
      ),
      entry(
        0x53,
        'blockOn',
        0,
        cursor(() => (this.#isBlock = true)),
      ),
      entry(
        0x54,
        'blockOff',
        0,
        cursor(() => (this.#isBlock = false)),
      ),
      entry(0x42, 'backlightOn', 1, () => (this.screen.isLit = true)),
      entry(0x46, 'backlightOff', 0, () => (this.screen.isLit = false)),
      entry(0x4e, 'glyph', 9, nothing),
      ...[0x43, 0x44].map((code) => entry(code, 'wrap', 0, nothing)),
      ...[0x51, 0x52].map((code) => entry(code, 'scroll', 0, nothing)),
      ...[0x50, 0x99, 0x59, 0x55].map((code) => entry(code, 'level', 1, nothing)),
      entry(0x57, 'outputOn', 1, ([output = 0]) => this.#drive(output, true)),
      entry(0x56, 'outputOff', 1, ([output = 0]) => this.#drive(output, false)),
      entry(0x41, 'sendKeys', 0, () => (this.#sendsKeys = true)),
      entry(0x4f, 'keepKeys', 0, () => (this.#sendsKeys = false)),
      entry(0x45, 'clearKeys', 0, () => (this.#keys = [])),
      entry(0x26, 'poll', 0, () => this.#answerPoll()),
      entry(0x37, 'moduleType', 0, () => this.#send(Buffer.from([moduleType]))),
      entry(0x36, 'version', 0, () => this.#send(Buffer.from([version]))),
      entry(0x35, 'serialNumber', 0, () => this.#send(Buffer.from([0x12, 0x34]))),
    ]);
  }

  #answerPoll(): void {
    const code = this.#keys.shift() ?? 0;
    this.#send(Buffer.from([this.#keys.length > 0 ? code + 128 : code]));
  }

  #place(column: number, row: number): void {
    const { columns, rows } = this.screen;
    if (column < 1 || column > columns || row < 1 || row > rows)
      this.#notes.complain(`no place: ${column} ${row}`);
    else this.screen.cursor = { column: column - 1, row: row - 1 };
  }

  #drive(output: number, isOn: boolean): void {
    const lamp = this.screen.lamps[Math.ceil(output / 2) - 1];
    if (lamp === undefined || output > outputs) {
      this.#notes.complain(`no output: ${output}`);
      return;
    }
    if (output % 2 === 1) lamp.green = !isOn;
    else lamp.red = !isOn;
  }

  #showCursor(): void {
    if (this.#isBlock) this.screen.cursorStyle = this.#isUnderlined ? 'both' : 'block';
    else this.screen.cursorStyle = this.#isUnderlined ? 'underline' : 'none';
  }
}

function entry(code: number, name: string, length: number, act: Command['act']): [number, Command] {
  return [code, { name, length, act }];
}

function nothing(): void {
  // Of no consequence for what is seen.
}

function letterOf(code: number): string {
  if (code < 8) return '▫';
  if (code === 0x5c) return '¥';
  if (code === 0x7e) return '→';
  if (code === 0xff) return '█';
  return code >= 0x20 && code < 0x7e ? String.fromCharCode(code) : '▒';
}
