// Certificates for the servers and clients of a test, made by openssl in a folder of their own.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServerFiles } from './realEtcd.ts';

export type Authority = {
  /** PEM. */
  readonly ca: string;
  readonly caFile: string;
  /** A certificate for `name`, as `IP:127.0.0.1` or `DNS:etcd.example`; `days` may lie in the past. */
  readonly issue: (name: string, days?: readonly [from: string, to: string]) => ServerFiles;
};

const long = ['20200101000000Z', '20991231000000Z'] as const;

/** An authority of its own; everything is removed with the test. */
export function anAuthority(t: { teardown(end: () => void): void }): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'hotpair-ca-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const at = (name: string): string => join(folder, name);
  const openssl = (...words: readonly string[]): void => {
    execFileSync('openssl', words, { cwd: folder, stdio: 'ignore' });
  };
  const request = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  writeFileSync(at('index.txt'), '');
  writeFileSync(at('serial'), '01\n');
  writeFileSync(at('ca.cnf'), configuration);
  openssl(
    'req',
    '-x509',
    ...request,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-subj',
    '/CN=test',
    '-days',
    '30000',
  );
  let count = 0;
  return {
    ca: readFileSync(at('ca.pem'), 'utf8'),
    caFile: at('ca.pem'),
    issue(name, [from, to] = long) {
      count += 1;
      const file = `server${count}`;
      openssl(
        'req',
        ...request,
        '-keyout',
        `${file}.key`,
        '-out',
        `${file}.csr`,
        '-subj',
        `/CN=${file}`,
      );
      writeFileSync(at(`${file}.ext`), extensions(name));
      const span = ['-startdate', from, '-enddate', to];
      const files = ['-in', `${file}.csr`, '-out', `${file}.pem`, '-extfile', `${file}.ext`];
      openssl('ca', '-batch', '-config', 'ca.cnf', '-notext', ...files, ...span);
      return { ca: at('ca.pem'), cert: at(`${file}.pem`), key: at(`${file}.key`) };
    },
  };
}

const configuration = `[ca]
default_ca = own
[own]
database = index.txt
serial = serial
new_certs_dir = .
certificate = ca.pem
private_key = ca.key
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
`;

function extensions(name: string): string {
  return `subjectAltName = ${name}\nextendedKeyUsage = serverAuth, clientAuth\n`;
}
