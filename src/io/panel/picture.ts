// What a panel is to show and what it shows: the difference is what is sent. So nothing queues: however often the page changes, the
// newest one is what the panel is told next.
import { panelLine } from '../../protocol/panelText.ts';
import type { Light } from './panel.ts';

export type Half = 'green' | 'red';

export type Change =
  | {
      readonly type: 'text';
      readonly row: number;
      /** The part that changes: where it begins, and it. */
      readonly column: number;
      readonly text: string;
      /** The row as it is to be. */
      readonly line: string;
    }
  /** A light has a green and a red half; amber is both. */
  | { readonly type: 'half'; readonly light: number; readonly half: Half; readonly isLit: boolean };

export class Picture {
  #columns = 0;
  #rows = 0;
  /** As they were given; at most `mostRows` of them are kept. */
  #page: readonly string[] = [];
  #lights: readonly Light[] = [];
  /** Null: not known. */
  #shownLines: (string | null)[] = [];
  readonly #shownHalves = new Map<string, boolean>();
  /** The dark half of the rhythm of the lights that blink. */
  #isDark = false;

  show(lines: readonly string[]): void {
    this.#page = lines.slice(0, mostRows).map((line) => line.slice(0, longestLine));
  }

  light(lights: readonly Light[]): void {
    this.#lights = lights.slice(0, mostLights);
  }

  /** A panel of this size, of which nothing is known. */
  begin(columns: number, rows: number): void {
    this.#columns = columns;
    this.#rows = rows;
    this.forget();
  }

  /** Everything differs. */
  forget(): void {
    this.#shownLines = Array.from({ length: this.#rows }, () => null);
    this.#shownHalves.clear();
  }

  get blinks(): boolean {
    return this.#lights.some(({ blinks, colour }) => blinks && colour !== 'off');
  }

  blink(): void {
    this.#isDark = !this.#isDark;
  }

  /** The first `most` differences, lights before text: they say most. */
  changes(
    most: number,
    arrange: (lights: readonly Light[]) => readonly Light[],
  ): readonly Change[] {
    return [...this.#changedLights(arrange(this.#lights)), ...this.#changedRows()].slice(0, most);
  }

  /** The panel has been told. */
  told(changes: readonly Change[]): void {
    for (const change of changes) {
      if (change.type === 'text') this.#shownLines[change.row] = change.line;
      else this.#shownHalves.set(halfName(change.light, change.half), change.isLit);
    }
  }

  #changedLights(lights: readonly Light[]): readonly Change[] {
    return lights.flatMap(({ colour, blinks }, light) =>
      halves.flatMap((half): readonly Change[] => {
        const isLit = !(blinks && this.#isDark) && (colour === half || colour === 'amber');
        const isShown = this.#shownHalves.get(halfName(light, half)) === isLit;
        return isShown ? [] : [{ type: 'half', light, half, isLit }];
      }),
    );
  }

  #changedRows(): readonly Change[] {
    return this.#shownLines.flatMap((shown, row): readonly Change[] => {
      const line = panelLine(this.#page[row] ?? '', this.#columns);
      if (shown === null) return [{ type: 'text', row, column: 0, text: line, line }];
      const span = changedSpan(shown, line);
      return span === null ? [] : [{ type: 'text', row, ...span, line }];
    });
  }
}

const halves = ['green', 'red'] as const;
/** More than any panel has. */
const mostRows = 16;
const mostLights = 16;
const longestLine = 400;

function halfName(light: number, half: Half): string {
  return `${light} ${half}`;
}

/** From the first to the last letter that differs, of two lines of one length. */
function changedSpan(from: string, to: string): { column: number; text: string } | null {
  const differs = [...to].map((letter, index) => letter !== from[index]);
  const column = differs.indexOf(true);
  return column < 0 ? null : { column, text: to.slice(column, differs.lastIndexOf(true) + 1) };
}
