// What a simulated panel shows: characters, a cursor, lights. Independent of the drivers on purpose: tests and `hotpair panel simulate`
// look at what a real panel would make of the bytes, with code that shares nothing with the code that made them.

export type CursorStyle = 'none' | 'block' | 'underline' | 'both' | 'inverted';
export type LampColour = 'off' | 'green' | 'amber' | 'red';

/** Everything that a person sees of a panel at one moment. */
export type PanelPicture = {
  readonly lines: readonly string[];
  readonly lamps: readonly LampColour[];
  readonly isLit: boolean;
};

const cursorGlyphs: Readonly<Record<CursorStyle, string | null>> = {
  none: null,
  block: '█',
  underline: '_',
  both: '▟',
  inverted: '▓',
};

const space = 0x20;

export class SimulatedScreen {
  readonly columns: number;
  readonly rows: number;
  /** Green and red half of each lamp. */
  readonly lamps: { green: boolean; red: boolean }[];
  readonly #letterOf: (code: number) => string;
  readonly #codes: number[];
  cursor = { column: 0, row: 0 };
  cursorStyle: CursorStyle = 'block';
  isLit = true;

  constructor(
    size: { readonly columns: number; readonly rows: number; readonly lamps: number },
    letterOf: (code: number) => string,
  ) {
    this.columns = size.columns;
    this.rows = size.rows;
    this.lamps = Array.from({ length: size.lamps }, () => ({ green: false, red: false }));
    this.#letterOf = letterOf;
    this.#codes = Array.from({ length: size.columns * size.rows }, () => space);
  }

  clear(): void {
    this.#codes.fill(space);
    this.cursor = { column: 0, row: 0 };
  }

  /** What falls off the right edge is lost, as on a panel that does not wrap. */
  put(column: number, row: number, codes: Iterable<number>): void {
    let at = column;
    for (const code of codes) {
      if (at < this.columns && row < this.rows) this.#codes[row * this.columns + at] = code;
      at += 1;
    }
  }

  /** Characters without the cursor. */
  lines(): readonly string[] {
    return Array.from({ length: this.rows }, (_, row) =>
      this.#codes
        .slice(row * this.columns, (row + 1) * this.columns)
        .map(this.#letterOf)
        .join(''),
    );
  }

  picture(): PanelPicture {
    const glyph = cursorGlyphs[this.cursorStyle];
    const lines = this.lines().map((line, row) => {
      if (glyph === null || row !== this.cursor.row) return line;
      const { column } = this.cursor;
      return line.slice(0, column) + glyph + line.slice(column + 1);
    });
    const lamps = this.lamps.map(({ green, red }): LampColour => {
      if (green) return red ? 'amber' : 'green';
      return red ? 'red' : 'off';
    });
    return { lines, lamps, isLit: this.isLit };
  }
}
