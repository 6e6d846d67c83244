// One run of a service, from its start or adoption to its end, which is told once, however it is seen: as the exit of a child,
// by a pidfd, or by asking whoever manages it.
import type { ChildProcess } from 'node:child_process';
import { watchProcess } from '../../kernel/processHandle.ts';
import type { ProcessIdentity } from '../../kernel/processes.ts';
import type { ServiceDescription } from '../../protocol/guardianMessages.ts';
import type { Driver } from './driver.ts';

/** A description with what runs it. */
export type Kind = { readonly description: ServiceDescription; readonly driver: Driver };

export type RunOfService = {
  /** Of the start; 0 for one that was found. */
  readonly token: number;
  readonly main: ProcessIdentity | null;
  /** As it was started: it is stopped in that way. */
  readonly kind: Kind;
};

export type WatchedRun = RunOfService & {
  /** Resolves with how it ended. */
  readonly ended: Promise<string>;
  /** Ends the watch, not the run. */
  readonly close: () => void;
};

const lookMs = 2_000;

export function watchRun(run: RunOfService, child: ChildProcess | null): WatchedRun {
  const { promise, resolve } = Promise.withResolvers<string>();
  return { ...run, ended: promise, close: watchEnd(run, child, resolve) };
}

/** Returns what ends the watch. */
function watchEnd(
  { main, kind }: RunOfService,
  child: ChildProcess | null,
  tell: (how: string) => void,
): () => void {
  if (child !== null) {
    const listen = (code: number | null, signal: string | null): void => tell(howOf(code, signal));
    child.once('exit', listen);
    return () => child.off('exit', listen);
  }
  if (main === null) return lookNowAndThen(kind.driver, () => tell('it is no longer there'));
  const watch = watchProcess(main, () => tell(`process ${main.pid} has ended`));
  if (watch === null) tell(`process ${main.pid} has ended`);
  return () => watch?.close();
}

function howOf(code: number | null, signal: string | null): string {
  return code === null ? `it was ended by ${signal ?? 'a signal'}` : `it ended with status ${code}`;
}

function lookNowAndThen(driver: Driver, onGone: () => void): () => void {
  let isClosed = false;
  const look = async (): Promise<void> => {
    const found = await driver.find(null);
    if (isClosed) return;
    if (found === null) onGone();
    else timer = later();
  };
  const later = (): NodeJS.Timeout => setTimeout(() => void look(), lookMs).unref();
  let timer = later();
  return () => {
    isClosed = true;
    clearTimeout(timer);
  };
}
