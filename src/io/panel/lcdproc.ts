// The dialect of LCDproc: LCDd drives the panel, hotpair is one of its clients with a screen of its own. LCDd works through what it
// is sent a few times a second, so that all changes go together. It does not tell when its panel is gone.
import {
  changeLines,
  helloLines,
  infoLines,
  LineReader,
  pingLines,
  readLcdprocLine,
  setUpLines,
} from '../../protocol/panelLcdproc.ts';
import { panelLine } from '../../protocol/panelText.ts';
import type { Dialect, Hearer } from './dialect.ts';
import { arrangeOnThree } from './matrixOrbital.ts';
import type { Light } from './panel.ts';
import type { Change } from './picture.ts';

const longestInfo = 60;

type IsLit = (light: number, half: 'green' | 'red') => boolean;

/** How the lights of a panel stand in the number that `output` takes. */
type Wiring = {
  readonly arrange: (lights: readonly Light[]) => readonly Light[];
  readonly output: (isLit: IsLit) => number;
};

/** Bits 0 to 3 are the green halves from the top, 4 to 7 the red ones. */
const wiring635: Wiring = {
  arrange: (lights) => lights.slice(0, 4),
  output: (isLit) =>
    bits([0, 1, 2, 3].map((light) => isLit(light, 'green'))) +
    (bits([0, 1, 2, 3].map((light) => isLit(light, 'red'))) << 4),
};

/** Three pairs, green before red; a light shines while its output is off. */
const wiringLk204: Wiring = {
  arrange: arrangeOnThree,
  output: (isLit) =>
    bits([0, 1, 2].flatMap((light) => [!isLit(light, 'green'), !isLit(light, 'red')])),
};

/** By what LCDd says of its driver. Outputs of any other panel may switch anything, and are left alone. */
const wirings: readonly { readonly name: RegExp; readonly wiring: Wiring }[] = [
  { name: /CFA-635/, wiring: wiring635 },
  { name: /LK204-7T-1U/, wiring: wiringLk204 },
];

export function lcdprocDialect(): Dialect {
  return new LcdprocDialect();
}

class LcdprocDialect implements Dialect {
  readonly keys = ['up', 'down', 'left', 'right', 'enter', 'cancel'] as const;
  /** LCDd that waits for its own panel is slow to answer; what is lost on the way TCP sends again. */
  readonly answerMs = 5000;
  readonly tries = 1;
  readonly idleMs = 1000;
  /** A new LCDd is a new connection. */
  readonly refreshMs = null;
  readonly changesAtOnce = 64;
  #columns = 20;
  #rows = 4;
  #wiring: Wiring | null = null;
  readonly #lit = new Map<string, boolean>();
  readonly #reader = new LineReader((line) => this.#line(line));
  #hearer: Hearer | null = null;
  #asked: 'hello' | 'info' | 'other' | null = null;
  #said = '';

  get columns(): number {
    return this.#columns;
  }

  get rows(): number {
    return this.#rows;
  }

  arrange(lights: readonly Light[]): readonly Light[] {
    return this.#wiring?.arrange(lights) ?? [];
  }

  begin(): void {
    this.#reader.reset();
    this.#asked = null;
    this.#wiring = null;
    this.#lit.clear();
  }

  introduction(): readonly (() => Buffer)[] {
    return [() => this.#asks('hello', helloLines()), () => this.#asks('info', infoLines())];
  }

  setUp(): readonly (() => Buffer)[] {
    return [() => this.#asks('other', setUpLines(this.#rows))];
  }

  tell(changes: readonly Change[]): Buffer {
    const rows = changes.flatMap((change) =>
      change.type === 'text' ? [{ row: change.row, text: change.line }] : [],
    );
    const halves = changes.flatMap((change) => (change.type === 'half' ? [change] : []));
    for (const { light, half, isLit } of halves) this.#lit.set(`${light} ${half}`, isLit);
    const isLit: IsLit = (light, half) => this.#lit.get(`${light} ${half}`) ?? false;
    const output = halves.length === 0 ? null : (this.#wiring?.output(isLit) ?? null);
    return this.#asks('other', changeLines(rows, output));
  }

  ping(): Buffer {
    return this.#asks('other', pingLines());
  }

  hear(bytes: Buffer, hearer: Hearer): void {
    this.#hearer = hearer;
    this.#reader.push(bytes);
  }

  silence(): void {
    // Lines that did not come are not in the ones that did.
  }

  #asks(what: 'hello' | 'info' | 'other', lines: string): Buffer {
    this.#asked = what;
    return Buffer.from(lines, 'latin1');
  }

  #line(line: string): void {
    const news = readLcdprocLine(line);
    if (news === null) return;
    switch (news.type) {
      case 'connected': {
        if (this.#asked !== 'hello') return;
        this.#columns = news.columns;
        this.#rows = news.rows;
        this.#answers(`LCDproc ${news.version}`);
        return;
      }
      case 'done': {
        if (this.#asked === 'info') this.#knows(this.#said);
        else if (this.#asked === 'other') this.#answers();
        return;
      }
      case 'key': {
        this.#hearer?.key(news.key);
        return;
      }
      case 'text': {
        this.#said = news.text;
      }
    }
  }

  #knows(info: string): void {
    this.#wiring = wirings.find(({ name }) => name.test(info))?.wiring ?? null;
    this.#answers(panelLine(info, longestInfo).trim());
  }

  #answers(said?: string): void {
    this.#asked = null;
    this.#hearer?.answered(said);
  }
}

function bits(lit: readonly boolean[]): number {
  return lit.reduce((sum, isLit, bit) => sum + (isLit ? 1 << bit : 0), 0);
}
