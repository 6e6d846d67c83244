// The lines that a client of LCDproc's server LCDd sends and hears (protocol 0.3, TCP). LCDd answers every command, some twice, and
// tells its news in between; so each question ends with `noop`, whose answer nothing else has. Source: LCDproc developer's guide.

/** What a line may have; LCDd's own are far shorter. */
const longestLine = 512;
const screen = 'hotpair';

/** The display that LCDd tells of; what is larger is used in part, what is smaller is none. */
const narrowest = 8;
const widest = 40;
const mostRows = 8;

const keyNames = {
  Up: 'up',
  Down: 'down',
  Left: 'left',
  Right: 'right',
  Enter: 'enter',
  Escape: 'cancel',
} as const;
export type LcdprocKey = (typeof keyNames)[keyof typeof keyNames];

const done = 'noop complete';

export function helloLines(): string {
  return 'hello\n';
}

/** Asks for the name of the driver that LCDd uses. */
export function infoLines(): string {
  return lines(['info']);
}

/** One screen that stays in front of those of ordinary clients, one string for each row, and the keys. */
export function setUpLines(rows: number): string {
  return lines([
    `client_set -name ${screen}`,
    `screen_add ${screen}`,
    `screen_set ${screen} -heartbeat off -priority foreground -backlight on`,
    ...rowNumbers(rows).map((row) => `widget_add ${screen} row${row} string`),
    ...Object.keys(keyNames).map((name) => `client_add_key ${name}`),
  ]);
}

/** Whole rows of printable ASCII, and the outputs where they change. */
export function changeLines(
  rows: readonly { readonly row: number; readonly text: string }[],
  output: number | null,
): string {
  return lines([
    ...rows.map(
      ({ row, text }) => `widget_set ${screen} row${row + 1} 1 ${row + 1} ${quoted(text)}`,
    ),
    ...(output === null ? [] : [`output ${output}`]),
  ]);
}

/** Nothing but the question whether LCDd is there. */
export function pingLines(): string {
  return lines([]);
}

function lines(commands: readonly string[]): string {
  return [...commands, 'noop', ''].join('\n');
}

function rowNumbers(rows: number): readonly number[] {
  return Array.from({ length: rows }, (_, index) => index + 1);
}

/** LCDd reads a backslash as the beginning of a special character, also within quotes. */
function quoted(text: string): string {
  return `"${text.replaceAll('"', "'").replaceAll('\\', '/')}"`;
}

export type LcdprocNews =
  | {
      readonly type: 'connected';
      readonly version: string;
      readonly columns: number;
      readonly rows: number;
    }
  | { readonly type: 'done' }
  | { readonly type: 'key'; readonly key: LcdprocKey }
  /** LCDd, or another of its clients, has the key for itself. */
  | { readonly type: 'keyRefused'; readonly key: LcdprocKey }
  /** `success`, `huh?`, `listen`, and the text of `info`. */
  | { readonly type: 'text'; readonly text: string };

/** Null: a display on which nothing can be shown. */
export function readLcdprocLine(line: string): LcdprocNews | null {
  if (line === done) return { type: 'done' };
  const key = keyNamed(/^key (?:\S+ )?(\S+)$/.exec(line)?.[1]);
  if (key !== null) return { type: 'key', key };
  const refused = keyNamed(/^huh\? Could not reserve key "(\w+)"$/.exec(line)?.[1]);
  if (refused !== null) return { type: 'keyRefused', key: refused };
  if (line.startsWith('connect ')) return readConnect(line);
  return { type: 'text', text: line };
}

function keyNamed(name: string | undefined): LcdprocKey | null {
  return name !== undefined && Object.hasOwn(keyNames, name)
    ? keyNames[name as keyof typeof keyNames]
    : null;
}

function readConnect(line: string): LcdprocNews | null {
  const columns = Number(/ wid (\d{1,4})\b/.exec(line)?.[1] ?? '0');
  const rows = Number(/ hgt (\d{1,4})\b/.exec(line)?.[1] ?? '0');
  if (columns < narrowest || rows < 1) return null;
  return {
    type: 'connected',
    version: /^connect LCDproc ([\w.-]{1,20})/.exec(line)?.[1] ?? '?',
    columns: Math.min(columns, widest),
    rows: Math.min(rows, mostRows),
  };
}

/** Cuts what comes into lines; one that is too long is left out whole. */
export class LineReader {
  readonly #onLine: (line: string) => void;
  #held = '';
  #isOverlong = false;

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(bytes: Buffer): void {
    const pieces = bytes.toString('latin1').split('\n');
    for (const [index, piece] of pieces.entries()) {
      this.#isOverlong ||= this.#held.length + piece.length > longestLine;
      this.#held = this.#isOverlong ? '' : this.#held + piece;
      if (index < pieces.length - 1) this.#end();
    }
  }

  reset(): void {
    this.#held = '';
    this.#isOverlong = false;
  }

  #end(): void {
    const line = this.#held.replace(/\r$/, '');
    const isWhole = !this.#isOverlong;
    this.reset();
    if (isWhole) this.#onLine(line);
  }
}
