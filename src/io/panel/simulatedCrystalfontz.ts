// A CFA-635 or CFA-633 as its host sees it, written from the data sheet apart from the driver: other reader, other checksum code,
// other tables. It answers like the real one, refuses what the real one refuses, and never does what needs power or reset wires.
import { Notebook } from './simulatedDevice.ts';
import type { SimulatedDevice, SimulatedKey } from './simulatedDevice.ts';
import { SimulatedScreen } from './simulatedScreen.ts';
import type { CursorStyle } from './simulatedScreen.ts';

type Model = '635' | '633';

const sizes = {
  '635': { columns: 20, rows: 4, lamps: 4 },
  '633': { columns: 16, rows: 2, lamps: 0 },
} as const;

const cursorStyles: readonly CursorStyle[] = ['none', 'block', 'underline', 'both', 'inverted'];

/** Bit in the masks, number of the press; the release has six more. */
const keyNumbers: Readonly<Record<SimulatedKey, { bit: number; press: number }>> = {
  up: { bit: 0x01, press: 1 },
  down: { bit: 0x20, press: 2 },
  left: { bit: 0x08, press: 3 },
  right: { bit: 0x10, press: 4 },
  enter: { bit: 0x02, press: 5 },
  cancel: { bit: 0x04, press: 6 },
};

type Command = {
  readonly name: string;
  readonly fits: (data: Buffer) => boolean;
  /** Returns the data of the answer, where it has any. */
  readonly act: (data: Buffer) => Buffer | void;
};
type Entry = [number, Command];

export class SimulatedCrystalfontz implements SimulatedDevice {
  readonly screen: SimulatedScreen;
  readonly #notes = new Notebook();
  readonly complaints = this.#notes.complaints;
  readonly counts = this.#notes.counts;
  readonly #model: Model;
  readonly #send: (bytes: Buffer) => void;
  readonly #commands: ReadonlyMap<number, Command>;
  #bytes: number[] = [];
  #pressMask = 0x3f;
  #releaseMask = 0x3f;

  constructor(model: Model, send: (bytes: Buffer) => void) {
    this.#model = model;
    this.#send = send;
    this.screen = new SimulatedScreen(sizes[model], model === '635' ? letterOf635 : letterOf633);
    this.#commands = this.#table();
  }

  receive(bytes: Buffer): void {
    for (const byte of bytes) {
      this.#bytes.push(byte);
      this.#scan();
    }
  }

  press(key: SimulatedKey): void {
    const { bit, press } = keyNumbers[key];
    if (this.#pressMask & bit) this.#send(sealed(0x80, [press]));
    if (this.#releaseMask & bit) this.#send(sealed(0x80, [press + 6]));
  }

  /** Looks for one whole packet at the front; a byte that begins none is left out. */
  #scan(): void {
    while (this.#bytes.length > 1) {
      const [type = 0, size = 0] = this.#bytes;
      const isTooLong = size > (this.#model === '635' ? 22 : 18);
      if (!isTooLong && this.#bytes.length < size + 4) return;
      const body = this.#bytes.slice(0, size + 2);
      const low = this.#bytes[size + 2] ?? 0;
      const high = this.#bytes[size + 3] ?? 0;
      if (isTooLong || checksum(body) !== high * 256 + low) {
        this.#notes.complain(`noise: ${type.toString(16)}`);
        this.#bytes = this.#bytes.slice(1);
        continue;
      }
      this.#bytes = this.#bytes.slice(size + 4);
      this.#obey(type, Buffer.from(body.slice(2)));
    }
  }

  #obey(type: number, data: Buffer): void {
    const command = this.#commands.get(type);
    if (command === undefined || !command.fits(data)) {
      this.#notes.complain(`refused: ${type.toString(16)} ${data.toString('hex')}`);
      // What is no command at all gets no answer; an illegal one is refused.
      if (type < 0x40) this.#send(sealed(0xc0 + type, []));
      return;
    }
    this.#notes.count(command.name);
    const answer = command.act(data) ?? Buffer.alloc(0);
    this.#send(sealed(0x40 + type, answer));
  }

  #table(): ReadonlyMap<number, Command> {
    return new Map([...this.#whole(), ...this.#written(), ...this.#looks(), ...this.#rest()]);
  }

  /** What concerns the panel as a whole. */
  #whole(): readonly Entry[] {
    const version = Buffer.from(`CFA${this.#model}:h1.3,s2.0`.padEnd(16));
    return [
      entry(0x00, 'ping', (data) => data.length <= 16, same),
      entry(0x01, 'version', isEmpty, () => version),
      entry(0x06, 'clear', isEmpty, () => this.screen.clear()),
    ];
  }

  #written(): readonly Entry[] {
    const isText = (data: Buffer): boolean =>
      data.length >= 3 && data.length <= 22 && this.#isPlace(data);
    const isRow = (data: Buffer): boolean => this.#model === '633' && data.length === 16;
    return [
      entry(0x07, 'row', isRow, (data) => this.screen.put(0, 0, data)),
      entry(0x08, 'row', isRow, (data) => this.screen.put(0, 1, data)),
      entry(0x1f, 'text', isText, (data) =>
        this.screen.put(data[0] ?? 0, data[1] ?? 0, data.subarray(2)),
      ),
    ];
  }

  #looks(): readonly Entry[] {
    const styles = this.#model === '635' ? 5 : 4;
    return [
      entry(
        0x0b,
        'cursorPosition',
        (data) => data.length === 2 && this.#isPlace(data),
        ([column = 0, row = 0]) => {
          this.screen.cursor = { column, row };
        },
      ),
      entry(
        0x0c,
        'cursorStyle',
        (data) => data.length === 1 && (data[0] ?? styles) < styles,
        ([style = 0]) => {
          this.screen.cursorStyle = cursorStyles[style] ?? 'none';
        },
      ),
      entry(0x0d, 'contrast', (data) => data.length === 1, nothing),
      entry(0x0e, 'backlight', isLevel, ([percent = 0]) => {
        this.screen.isLit = percent > 0;
      }),
    ];
  }

