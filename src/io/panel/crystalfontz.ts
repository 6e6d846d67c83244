// The dialect of Crystalfontz CFA-635 (20 by 4, six keys, four lights) and CFA-633 (16 by 2, six keys, no lights: its outputs may be
// wired to anything, so they are left alone). Every command is acknowledged within 250 ms.
import {
  backlightCommand,
  crystalfontzCharacters,
  hideCursorCommand,
  lightCommand,
  pingCommand,
  readCrystalfontzNews,
  reportPressesCommand,
  textCommand,
  versionCommand,
} from '../../protocol/panelCrystalfontz.ts';
import type { CrystalfontzCommand } from '../../protocol/panelCrystalfontz.ts';
import { PanelPacketReader } from '../../protocol/panelPacket.ts';
import type { PanelPacket } from '../../protocol/panelPacket.ts';
import { panelLine } from '../../protocol/panelText.ts';
import type { Dialect, Hearer } from './dialect.ts';
import type { Light } from './panel.ts';
import type { Change } from './picture.ts';

export type CrystalfontzModel = '635' | '633';

const sizes = { '635': { columns: 20, rows: 4 }, '633': { columns: 16, rows: 2 } } as const;
const lightsOf635 = 4;
const echoBytes = 2;
const versionLength = 16;

export function crystalfontzDialect(model: CrystalfontzModel): Dialect {
  return new CrystalfontzDialect(model);
}

class CrystalfontzDialect implements Dialect {
  readonly keys = ['up', 'down', 'left', 'right', 'enter', 'cancel'] as const;
  readonly answerMs = 250;
  readonly tries = 3;
  readonly idleMs = 1000;
  readonly refreshMs = 60_000;
  readonly changesAtOnce = 1;
  readonly #configured: CrystalfontzModel;
  #model: CrystalfontzModel;
  readonly #reader = new PanelPacketReader((packet) => this.#packet(packet));
  #hearer: Hearer | null = null;
  /** The command whose answer is waited for; a late answer to another one counts for nothing. */
  #asked: CrystalfontzCommand | null = null;
  /** What the last ping carries: an answer to an older one differs. */
  #echo = Buffer.alloc(0);
  #pings = 0;

  constructor(model: CrystalfontzModel) {
    this.#configured = model;
    this.#model = model;
  }

  get columns(): number {
    return sizes[this.#model].columns;
  }

  get rows(): number {
    return sizes[this.#model].rows;
  }

  arrange(lights: readonly Light[]): readonly Light[] {
    return this.#model === '635' ? lights.slice(0, lightsOf635) : [];
  }

  begin(): void {
    this.#reader.reset();
    this.#asked = null;
    this.#model = this.#configured;
  }

  introduction(): readonly (() => Buffer)[] {
    return [() => this.ping(), () => this.#asks('version', versionCommand())];
  }

  setUp(): readonly (() => Buffer)[] {
    return [
      () => this.#asks('keyReporting', reportPressesCommand()),
      () => this.#asks('cursorStyle', hideCursorCommand()),
      () => this.#asks('backlight', backlightCommand()),
    ];
  }

  tell([change]: readonly Change[]): Buffer {
    if (change === undefined) return this.ping();
    if (change.type === 'half')
      return this.#asks('light', lightCommand(change.light, change.half, change.isLit));
    const characters = crystalfontzCharacters(change.text, this.#model);
    return this.#asks('text', textCommand(change.column, change.row, characters));
  }

  ping(): Buffer {
    this.#echo = Buffer.alloc(echoBytes);
    this.#pings = (this.#pings + 1) & 0xffff;
    this.#echo.writeUInt16LE(this.#pings);
    return this.#asks('ping', pingCommand(this.#echo));
  }

  hear(bytes: Buffer, hearer: Hearer): void {
    this.#hearer = hearer;
    this.#reader.push(bytes);
  }

  silence(hearer: Hearer): void {
    this.#hearer = hearer;
    this.#reader.settle();
  }

  #asks(command: CrystalfontzCommand, bytes: Buffer): Buffer {
    this.#asked = command;
    return bytes;
  }

  #packet(packet: PanelPacket): void {
    const news = readCrystalfontzNews(packet);
    if (news.type === 'key') this.#hearer?.key(news.key);
    if (news.type === 'answer' || news.type === 'refusal') this.#answer(news);
  }

  /** A refusal answers too: a panel that does not know a command works without it. */
  #answer({
    type,
    to,
    data,
  }: {
    type: 'answer' | 'refusal';
    to: string | null;
    data: Buffer;
  }): void {
    const isLate = to === 'ping' && type === 'answer' && !data.equals(this.#echo);
    if (to === null || to !== this.#asked || isLate) return;
    this.#asked = null;
    if (to !== 'version') this.#hearer?.answered();
    else this.#knows(panelLine(data.toString('latin1'), versionLength).trim());
  }

  /** What the panel says of itself goes before the configuration: it would take a text that is too long for noise. */
  #knows(version: string): void {
    const model = /^CFA(635|633)/.exec(version)?.[1];
    if (model === '635' || model === '633') this.#model = model;
    this.#hearer?.answered(version);
  }
}
