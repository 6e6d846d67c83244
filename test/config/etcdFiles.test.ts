// The files that the arbiter etcd needs beside the configuration: read, and refused where they are not what they should be.
import test from 'ava';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEtcdFiles } from '../../src/config/etcdFiles.ts';
import { anAuthority } from '../io/etcd/certificates.ts';
import { someConfig } from './configText.ts';

type Files = Readonly<Record<'caFile' | 'certFile' | 'keyFile' | 'passwordFile', string>>;

function read(files: Partial<Files>) {
  const endpoints = ['https://192.0.2.21', 'https://192.0.2.22'];
  const login = files.passwordFile === undefined ? {} : { user: 'hotpair' };
  const etcd = { endpoints, ...login, ...files };
  return readEtcdFiles(someConfig({ arbiter: { type: 'etcd', etcd } }).arbiter.etcd);
}

function someFiles(t: { teardown(end: () => void): void }): Files {
  const folder = mkdtempSync(join(tmpdir(), 'hotpair-files-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const { ca, cert, key } = anAuthority(t).issue('IP:127.0.0.1');
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, 'wörd word\nmore\n', { mode: 0o600 });
  chmodSync(key, 0o600);
  return { caFile: ca, certFile: cert, keyFile: key, passwordFile };
}

test('certificates are taken as they are, of the password file the first line', (t) => {
  const files = someFiles(t);
  const { ca, cert, key, password } = read(files);
  t.is(ca, readFileSync(files.caFile, 'utf8'));
  t.is(cert, readFileSync(files.certFile, 'utf8'));
  t.is(key, readFileSync(files.keyFile, 'utf8'));
  t.is(password, 'wörd word');
  t.deepEqual(readEtcdFiles(someConfig().arbiter.etcd), {
    ca: null,
    cert: null,
    key: null,
    password: null,
  });
});

test('a key or password that others may read is ETCD_FILE_PERMISSIONS', (t) => {
  const files = someFiles(t);
  for (const path of [files.keyFile, files.passwordFile]) {
    chmodSync(path, 0o640);
    t.throws(() => read(files), { code: 'ETCD_FILE_PERMISSIONS', message: new RegExp(path) });
    chmodSync(path, 0o600);
  }
  t.notThrows(() => read(files));
});

test('a file that is missing is ETCD_FILE_MISSING, one with something else in it ETCD_FILE_FORMAT', (t) => {
  const files = someFiles(t);
  const { caFile, certFile, keyFile, passwordFile } = files;
  t.throws(() => read({ caFile: `${caFile}x` }), { code: 'ETCD_FILE_MISSING' });
  t.throws(() => read({ caFile: '/tmp' }), { code: 'ETCD_FILE_FORMAT' });
  t.throws(() => read({ caFile: passwordFile }), { code: 'ETCD_FILE_FORMAT' });
  t.throws(() => read({ ...files, certFile: passwordFile }), { code: 'ETCD_FILE_FORMAT' });
  t.throws(() => read({ ...files, keyFile: passwordFile }), { code: 'ETCD_FILE_FORMAT' });
  writeFileSync(passwordFile, '\n');
  t.throws(() => read({ caFile, certFile, keyFile, passwordFile }), { code: 'ETCD_FILE_FORMAT' });
});
