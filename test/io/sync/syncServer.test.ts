// What the daemon that hands files out does not do, whoever asks.
import { spawnSync } from 'node:child_process';
import { statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { serverConfig, writeServerFiles } from '../../../src/io/sync/syncServer.ts';
import { aSite, contentOf, rightSecret } from './aSite.ts';
import type { SyncSite } from './aSite.ts';

/** A call by hand with the right secret; `files`: where the module is named with `MODULE`. */
function call(
  { port }: SyncSite,
  ...words: readonly string[]
): { status: number | null; text: string } {
  const url = `rsync://${rightSecret.name}@127.0.0.1:${port}`;
  const args = words.map((word) => word.replace('URL', url));
  const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C', RSYNC_PASSWORD: rightSecret.secret };
  const { status, stdout, stderr } = spawnSync('rsync', args, { env, encoding: 'utf8' });
  return { status, text: `${stdout}${stderr}` };
}

test('it takes no files, follows no links, and names no sets', async (t) => {
  const site = await aSite(t);
  site.write('a.wav', 'there');
  symlinkSync('/etc/hostname', join(site.there, 'link'));
  await site.serve();
  writeFileSync(join(site.here, 'own.wav'), 'mine');
  const pushed = call(site, '-r', `${site.here}/own.wav`, 'URL/set-prompts/');
  t.regex(pushed.text, /read only/);
  t.deepEqual(Object.keys(contentOf(site.there)).toSorted(), ['a.wav', 'link']);
  for (const option of ['--copy-links', '--copy-unsafe-links', '--copy-dirlinks', '-L', '-rLt']) {
    const { status, text } = call(site, '-r', option, 'URL/set-prompts/', `${site.here}/`);
    t.not(status, 0, option);
    t.regex(text, /refused|server is configured to refuse/, option);
  }
  t.deepEqual(contentOf(site.here), { 'own.wav': 'mine' });
  t.is(call(site, 'URL/').text, '');
  t.regex(call(site, '-r', 'URL/set-prompts/../', `${site.here}/`).text, /./);
  t.deepEqual(
    Object.keys(contentOf(site.here))
      .toSorted()
      .filter((name) => name !== 'own.wav' && name !== 'a.wav' && name !== 'link'),
    [],
  );
});

test('without a secret nobody is served, and its files are for root alone', async (t) => {
  const site = await aSite(t);
  site.write('a.wav', 'there');
  const options = {
    address: '127.0.0.1',
    port: site.port,
    peer: '127.0.0.1',
    sets: [{ name: 'prompts', directory: site.there }],
    runDirectory: site.state,
  };
  t.notRegex(serverConfig(options, []), /\[set-/);
  t.regex(serverConfig(options, [rightSecret]), /\[set-prompts\]/);
  writeServerFiles(options, [rightSecret]);
  for (const name of ['sync', 'sync/secrets', 'sync/rsyncd.conf']) {
    t.is(statSync(join(site.state, name)).mode & 0o077, 0, name);
  }
});

test('a caller from another address is not let in', async (t) => {
  const site = await aSite(t);
  site.write('a.wav', 'there');
  await site.serve();
  const { text } = call(site, '--address=127.0.0.2', '-r', 'URL/set-prompts/', `${site.here}/`);
  t.regex(text, /ERROR: (?:Unknown module|access denied)/);
  t.deepEqual(contentOf(site.here), {});
});

test('a path with odd characters is one path, and no variable of the environment', (t) => {
  const set = { name: 'odd', directory: '/srv/100%HOME% \\' };
  const text = serverConfig(
    { address: '::1', port: 1, peer: '::1', sets: [set], runDirectory: '/run/hotpair' },
    [rightSecret],
  );
  t.true(text.includes('path = /srv/100%%HOME%% \\/\n'));
});
