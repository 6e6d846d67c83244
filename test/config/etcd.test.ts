// The section of the arbiter etcd: a section within a section, and what in it belongs together.
import test from 'ava';
import { parseConfig } from '../../src/config/load.ts';
import { complaintsAbout, configText, someConfig } from './configText.ts';

const caFile = '/etc/hotpair/etcd-ca.pem';
const endpoints = ['https://192.0.2.21', 'https://192.0.2.22:2379'];

function about(etcd: Readonly<Record<string, unknown>> | null, type = 'etcd') {
  return complaintsAbout(configText({ arbiter: { type, etcd } }));
}

function codes(etcd: Readonly<Record<string, unknown>>): readonly string[] {
  return about(etcd).map(({ code }) => code);
}

test('an endpoint is typed with its port, without a path and in small letters', (t) => {
  const written = ['https://ETCD.example', 'http://192.0.2.22:4001/', 'https://[2001:db8::1]:2379'];
  const { etcd } = someConfig({
    arbiter: { type: 'etcd', etcd: { endpoints: written, caFile } },
  }).arbiter;
  t.deepEqual(etcd.endpoints, [
    'https://etcd.example:2379',
    'http://192.0.2.22:4001',
    'https://[2001:db8::1]:2379',
  ]);
  t.is(etcd.requestTimeoutMs, 400);
  t.is(etcd.prefix, '/hotpair/');
});

test('what is no endpoint is refused at its own line', (t) => {
  for (const text of [
    'etcd.example:2379',
    'ftp://192.0.2.1:2379',
    'https://user:word@192.0.2.1:2379',
    'https://192.0.2.1:2379/v3',
    'https://192.0.2.1:0',
    'https://192.0.2.1:70000',
    'https://[::g]:2379',
    'https://:2379',
    'https://192.0.2.1:2379?x',
  ]) {
    const [found] = about({ endpoints: [endpoints[0], text], caFile });
    t.deepEqual([found?.code, found?.key], ['CONFIG_URL', 'arbiter.etcd.endpoints[1]'], text);
  }
});

test('a complaint about a missing key stands at the innermost section that is written', (t) => {
  const text = configText({ arbiter: { type: 'etcd', etcd: { prefix: '/p/' } } });
  const line = text.split('\n').findIndex((each) => each.includes('type: etcd')) + 1;
  const [found] = complaintsAbout(text);
  t.is(found?.code, 'CONFIG_RELATION_ETCD_ENDPOINTS');
  t.is(found?.line, line);
});

test('unknown keys in the inner section are answered with the nearest name', (t) => {
  const [found] = about({ endpoints, caFile, pasword: 'x' });
  t.is(found?.key, 'arbiter.etcd.pasword');
  const near = about({ endpoint: endpoints }).find(({ code }) => code === 'CONFIG_UNKNOWN_KEY');
  t.regex(near?.message ?? '', /did you mean arbiter\.etcd\.endpoints\?/);
  const [inner] = complaintsAbout(configText({ arbiter: { etcdd: {} } }));
  t.regex(inner?.message ?? '', /did you mean arbiter\.etcd\?/);
});

test('an empty or absent inner section has its defaults, one that is no section is refused', (t) => {
  t.deepEqual(about(null, 'lan'), []);
  const wrong = complaintsAbout(configText({ arbiter: { etcd: 5 } }));
  t.deepEqual(
    wrong.map(({ code, key }) => [code, key]),
    [['CONFIG_TYPE', 'arbiter.etcd']],
  );
});

test('certificates, key, user and password need what they belong to', (t) => {
  t.deepEqual(codes({ endpoints }), ['CONFIG_RELATION_ETCD_TLS']);
  t.deepEqual(codes({ endpoints, caFile, keyFile: '/k' }), ['CONFIG_RELATION_ETCD_TLS']);
  const plain = ['http://192.0.2.21', 'http://192.0.2.22'];
  t.true(codes({ endpoints: plain, caFile }).includes('CONFIG_RELATION_ETCD_TLS'));
  const login = { user: 'hotpair', passwordFile: '/p' };
  t.deepEqual(codes({ endpoints, caFile, ...login }), []);
  t.deepEqual(codes({ endpoints, caFile, passwordFile: '/p' }), ['CONFIG_RELATION_ETCD_LOGIN']);
  t.true(codes({ endpoints: plain, ...login }).includes('CONFIG_RELATION_ETCD_LOGIN'));
  t.deepEqual(codes({ endpoints: [...endpoints, ...endpoints], caFile }), [
    'CONFIG_RELATION_ETCD_ENDPOINTS',
    'CONFIG_RELATION_ETCD_ENDPOINTS',
  ]);
});

test('nothing is asked of the section while another arbiter decides', (t) => {
  t.deepEqual(about({ endpoints: ['http://192.0.2.21'], user: 'x' }, 'lan'), []);
});

test('a wrong value in the inner section leaves the other relations checked', (t) => {
  const text = configText({
    arbiter: { type: 'etcd', etcd: { endpoints, requestTimeout: 'soon' } },
    timing: { takeoverLimit: '1s' },
  });
  const found = complaintsAbout(text).map(({ code }) => code);
  t.true(found.includes('CONFIG_DURATION') && found.includes('CONFIG_RELATION_TMAX'));
  t.true(found.includes('CONFIG_RELATION_ETCD_TLS'));
  t.false('config' in parseConfig(text));
});
