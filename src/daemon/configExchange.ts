// The two boxes show each other their configurations, when a person asks for it: questions and pages over the paths that carry large
// datagrams. The core hears nothing of it.
import { randomBytes } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { decodeConfigPage, encodeConfigPage, pageBytes } from '../protocol/configPage.ts';
import type { ConfigPage } from '../protocol/configPage.ts';
import { HotpairError } from '../protocol/hotpairError.ts';

const tryMs = 300;
const tries = 12;
/** However many questions somebody has recorded, answers are bounded. */
const answersPerSecond = 100;
const mostPages = 64;
const longestContent = 1024 * 1024;
const notPossibleNow = 4;

export type ConfigExchangeOptions = {
  readonly self: string;
  readonly pairId: string;
  /** Keys for the pages, the one to send with first. */
  readonly keys: () => readonly Buffer[];
  readonly send: (datagram: Buffer) => void;
  /** What this box shows of itself. */
  readonly content: () => string;
  /** A monotonic clock in milliseconds. */
  readonly now: () => number;
};

export class ConfigExchange {
  readonly #given: ConfigExchangeOptions;
  #answered: { readonly question: string; readonly bytes: Buffer } | null = null;
  #answers = 0;
  #answersSince = -Infinity;
  #asked: { readonly question: string; readonly heard: (page: ConfigPage) => void } | null = null;

  constructor(options: ConfigExchangeOptions) {
    this.#given = options;
  }

  /** What the other box shows. Throws HotpairError PEER_NOT_ANSWERING, CONFIG_PAGES or COMMAND_BUSY. */
  async ask(): Promise<string> {
    if (this.#asked !== null) {
      throw new HotpairError('COMMAND_BUSY', 'the other box is being asked already', {
        exitCode: notPossibleNow,
      });
    }
    const question = randomBytes(8).toString('hex');
    try {
      const first = await this.#page(question, 0);
      const contents = [first.content];
      for (let page = 1; page < first.pages; page += 1)
        contents.push((await this.#page(question, page)).content);
      return inflated(Buffer.concat(contents));
    } finally {
      this.#asked = null;
    }
  }

  /** Takes a datagram that looks like a page; answers whether it was one of the other box of this pair. */
  take(datagram: Buffer): boolean {
    const { pairId, keys, self } = this.#given;
    const page = decodeConfigPage(datagram, pairId, keys());
    if (page === null) return false;
    if (page.sender === self) return true;
    if (page.kind === 'question') this.#answer(page);
    else if (this.#asked?.question === page.question) this.#asked.heard(page);
    return true;
  }

  async #page(question: string, page: number): Promise<ConfigPage> {
    for (let attempt = 0; attempt < tries; attempt += 1) {
      const heard = this.#heard(question, page);
      this.#send({ kind: 'question', page, pages: 0, question, content: Buffer.alloc(0) });
      const answer = await heard;
      if (answer !== null) return answer;
    }
    throw new HotpairError('PEER_NOT_ANSWERING', 'the other box does not show its configuration', {
      allowed: 'a box that is heard and runs a hotpair as new as this one',
      exitCode: notPossibleNow,
    });
  }

  /** The page, or null when it does not come in time. */
  async #heard(question: string, page: number): Promise<ConfigPage | null> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(null), tryMs);
      this.#asked = {
        question,
        heard(answer) {
          if (answer.page !== page || answer.pages < 1 || answer.pages > mostPages) return;
          clearTimeout(timer);
          resolve(answer);
        },
      };
    });
  }

  #answer({ question, page }: ConfigPage): void {
    const { now, content } = this.#given;
    if (now() - this.#answersSince >= 1_000) {
      this.#answersSince = now();
      this.#answers = 0;
    }
    this.#answers += 1;
    if (this.#answers > answersPerSecond) return;
    // All pages of one answer are of one moment.
    if (this.#answered?.question !== question)
      this.#answered = { question, bytes: deflateRawSync(content()) };
    const { bytes } = this.#answered;
    const pages = Math.ceil(bytes.length / pageBytes);
    if (page >= pages || pages > mostPages) return;
    const part = bytes.subarray(page * pageBytes, (page + 1) * pageBytes);
    this.#send({ kind: 'page', page, pages, question, content: part });
  }

  #send(page: Omit<ConfigPage, 'sender'>): void {
    const { self, pairId, keys, send } = this.#given;
    const [key] = keys();
    if (key !== undefined) send(encodeConfigPage({ ...page, sender: self }, pairId, key));
  }
}

function inflated(bytes: Buffer): string {
  try {
    return inflateRawSync(bytes, { maxOutputLength: longestContent }).toString('utf8');
  } catch (error) {
    throw new HotpairError('CONFIG_PAGES', 'what the other box shows of itself cannot be read', {
      cause: error,
    });
  }
}
