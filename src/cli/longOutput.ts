// Output that may be longer than the memory of this process: a reader that is slow, a pager for one, is waited for.

const chunkLength = 32 * 1024;

export class LongOutput {
  readonly #stream: NodeJS.WritableStream;
  #waiting: string[] = [];
  #length = 0;

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
  }

  /** Takes one line without its end. */
  line(text: string): void {
    this.#waiting.push(text, '\n');
    this.#length += text.length + 1;
  }

  /** To be waited for now and then while lines come: true when there is something to wait for. */
  get isLong(): boolean {
    return this.#length >= chunkLength;
  }

  /** Resolves when everything taken so far has been taken on by the system. */
  async flush(): Promise<void> {
    if (this.#length === 0) return;
    const text = this.#waiting.join('');
    this.#waiting = [];
    this.#length = 0;
    await new Promise<void>((resolve) => {
      this.#stream.write(text, () => resolve());
    });
  }
}
