// Refused input, said once and well: a stable code for programs, a sentence for people, and where
// it helps the value seen and the value allowed. Outside failures are events, not errors of this
// class; a broken invariant is an ordinary Error and stops the process.

/** What a HotpairError may carry besides its code and sentence. */
export type HotpairErrorDetails = {
  /** The value that was refused, as shown to people; never a secret. */
  readonly seen?: string;
  /** What would have been accepted, as shown to people. */
  readonly allowed?: string;
  /** Exit status of the command line when this error ends it (1 to 125). */
  readonly exitCode?: number;
  /** The failure underneath, for a log. */
  readonly cause?: unknown;
};

/**
 * Input or a situation that hotpair refuses.
 *
 * `code` is stable: scripts and translations depend on it. `message` is one clear sentence.
 */
export class HotpairError extends Error {
  override readonly name = 'HotpairError';
  readonly code: string;
  readonly seen?: string;
  readonly allowed?: string;
  readonly exitCode?: number;

  constructor(code: string, message: string, details: HotpairErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    if (details.seen !== undefined) this.seen = details.seen;
    if (details.allowed !== undefined) this.allowed = details.allowed;
    if (details.exitCode !== undefined) this.exitCode = details.exitCode;
  }
}

/** Tells a refusal from a defect; with `code`, from every other refusal too. */
export function isHotpairError(error: unknown, code?: string): error is HotpairError {
  return error instanceof HotpairError && (code === undefined || error.code === code);
}

/** The line that people read on stderr: `CODE: sentence`, then the values where there are any. */
export function describeHotpairError(error: HotpairError): string {
  const values = [
    error.seen === undefined ? [] : [`seen: ${error.seen}`],
    error.allowed === undefined ? [] : [`allowed: ${error.allowed}`],
  ].flat();
  const sentence = `${error.code}: ${error.message}`;
  return values.length === 0 ? sentence : `${sentence} (${values.join('; ')})`;
}
