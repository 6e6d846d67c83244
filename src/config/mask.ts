// Keeps secrets out of everything that is printed about a configuration. The file should hold none,
// but a PostgreSQL setting or hba line can carry a password, and a key can be pasted in the wrong place.

/** What stands in the place of a secret. */
export const masked = '(not shown)';

const secretName = /passw|passphrase|secret|credential|private_?key|token/i;
const secretAssignment =
  /\b([\w.]*(?:passw(?:or)?d|passwd|passphrase|secrets?|token)[\w.]*)(\s*[=:]\s*)("[^"]*"|'[^']*'|[^\s"',]+)/gi;
const secretUrl = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:)[^\s@]+(@)/gi;
const longHex = /\b[0-9a-f]{48,}\b/gi;

/** The text with passwords, keys and passwords in URLs replaced. */
export function maskSecrets(text: string): string {
  return maskKeys(text)
    .replace(secretUrl, `$1${masked}$2`)
    .replace(secretAssignment, `$1$2${masked}`);
}

/** The text with everything replaced that has the form of a pair key. */
export function maskKeys(text: string): string {
  return text.replace(longHex, masked);
}

/** The value of a PostgreSQL setting as it may be shown. */
export function maskSetting(name: string, value: string): string {
  return isSecretName(name) ? masked : maskSecrets(value);
}

/** Whether a name says that its value is a secret. */
export function isSecretName(name: string): boolean {
  // It names the method of hashing, and is shown.
  return secretName.test(name) && name !== 'password_encryption';
}
