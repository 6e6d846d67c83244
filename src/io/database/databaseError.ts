// Every failure of an act on the database leaves here as a HotpairError: what PostgreSQL or the
// system said is put into one sentence with a stable code.
import { HotpairError, isHotpairError } from '../../protocol/hotpairError.ts';

const diskCodes = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO']);

/** The failure as DATABASE_DISK, DATABASE_QUESTION or DATABASE_FAILED, unless it has a code already. */
export function asDatabaseError(error: unknown): HotpairError {
  if (isHotpairError(error)) return error;
  const text = error instanceof Error ? error.message : String(error);
  if (!(error instanceof Error)) return new HotpairError('DATABASE_FAILED', text);
  if ('severity' in error) {
    return new HotpairError('DATABASE_QUESTION', `PostgreSQL refused a question: ${text}`, {
      cause: error,
    });
  }
  if ('code' in error && diskCodes.has(String(error.code))) {
    const sentence = `the disk of the database cannot be written: ${text}`;
    return new HotpairError('DATABASE_DISK', sentence, { cause: error });
  }
  return new HotpairError('DATABASE_FAILED', `the database cannot be handled: ${text}`, {
    cause: error,
  });
}

/** Does the work; whatever it fails with is a HotpairError. */
export async function withDatabaseErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asDatabaseError(error);
  }
}
