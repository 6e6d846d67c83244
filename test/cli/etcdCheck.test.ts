// `hotpair config check` looks at the files that etcd needs and asks etcd itself.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { configCommand } from '../../src/cli/configCommand.ts';
import { configText } from '../config/configText.ts';
import { fakeEtcd } from '../io/etcd/fakeEtcd.ts';

async function check(etcd: (folder: string) => Readonly<Record<string, unknown>>) {
  const folder = mkdtempSync(join(tmpdir(), 'etcd-'));
  try {
    const file = join(folder, 'hotpair.yaml');
    writeFileSync(file, configText({ arbiter: { type: 'etcd', etcd: etcd(folder) } }));
    let text = '';
    const status = await configCommand(['check', file], (part) => {
      text += part;
    });
    return { status, text: text.replaceAll(`${file}:`, '') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('an etcd that answers is asked, and nothing is written there', async (t) => {
  const { url, asked } = await fakeEtcd(t);
  const { status, text } = await check(() => ({ endpoints: [url], requestTimeout: '1s' }));
  t.is(status, 0, text);
  t.notRegex(text, /ETCD_ANSWER/);
  t.deepEqual(asked, ['/v3/kv/range']);
});

test('an etcd that answers wrongly is a warning with the reason at the endpoints', async (t) => {
  const etcd = await fakeEtcd(t);
  etcd.spoil = () => ({ status: 403, body: { message: 'etcdserver: permission denied' } });
  const { status, text } = await check(() => ({ endpoints: [etcd.url], requestTimeout: '1s' }));
  t.is(status, 0, text);
  t.regex(
    text,
    /^\d+:\d+: warning: CONFIG_WARNING_ETCD_ANSWER: .*ETCD_REFUSED: .*permission denied$/m,
  );
});

test('each file that cannot be used is told at its line, and etcd is not asked then', async (t) => {
  const { status, text } = await check((folder) => {
    writeFileSync(join(folder, 'ca.pem'), 'no certificate');
    writeFileSync(join(folder, 'password'), 'opensesame\n', { mode: 0o644 });
    return {
      endpoints: ['https://192.0.2.21', 'https://192.0.2.22'],
      caFile: join(folder, 'ca.pem'),
      user: 'hotpair',
      passwordFile: join(folder, 'password'),
    };
  });
  t.is(status, 2);
  t.regex(
    text,
    /CONFIG_ETCD_FILE: arbiter\.etcd\.caFile: ETCD_FILE_FORMAT: .* does not hold a certificate/,
  );
  t.regex(text, /CONFIG_ETCD_FILE: arbiter\.etcd\.passwordFile: ETCD_FILE_PERMISSIONS: /);
  t.notRegex(text, /opensesame|ETCD_ANSWER/);
});
