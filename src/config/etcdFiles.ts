// The files beside the configuration that the arbiter etcd needs: certificates, key and password.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { HotpairError } from '../protocol/hotpairError.ts';
import type { Config } from './config.ts';
import { readPublicFile, readSecretFile } from './secretFile.ts';

/** Texts in PEM; null where the configuration names no file. The password never leaves the login. */
export interface EtcdFiles {
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
  readonly password: string | null;
}

const longestPem = 64 * 1024;
const longestPassword = 1024;

/** The keys of `arbiter.etcd` that name a file. */
export const etcdFileKeys = ['caFile', 'certFile', 'keyFile', 'passwordFile'] as const;
type EtcdFileNames = Partial<Pick<Config['arbiter']['etcd'], (typeof etcdFileKeys)[number]>>;

/**
 * Reads them and looks whether they hold what they should. Throws HotpairError ETCD_FILE_MISSING, ETCD_FILE_PERMISSIONS (a key
 * or password that others may read) or ETCD_FILE_FORMAT.
 */
export function readEtcdFiles(names: EtcdFileNames): EtcdFiles {
  const { caFile, certFile, keyFile, passwordFile } = names;
  return {
    ca: caFile === undefined ? null : certificate(caFile),
    cert: certFile === undefined ? null : certificate(certFile),
    key: keyFile === undefined ? null : privateKey(keyFile),
    password: passwordFile === undefined ? null : password(passwordFile),
  };
}

function certificate(path: string): string {
  const kind = kindOf('certificate', 'a certificate in PEM', longestPem);
  const text = readPublicFile(path, kind);
  refuseUnless(path, kind.name, kind.from, () => new X509Certificate(text));
  return text;
}

function privateKey(path: string): string {
  const kind = kindOf('key', 'a key in PEM without a passphrase', longestPem);
  const text = readSecretFile(path, kind);
  refuseUnless(path, kind.name, kind.from, () => createPrivateKey(text));
  return text;
}

function password(path: string): string {
  const kind = kindOf(
    'password file',
    'a file with the password in its first line',
    longestPassword,
  );
  const [line = ''] = readSecretFile(path, kind).split('\n');
  const text = line.replace(/\r$/, '');
  if (text !== '' && text.length < longestPassword) return Buffer.from(text, 'latin1').toString();
  throw new HotpairError('ETCD_FILE_FORMAT', `The ${kind.name} ${path} holds no password.`, {
    allowed: kind.from,
  });
}

function kindOf(name: string, from: string, longest: number) {
  return { name, codes: 'ETCD_FILE', from, longest };
}

function refuseUnless(path: string, name: string, allowed: string, read: () => unknown): void {
  try {
    read();
  } catch (error) {
    const seen = error instanceof Error && 'code' in error ? String(error.code) : 'something else';
    throw new HotpairError('ETCD_FILE_FORMAT', `${path} does not hold a ${name}.`, {
      seen,
      allowed,
    });
  }
}
