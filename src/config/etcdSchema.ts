// The keys of the arbiter etcd: where the ledger is, and what makes sure that it is this one.
import * as z from 'zod';
import { facts } from './facts.ts';
import {
  absolutePath,
  duration,
  durationFacts,
  etcdEndpoint,
  keyPrefix,
  loginName,
} from './values.ts';

const requestTimeoutLimits = { min: '100ms', max: '1s' } as const;

/** The section `arbiter.etcd`. */
export function etcdSection() {
  return z
    .strictObject({
      endpoints: z
        .array(etcdEndpoint())
        .max(9)
        .prefault([])
        .register(facts, {
          description:
            'Client URLs of the members of one etcd cluster, in the order in which they are asked. Addresses are wiser than names: a name server that hangs would be one more thing to fail.',
          allowed: '1 to 9 URLs of a scheme (https, http), a host and a port (2379)',
          example: [
            'https://192.0.2.21:2379',
            'https://192.0.2.22:2379',
            'https://192.0.2.23:2379',
          ],
        }),
      prefix: keyPrefix().prefault('/hotpair/').register(facts, {
        description:
          "What stands before the pair's id in the name of its key. A user of etcd needs to read and write this range, and nothing else.",
        allowed: '1 to 128 letters, digits and . _ - /',
      }),
      caFile: file(
        'Certificate (PEM) of the authority whose signature the servers must show; no other one is trusted.',
        '/etc/hotpair/etcd-ca.pem',
      ),
      certFile: file('Own certificate (PEM), where etcd asks for one.', '/etc/hotpair/etcd.pem'),
      keyFile: file(
        'Key (PEM) of the own certificate, readable by root only.',
        '/etc/hotpair/etcd.key',
      ),
      user: loginName().optional().register(facts, {
        description: 'User of etcd, where it asks for one.',
        allowed: '1 to 64 visible characters',
        example: 'hotpair',
      }),
      passwordFile: file(
        'File with the password of that user in its first line, readable by root only.',
        '/etc/hotpair/etcd.password',
      ),
      requestTimeout: duration(requestTimeoutLimits)
        .prefault('400ms')
        .register(facts, {
          description:
            'Time that one endpoint gets for one answer; then the next one is asked. What is to be decided gets 2s in all.',
          ...durationFacts(requestTimeoutLimits),
        }),
    })
    .transform(({ requestTimeout, ...rest }) => ({ ...rest, requestTimeoutMs: requestTimeout }))
    .prefault({})
    .register(facts, { description: 'The ledger of the arbiter `etcd`; see arbiters.md.' });
}

function file(description: string, example: string) {
  return absolutePath()
    .optional()
    .register(facts, { description, allowed: 'absolute path', example });
}
