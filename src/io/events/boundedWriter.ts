// Lines to a file descriptor or file without ever waiting for it: a stuck pipe or a full disk costs lines, never the
// agent. One write is under way at a time; what comes meanwhile is queued up to a limit and then dropped and counted.

/** Writes all of `bytes`; rejects with what the system refused. */
export type Sink = (bytes: Buffer) => Promise<void>;

export type BoundedWriter = {
  /** Takes one line without its line end. Never throws, never waits. */
  write(line: string): void;
  /** Lines lost so far: dropped from a full queue or refused by the sink. */
  lost(): number;
  /** Resolves when everything was handed to the sink, or after `deadlineMs`. */
  flush(deadlineMs: number): Promise<void>;
};

/** `maximumBytes` bounds what waits while the sink is busy. */
export function openBoundedWriter(sink: Sink, maximumBytes: number): BoundedWriter {
  let waiting: string[] = [];
  let waitingBytes = 0;
  let lostLines = 0;
  let writing: Promise<void> | null = null;

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const lines = waiting;
      waiting = [];
      waitingBytes = 0;
      try {
        await sink(Buffer.from(`${lines.join('\n')}\n`));
      } catch {
        lostLines += lines.length;
      }
    }
    writing = null;
  }

  return {
    write(line) {
      if (waitingBytes + line.length > maximumBytes) {
        lostLines += 1;
        return;
      }
      waiting.push(line);
      waitingBytes += line.length + 1;
      writing ??= drain();
    },
    lost: () => lostLines,
    async flush(deadlineMs) {
      if (writing === null) return;
      let timer: NodeJS.Timeout | undefined;
      const deadline = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, deadlineMs);
      });
      await Promise.race([writing, deadline]);
      clearTimeout(timer);
    },
  };
}
