// Every secret that a box knows, as texts, so that they can be taken out of what leaves it; and the taking out. What looks like a
// secret goes as well: logs hold those of others.
import type { Config } from './config.ts';
import { readEtcdFiles } from './etcdFiles.ts';
import { readFenceSecrets } from './fenceFiles.ts';
import { isSecretName, maskSecrets, masked } from './mask.ts';
import { readPairKeys } from './pairKeys.ts';
import { replicationPassword } from './secrets.ts';

/** Shorter ones stand in half of all words. */
const shortest = 4;

/** Of the configuration and of the files that it names; what cannot be read is none. */
export function knownSecrets(config: Config): readonly string[] {
  const found = [
    ...attempt(() => pairSecrets(config)),
    ...attempt(() => etcdSecrets(config)),
    ...config.arbiter.fence.devices.flatMap((device) => [
      ...attempt(() => Object.values(readFenceSecrets(device))),
      ...secretValues(device),
    ]),
    ...secretValues(config.services),
    ...secretValues(config.hooks),
    ...secretValues(config.database.settings),
  ];
  const secrets = found.filter((text) => text.length >= shortest);
  // The longest first: one may stand in another.
  return [...new Set(secrets)].toSorted((left, right) => right.length - left.length);
}

function pairSecrets({ pair }: Config): readonly string[] {
  const { sends, other } = readPairKeys(pair.keyFile);
  const keys = other === null ? [sends] : [sends, other.key];
  return keys.flatMap((key) => [key.secretHex(), replicationPassword(key)]);
}

function etcdSecrets({ arbiter }: Config): readonly string[] {
  const { key, password } = readEtcdFiles(arbiter.etcd);
  const lines = key === null ? [] : key.split('\n').filter((line) => line.length > 30);
  return [...lines, ...(password === null ? [] : [password])];
}

function attempt(read: () => readonly string[]): readonly string[] {
  try {
    return read();
  } catch {
    return [];
  }
}

/** Values whose names say that they are secrets, however deep they stand; of lines `name=value` too. */
function secretValues(value: unknown, name = ''): readonly string[] {
  if (typeof value === 'string') return isSecretName(name) ? [value] : assigned(value);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) =>
    secretValues(each, Array.isArray(value) ? name : key),
  );
}

function assigned(text: string): readonly string[] {
  const [, name = '', value = ''] = /^-*([\w.-]+)=(.+)$/.exec(text) ?? [];
  return isSecretName(name) ? [value] : [];
}

const secretWord = String.raw`[\w.-]*(?:passw|passphrase|secret|credential|private_?key|token)[\w.-]*`;
/** Of JSON, and of JSON within JSON. */
const jsonMember = new RegExp(String.raw`("${secretWord}"\s*:\s*)"(?:[^"\\]|\\.)*"`, 'gi');
const escapedMember = new RegExp(String.raw`(\\"${secretWord}\\"\s*:\s*)\\".*?\\"`, 'gi');
const escapedText = new RegExp(String.raw`(\b${secretWord}\s*[=:]\s*)\\".*?\\"`, 'gi');

const sqlPassword = /(password)(\s+)(?:E?'(?:[^']|'')*'|"[^"]*")/gi;
const authorization = /((?:proxy-)?authorization\s*[:=]\s*).*/gi;
const pemKey = /-----BEGIN ([A-Z ]*PRIVATE KEY)-----[^-]*(?:-----END \1-----)?/g;

/** The text without them and without what looks like one. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  const known = secrets.reduce((left, secret) => left.replaceAll(secret, masked), text);
  // What is quoted within a quoted text first: the simpler rules would take only its first sign.
  const within = known
    .replace(escapedMember, `$1${masked}`)
    .replace(escapedText, `$1${masked}`)
    .replace(jsonMember, `$1${masked}`);
  return maskSecrets(within)
    .replace(pemKey, masked)
    .replace(sqlPassword, `$1$2${masked}`)
    .replace(authorization, `$1${masked}`);
}

/** Whether bytes that cannot be changed hold one. */
export function holdsSecret(bytes: Buffer, secrets: readonly string[]): boolean {
  return secrets.some((secret) => bytes.includes(secret));
}
