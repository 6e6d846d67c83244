// A password's SCRAM-SHA-256 verifier (RFC 5802, RFC 7677) in PostgreSQL's form: the password itself
// never appears in a statement, and so in no log.
import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';

const iterations = 4096;

/** The text that PostgreSQL stores in pg_authid; the password must be plain ASCII. */
export function scramVerifier(
  password: string,
  salt: Buffer = randomBytes(16),
  rounds = iterations,
): string {
  const salted = pbkdf2Sync(password, salt, rounds, 32, 'sha256');
  const clientKey = createHmac('sha256', salted).update('Client Key').digest();
  const storedKey = createHash('sha256').update(clientKey).digest('base64');
  const serverKey = createHmac('sha256', salted).update('Server Key').digest('base64');
  return `SCRAM-SHA-256$${rounds}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}

const verifierForm = /^SCRAM-SHA-256\$(\d{1,7}):([A-Za-z0-9+/=]+)\$/;

/** Whether what pg_authid has stored is of this password. */
export function isVerifierOf(stored: string, password: string): boolean {
  const [, rounds, salt] = verifierForm.exec(stored) ?? [];
  if (rounds === undefined || salt === undefined || Number(rounds) < 1) return false;
  const own = Buffer.from(scramVerifier(password, Buffer.from(salt, 'base64'), Number(rounds)));
  const other = Buffer.from(stored);
  return own.length === other.length && timingSafeEqual(own, other);
}
