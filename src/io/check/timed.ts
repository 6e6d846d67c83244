// A look that ends in time, whatever it waits for: the first word counts, and then everything is closed.
import type { CheckOutcome } from './check.ts';

/** Called once with the outcome; what comes later is nothing. */
export type Say = (ok: boolean, text: string) => void;

/**
 * `begin` starts the look and returns what closes it. Throws nothing: what `begin` throws is a failed look.
 */
export async function timedLook(
  timeoutMs: number,
  signal: AbortSignal,
  begin: (say: Say) => () => void,
): Promise<CheckOutcome> {
  const { promise, resolve } = Promise.withResolvers<CheckOutcome>();
  const say: Say = (ok, text) => resolve({ ok, text });
  const timer = setTimeout(() => say(false, `no answer within ${timeoutMs} ms`), timeoutMs);
  const cancel = (): void => say(false, 'the check was cancelled');
  signal.addEventListener('abort', cancel, { once: true });
  if (signal.aborted) cancel();
  let close: (() => void) | null = null;
  try {
    close = begin(say);
  } catch (error) {
    say(false, sentenceOf(error));
  }
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', cancel);
    close?.();
  }
}

/** The system's own names are what people search for, but for the usual one. */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code === 'ECONNREFUSED') return 'nobody listens there';
  return code === '' ? error.message : code;
}
