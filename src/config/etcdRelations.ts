// What belongs together in `arbiter.etcd`, and what is unwise there. All of it is asked only where etcd is the arbiter.
import type { Config } from './config.ts';
import type { Finding, Relation } from './relation.ts';

type Etcd = Config['arbiter']['etcd'];

/** The relations of the arbiter etcd. */
export const etcdRelations: readonly Relation[] = [
  {
    code: 'CONFIG_RELATION_ETCD_ENDPOINTS',
    keys: ['arbiter.etcd.endpoints', 'arbiter.type'],
    find: ofEtcd(endpointsUnsuited),
  },
  {
    code: 'CONFIG_RELATION_ETCD_TLS',
    keys: [
      'arbiter.etcd.caFile',
      'arbiter.etcd.certFile',
      'arbiter.etcd.keyFile',
      'arbiter.etcd.endpoints',
      'arbiter.type',
    ],
    find: ofEtcd(certificatesUnsuited),
  },
  {
    code: 'CONFIG_RELATION_ETCD_LOGIN',
    keys: [
      'arbiter.etcd.user',
      'arbiter.etcd.passwordFile',
      'arbiter.etcd.endpoints',
      'arbiter.type',
    ],
    find: ofEtcd(loginUnsuited),
  },
];

/** The warnings of the arbiter etcd. */
export const etcdWarnings: readonly Relation[] = [
  {
    code: 'CONFIG_WARNING_ETCD_PLAIN',
    keys: ['arbiter.etcd.endpoints', 'arbiter.type'],
    find: ofEtcd(askedInPlainText),
  },
  {
    code: 'CONFIG_WARNING_ETCD_ONE',
    keys: ['arbiter.etcd.endpoints', 'arbiter.type'],
    find: ofEtcd(onlyOneEndpoint),
  },
];

function ofEtcd(find: (etcd: Etcd) => readonly Finding[]): Relation['find'] {
  return ({ arbiter }) => (arbiter.type === 'etcd' ? find(arbiter.etcd) : []);
}

function endpointsUnsuited({ endpoints }: Etcd): readonly Finding[] {
  if (endpoints.length === 0) {
    const message = 'arbiter.etcd.endpoints: the etcd arbiter needs to know where etcd is';
    return [{ message, seen: 'none', allowed: '1 to 9 URLs' }];
  }
  return endpoints.flatMap((seen, index): readonly Finding[] =>
    endpoints.indexOf(seen) < index
      ? [{ message: 'arbiter.etcd.endpoints: this endpoint is written twice', seen, index }]
      : [],
  );
}

function certificatesUnsuited({ endpoints, caFile, certFile, keyFile }: Etcd): readonly Finding[] {
  const isSecured = endpoints.some((endpoint) => endpoint.startsWith('https:'));
  if (isSecured && caFile === undefined) {
    const message = 'arbiter.etcd.caFile: an https endpoint is trusted by its authority only';
    return [{ message, seen: 'none', allowed: 'path of a certificate in PEM' }];
  }
  if ((certFile === undefined) !== (keyFile === undefined)) {
    return [{ message: 'arbiter.etcd.certFile and arbiter.etcd.keyFile need each other' }];
  }
  if (!isSecured && endpoints.length > 0 && (caFile ?? certFile) !== undefined) {
    return [
      { message: 'arbiter.etcd: certificates are used by https endpoints, and there are none' },
    ];
  }
  return [];
}

function loginUnsuited({ endpoints, user, passwordFile }: Etcd): readonly Finding[] {
  if ((user === undefined) !== (passwordFile === undefined)) {
    return [{ message: 'arbiter.etcd.user and arbiter.etcd.passwordFile need each other' }];
  }
  const plain = endpoints.find(isPlain);
  if (user === undefined || plain === undefined) return [];
  const message = 'arbiter.etcd.user: a password is not sent to an http endpoint';
  return [{ message, seen: plain, allowed: 'https endpoints only' }];
}

function askedInPlainText({ endpoints }: Etcd): readonly Finding[] {
  return endpoints.flatMap((seen, index): readonly Finding[] =>
    isPlain(seen)
      ? [
          {
            message:
              'arbiter.etcd.endpoints: without TLS anybody on the way can answer in the place of etcd, and let both boxes serve at once',
            seen,
            allowed: 'https is safe',
            index,
          },
        ]
      : [],
  );
}

function isPlain(endpoint: string): boolean {
  return endpoint.startsWith('http:');
}

function onlyOneEndpoint({ endpoints }: Etcd): readonly Finding[] {
  if (endpoints.length !== 1) return [];
  const message =
    'arbiter.etcd.endpoints: while a single etcd is away, neither box can go on without the other';
  return [{ message, seen: '1', allowed: 'three members or more are wise' }];
}
