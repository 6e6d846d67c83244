// The certificates of a site's etcd: an authority of the site, what etcd shows, and what the boxes show.

import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { run } from './command.ts';
import { serverFiles } from './etcdServer.ts';
import { addresses, boxNames, paths } from './layout.ts';

const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
const days = ['-days', '3650'];

/** Makes them and puts each box's own where its configuration says. */
export function makeEtcdCertificates(): void {
  mkdirSync(paths.etcd, { recursive: true, mode: 0o700 });
  const authorityKey = `${paths.etcd}/ca.key`;
  const files = ['-keyout', authorityKey, '-out', serverFiles.ca];
  run('openssl', ['req', '-x509', ...curve, ...days, ...files, '-subj', '/CN=lab']);
  issue('server', `IP:${addresses.witness.etcd}`);
  issue('foreign', 'DNS:etcd.example');
  for (const box of boxNames) {
    issue(box, `DNS:${box}`);
    copyFileSync(serverFiles.ca, `${paths.etc(box)}/etcd-ca.pem`);
    copyFileSync(`${paths.etcd}/${box}.pem`, `${paths.etc(box)}/etcd.pem`);
    copyFileSync(`${paths.etcd}/${box}.key`, `${paths.etc(box)}/etcd.key`);
    chmodSync(`${paths.etc(box)}/etcd.key`, 0o600);
  }
}

/** The gateway of etcd calls etcd with its own certificate, so each may be server and client. */
function issue(name: string, subject: string): void {
  const file = `${paths.etcd}/${name}`;
  const request = ['-keyout', `${file}.key`, '-out', `${file}.csr`, '-subj', `/CN=${name}`];
  run('openssl', ['req', ...curve, ...request]);
  const words = `subjectAltName = ${subject}\nextendedKeyUsage = serverAuth, clientAuth\n`;
  writeFileSync(`${file}.ext`, words);
  const authority = ['-CA', serverFiles.ca, '-CAkey', `${paths.etcd}/ca.key`, '-CAcreateserial'];
  const signed = ['-in', `${file}.csr`, '-out', `${file}.pem`, '-extfile', `${file}.ext`];
  run('openssl', ['x509', '-req', ...authority, ...signed, ...days]);
}
