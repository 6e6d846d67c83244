// The bytes of Matrix Orbital panels, here the LK204-7T-1U: commands begin with 0xFE, everything else is text at the cursor. There is
// no checksum and no acknowledgement, so every command is followed by a poll of the keypad: its one byte says that the panel has
// worked through what stood before it. Sources: manuals LK204-24-USB and PK202-25, and programs that others wrote for an LK204-7T-1U.

const prefix = 0xfe;
const codes = {
  autoTransmitOff: 0x4f,
  clearKeys: 0x45,
  pollKeys: 0x26,
  moduleType: 0x37,
  scrollOff: 0x52,
  wrapOff: 0x44,
  underlineOff: 0x4b,
  blockOff: 0x54,
  backlightOn: 0x42,
  cursor: 0x47,
  outputOff: 0x56,
  outputOn: 0x57,
} as const;

/** The keypad as it is laid out on the LK204-7T-1U: a cross, and two keys at its left; `G` has no use here. */
const keys: Readonly<Record<string, MatrixOrbitalKey>> = {
  A: 'cancel',
  B: 'up',
  C: 'right',
  D: 'left',
  E: 'enter',
  H: 'down',
};
export type MatrixOrbitalKey = 'up' | 'down' | 'left' | 'right' | 'enter' | 'cancel';
const otherKeys = 'FGIJKLMNOPQRSTUVWXY';
/** Set in the answer to a poll while more keys wait. */
const moreKeys = 0x80;

/** Whose answer this program has been written for; others are named by their number. */
const moduleNames: Readonly<Record<number, string>> = {
  0x09: 'LK204-25',
  0x2b: 'LK204-7T-1U',
  0x2c: 'LK204-7T-1U-USB',
};

/** Three lights of two halves, whose outputs shine while they are off: green is the odd one, red the even one. */
export const matrixOrbitalLights = 3;

/** Keys are kept for the poll, not sent unasked: else an answer could not be told from a key. */
export function keepKeysCommand(): Buffer {
  return command('autoTransmitOff');
}

export function clearKeysCommand(): Buffer {
  return command('clearKeys');
}

export function moduleTypeCommand(): Buffer {
  return command('moduleType');
}

export function pollKeysCommand(): Buffer {
  return command('pollKeys');
}

/** No scrolling, no wrapping, no cursor, light without end. */
export function displayCommands(): Buffer {
  return Buffer.concat([
    command('scrollOff'),
    command('wrapOff'),
    command('underlineOff'),
    command('blockOff'),
    command('backlightOn', 0),
  ]);
}

/** Printable ASCII from a place on; column and row count from 0. */
export function matrixOrbitalText(column: number, row: number, text: string): Buffer {
  return Buffer.concat([command('cursor', column + 1, row + 1), matrixOrbitalCharacters(text)]);
}

/** One half of one light, on or off. */
export function matrixOrbitalLight(light: number, half: 'green' | 'red', isLit: boolean): Buffer {
  if (light < 0 || light >= matrixOrbitalLights)
    throw new RangeError(`a panel without light ${light}`);
  const output = 2 * light + (half === 'green' ? 1 : 2);
  return command(isLit ? 'outputOff' : 'outputOn', output);
}

/** These have the character generator of the HD44780: a yen sign and an arrow stand where two of ASCII were. */
function matrixOrbitalCharacters(text: string): Buffer {
  return Buffer.from(text.replaceAll('\\', '/').replaceAll('~', '-'), 'latin1');
}

function command(name: keyof typeof codes, ...values: readonly number[]): Buffer {
  return Buffer.from([prefix, codes[name], ...values]);
}

export type PollAnswer = {
  /** Null: none was pressed, or one without a use. */
  readonly key: MatrixOrbitalKey | null;
  readonly hasMore: boolean;
};

/** Null: no panel answers a poll so. */
export function readPollAnswer(byte: number): PollAnswer | null {
  const hasMore = (byte & moreKeys) !== 0;
  const code = byte & ~moreKeys;
  if (code === 0) return hasMore ? null : { key: null, hasMore };
  const letter = String.fromCharCode(code);
  const key = keys[letter] ?? null;
  return key === null && !otherKeys.includes(letter) ? null : { key, hasMore };
}

export function moduleName(type: number): string {
  return moduleNames[type] ?? `module 0x${type.toString(16).padStart(2, '0')}`;
}
