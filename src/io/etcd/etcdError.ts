// What can be wrong with an answer of etcd, or with getting one. None of these is ever an answer: nothing was granted, and
// nothing is known of what was asked.
import { HotpairError } from '../../protocol/hotpairError.ts';

export type EtcdErrorCode =
  /** Nobody answers there, or the connection broke. */
  | 'ETCD_UNREACHABLE'
  /** No whole answer in time. */
  | 'ETCD_TIMEOUT'
  /** The certificate is another host's, of another authority, expired or not valid yet; or ours was refused. */
  | 'ETCD_CERTIFICATE'
  /** etcd refused to do it: no leader, no space, no permission. */
  | 'ETCD_REFUSED'
  /** User or password are wrong, or etcd asks for none. */
  | 'ETCD_LOGIN'
  /** What came is not an answer of etcd: no JSON, cut, too long, or of another form. */
  | 'ETCD_ANSWER'
  /** The endpoints do not belong to one cluster, or not to the one that was known. */
  | 'ETCD_CLUSTER'
  /** The pair's key holds something that no agent of this pair wrote. */
  | 'ETCD_VALUE'
  /** Others changed the entry again and again. */
  | 'ETCD_CONTENDED';

export class EtcdError extends HotpairError {}

export function etcdError(code: EtcdErrorCode, message: string): EtcdError {
  return new EtcdError(code, message);
}

export function isEtcdError(error: unknown, code?: EtcdErrorCode): error is EtcdError {
  return error instanceof EtcdError && (code === undefined || error.code === code);
}

/** The certificate errors of Node, by the beginnings of their codes (X509_V_ERR of OpenSSL, and Node's own of TLS). */
const certificateCodes =
  /^(ERR_TLS_|ERR_SSL_|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_|HOSTNAME_MISMATCH|EPROTO)/;
const clockCodes = /^CERT_(HAS_EXPIRED|NOT_YET_VALID)/;

/** What the system said about a connection, as one of ours. */
export function connectionError(url: string, error: unknown): EtcdError {
  if (isEtcdError(error)) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const what = code === '' ? String(error) : code;
  if (certificateCodes.test(code)) {
    const clock = clockCodes.test(code) ? ' (is the clock of this box right?)' : '';
    return etcdError('ETCD_CERTIFICATE', `${url} is not trusted: ${what}${clock}`);
  }
  if (code.startsWith('HPE_')) {
    return etcdError('ETCD_ANSWER', `${url} answers with something else than HTTP: ${what}`);
  }
  return etcdError('ETCD_UNREACHABLE', `${url} cannot be reached: ${what}`);
}
