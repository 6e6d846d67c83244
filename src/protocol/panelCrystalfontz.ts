// What a CFA-635 or CFA-633 is told and what it says, in the packets of panelPacket.ts. The commands that reboot the panel, reset
// the host, switch its power or store a boot state are not in this table on purpose: no mistake of ours can send them.
// Source: data sheet CFA533-TMI-KU, section 9.4; lights of the 635 as LCDproc's CFontzPacket drives them.
import { encodePanelPacket } from './panelPacket.ts';
import type { PanelPacket } from './panelPacket.ts';

const commands = {
  ping: 0x00,
  version: 0x01,
  cursorStyle: 0x0c,
  backlight: 0x0e,
  keyReporting: 0x17,
  text: 0x1f,
  light: 0x22,
} as const;
export type CrystalfontzCommand = keyof typeof commands;

const keyReport = 0x00;
/** Keys by the number in a report of a press; releases have six more. */
const pressedKeys = [null, 'up', 'down', 'left', 'right', 'enter', 'cancel'] as const;
export type CrystalfontzKey = Exclude<(typeof pressedKeys)[number], null>;

/** Green and red half of the four lights of a CFA-635, top to bottom, by the number of their output. */
const lightOutputs = [
  { green: 11, red: 12 },
  { green: 9, red: 10 },
  { green: 7, red: 8 },
  { green: 5, red: 6 },
] as const;

const allKeys = 0x3f;
const fullPercent = 100;

export function pingCommand(echo: Buffer): Buffer {
  return command('ping', echo);
}

export function versionCommand(): Buffer {
  return command('version', Buffer.alloc(0));
}

/** No cursor is shown. */
export function hideCursorCommand(): Buffer {
  return command('cursorStyle', Buffer.from([0]));
}

export function backlightCommand(): Buffer {
  return command('backlight', Buffer.from([fullPercent]));
}

/** Presses are reported, releases are not. */
export function reportPressesCommand(): Buffer {
  return command('keyReporting', Buffer.from([allKeys, 0]));
}

/** Characters of the panel from a place on; column and row count from 0. */
export function textCommand(column: number, row: number, characters: Buffer): Buffer {
  return command('text', Buffer.concat([Buffer.from([column, row]), characters]));
}

/** One half of one light, on or off. */
export function lightCommand(light: number, half: 'green' | 'red', isLit: boolean): Buffer {
  const outputs = lightOutputs[light];
  if (outputs === undefined) throw new RangeError(`a CFA-635 has no light ${light}`);
  return command('light', Buffer.from([outputs[half], isLit ? fullPercent : 0]));
}

function command(name: CrystalfontzCommand, data: Buffer): Buffer {
  return encodePanelPacket({ kind: 'command', code: commands[name], data });
}

export type CrystalfontzNews =
  | { readonly type: 'key'; readonly key: CrystalfontzKey }
  /** Null: a command that is not in the table. */
  | {
      readonly type: 'answer' | 'refusal';
      readonly to: CrystalfontzCommand | null;
      readonly data: Buffer;
    }
  /** A release, a temperature, a command: nothing that is listened to. */
  | { readonly type: 'other' };

export function readCrystalfontzNews({ kind, code, data }: PanelPacket): CrystalfontzNews {
  if (kind === 'report' && code === keyReport && data.length === 1) {
    const key = pressedKeys[data[0] ?? 0] ?? null;
    return key === null ? { type: 'other' } : { type: 'key', key };
  }
  if (kind !== 'response' && kind !== 'error') return { type: 'other' };
  const names = Object.keys(commands) as CrystalfontzCommand[];
  const to = names.find((name) => commands[name] === code) ?? null;
  return { type: kind === 'response' ? 'answer' : 'refusal', to, data };
}

/** Where the character generators of the panels differ from ASCII; the 633 has that of the HD44780. */
const characters635: Readonly<Record<string, number>> = {
  $: 0xa2,
  '@': 0xa0,
  '[': 0xfa,
  '\\': 0xfb,
  ']': 0xfc,
  '^': 0x1d,
  _: 0xc4,
  '`': 0x27,
  '{': 0xfd,
  '|': 0xfe,
  '}': 0xff,
  '~': 0xce,
};
const characters633: Readonly<Record<string, number>> = { '\\': 0x2f, '~': 0x2d };

/** Printable ASCII as the characters of a panel. */
export function crystalfontzCharacters(text: string, model: '635' | '633'): Buffer {
  const special = model === '635' ? characters635 : characters633;
  return Buffer.from([...text].map((letter) => special[letter] ?? letter.charCodeAt(0)));
}
