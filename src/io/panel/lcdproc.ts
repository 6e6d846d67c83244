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
import type { Light, PanelKey } from './panel.ts';
import type { Change } from './picture.ts';

const longestInfo = 60;
const everyKey: readonly PanelKey[] = ['up', 'down', 'left', 'right', 'enter', 'cancel'];

/**
 * What LCDd says of the one panel whose outputs are known to be lights: bits 0 to 3 are the green halves from the top, 4 to 7 the red
 * ones. Outputs of any other panel may switch anything, and are left alone; which panel of Matrix Orbital it has LCDd cannot tell,
 * because it does not wait for the answer.
 */
const panelWithLights = /CFA-635/;
const lightsOf635 = 4;
const bitOfHalf = { green: 0, red: lightsOf635 } as const;

export function lcdprocDialect(): Dialect {
  return new LcdprocDialect();
}

class LcdprocDialect implements Dialect {
  /** LCDd that waits for its own panel is slow to answer; what is lost on the way TCP sends again. */
  readonly answerMs = 5000;
  readonly tries = 1;
  readonly idleMs = 1000;
  /** A new LCDd is a new connection. */
  readonly refreshMs = null;
  readonly changesAtOnce = 64;
  #columns = 20;
  #rows = 4;
  #keys = everyKey;
  #hasLights = false;
  #output = 0;
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

  /** Without those that LCDd keeps for its menu or another client. */
  get keys(): readonly PanelKey[] {
    return this.#keys;
  }

  arrange(lights: readonly Light[]): readonly Light[] {
    return this.#hasLights ? lights.slice(0, lightsOf635) : [];
  }

  begin(): void {
    this.#reader.reset();
    this.#asked = null;
    this.#keys = everyKey;
    this.#hasLights = false;
    this.#output = 0;
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
    for (const { light, half, isLit } of halves) {
      const bit = 1 << (light + bitOfHalf[half]);
      this.#output = isLit ? this.#output | bit : this.#output & ~bit;
    }
    const output = halves.length === 0 ? null : this.#output;
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
      case 'keyRefused': {
        this.#keys = this.#keys.filter((key) => key !== news.key);
        return;
      }
      case 'text': {
        this.#said = news.text;
      }
    }
  }

  #knows(info: string): void {
    this.#hasLights = panelWithLights.test(info);
    this.#answers(panelLine(info, longestInfo).trim());
  }

  #answers(said?: string): void {
    this.#asked = null;
    this.#hearer?.answered(said);
  }
}
