// The agent's log: one JSON object a line on stderr, times in UTC. What belongs to the box's history goes to its event log
// as well.
import type { BoundedWriter } from '../io/events/boundedWriter.ts';

export const logLevels = ['error', 'warning', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];
export type LogDetail = Readonly<Record<string, unknown>>;

export type Log = {
  /** A line on stderr where `level` is important enough. */
  line(level: LogLevel, event: string, detail?: LogDetail): void;
  /** The same, kept in the event log too, whatever the level, and told to followers. */
  history(level: LogLevel, event: string, detail?: LogDetail): void;
  setLevel(level: LogLevel): void;
  /** Calls `listener` with every line of the history until the returned function is called. */
  follow(listener: (line: string) => void): () => void;
  flush(deadlineMs: number): Promise<void>;
};

/** `stream` shows, `events` keeps; a line lost by either is reported with the next one. */
export function openLog(stream: BoundedWriter, events: BoundedWriter, level: LogLevel): Log {
  const listeners = new Set<(line: string) => void>();
  let least: LogLevel = level;
  let reportedLost = 0;

  function isShown(lineLevel: LogLevel): boolean {
    return logLevels.indexOf(lineLevel) <= logLevels.indexOf(least);
  }

  function line(lineLevel: LogLevel, event: string, detail: LogDetail = {}): void {
    if (isShown(lineLevel)) show(encode(lineLevel, event, detail));
  }

  function show(text: string): void {
    stream.write(text);
    const lost = stream.lost() + events.lost();
    if (lost === reportedLost) return;
    stream.write(encode('warning', 'logLinesLost', { lines: lost - reportedLost }));
    reportedLost = lost;
  }

  return {
    line,
    history(lineLevel, event, detail = {}) {
      const text = encode(lineLevel, event, detail);
      events.write(text);
      if (isShown(lineLevel)) show(text);
      for (const listener of listeners) listener(text);
    },
    setLevel(changed) {
      least = changed;
    },
    follow(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async flush(deadlineMs) {
      await Promise.all([stream.flush(deadlineMs), events.flush(deadlineMs)]);
    },
  };
}

function encode(level: LogLevel, event: string, detail: LogDetail): string {
  return JSON.stringify({ time: new Date().toISOString(), level, event, ...detail }, plainNumbers);
}

function plainNumbers(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