  #rest(): readonly Entry[] {
    return [
      entry(0x09, 'glyph', (data) => data.length === 9 && (data[0] ?? 9) < 8, nothing),
      entry(0x15, 'liveDisplay', (data) => data.length >= 2 && (data[0] ?? 9) < 8, nothing),
      entry(
        0x17,
        'keyReporting',
        (data) => data.length === 2,
        ([press = 0, release = 0]) => {
          this.#pressMask = press;
          this.#releaseMask = release;
        },
      ),
      entry(0x22, 'output', isOutput, ([output = 0, percent = 0]) =>
        this.#drive(output, percent > 0),
      ),
    ];
  }

  #isPlace(data: Buffer): boolean {
    return (data[0] ?? 99) < this.screen.columns && (data[1] ?? 99) < this.screen.rows;
  }

  /** Outputs 5 to 12 are lamps from the bottom up, red before green in each pair but named the other way round. */
  #drive(output: number, isOn: boolean): void {
    if (output < 5) return;
    const lamp = this.screen.lamps[3 - Math.floor((output - 5) / 2)];
    if (lamp === undefined) return;
    if (output % 2 === 1) lamp.green = isOn;
    else lamp.red = isOn;
  }
}

function entry(code: number, name: string, fits: Command['fits'], act: Command['act']): Entry {
  return [code, { name, fits, act }];
}

function same(data: Buffer): Buffer {
  return data;
}

/** One level for display and keys, or one for each. */
function isLevel(data: Buffer): boolean {
  return (data.length === 1 || data.length === 2) && data.every((percent) => percent <= 100);
}

function isOutput(data: Buffer): boolean {
  const [output = 99, percent = 255] = data;
  return data.length === 2 && output <= 12 && percent <= 100;
}

function isEmpty(data: Buffer): boolean {
  return data.length === 0;
}

function nothing(): void {
  // Of no consequence for what is seen.
}

/** Type, size, data, checksum. */
function sealed(type: number, data: Iterable<number>): Buffer {
  const body = [...data];
  const front = [type, body.length, ...body];
  const sum = checksum(front);
  return Buffer.from([...front, sum % 256, Math.floor(sum / 256)]);
}

/** The checksum as a division of polynomials, most significant bit first, over the bits in the order in which a line sends them. */
function checksum(bytes: readonly number[]): number {
  let rest = 0xffff;
  for (const byte of bytes) {
    for (let bit = 0; bit < 8; bit += 1) {
      const incoming = (byte >> bit) & 1;
      const outgoing = rest >> 15;
      rest = (rest << 1) & 0xffff;
      if (incoming !== outgoing) rest ^= 0x1021;
    }
  }
  let turned = 0;
  for (let bit = 0; bit < 16; bit += 1) if ((rest >> bit) & 1) turned += 2 ** (15 - bit);
  return 0xffff - turned;
}

/** A glyph that the host has drawn itself. */
const ownGlyph = '▫';
const unknownGlyph = '▒';
const special635 = new Map<number, string>([
  [0xa2, '$'],
  [0xa0, '@'],
  [0xfa, '['],
  [0xfb, '\\'],
  [0xfc, ']'],
  [0x1d, '^'],
  [0xc4, '_'],
  [0xfd, '{'],
  [0xfe, '|'],
  [0xff, '}'],
  [0xce, '~'],
]);
/** Codes of ASCII under which the panel has something else. */
const foreign635 = '$@[\\]^_`{|}~';

function letterOf635(code: number): string {
  if (code < 16) return ownGlyph;
  const letter = String.fromCharCode(code);
  if (code >= 0x20 && code < 0x7f && !foreign635.includes(letter)) return letter;
  return special635.get(code) ?? unknownGlyph;
}

function letterOf633(code: number): string {
  if (code < 16) return ownGlyph;
  if (code === 0x5c) return '¥';
  if (code === 0x7e) return '→';
  return code >= 0x20 && code < 0x7e ? String.fromCharCode(code) : unknownGlyph;
}
