// `hotpair panel show`: the pages on a terminal, with and without an agent.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { controlSocketPath } from '../../src/daemon/control/controlClient.ts';
import { openControlServer } from '../../src/daemon/control/controlServer.ts';
import { configText } from '../config/configText.ts';
import { aStatus } from '../words/aStatus.ts';
import { callHotpair } from './callHotpair.ts';

type Box = { readonly file: string; readonly runDirectory: string };

function aBox(t: ExecutionContext): Box {
  const folder = mkdtempSync(join(tmpdir(), 'hotpair-panel-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'hotpair.yaml');
  writeFileSync(file, configText({ state: { directory: folder, runDirectory: folder } }));
  return { file, runDirectory: folder };
}

test('without an agent every page says so, with exit status 3', async (t) => {
  const { file } = aBox(t);
  const { code, stdout } = await callHotpair('panel', 'show', '--config', file);
  t.is(code, 3);
  t.regex(stdout, /^role\n┌─{22}┐\n│ box-a +NO AGENT │ \(R\)\n│ agent not answering +│/);
  t.regex(stdout, /\nlights: box red, blinks {3}role off {3}peer off {3}database off\n$/);
});

test('one page in another size, and its details', async (t) => {
  const { file, runDirectory } = aBox(t);
  const server = await openControlServer(controlSocketPath(runDirectory), (client) =>
    client.reply(aStatus()),
  );
  t.teardown(() => server.close());
  const options = ['--page', 'database', '--size', '16x2', '--details', '--config', file];
  const { code, stdout } = await callHotpair('panel', 'show', ...options);
  t.is(code, 0);
  t.regex(
    stdout,
    /^database\n┌─{18}┐\n│ Database primary │\n│ standby in step {2}│\n└─{18}┘\n database:\n primary on\n/,
  );
});

test('what is not understood is refused with what is allowed', async (t) => {
  const { file } = aBox(t);
  const refused = async (...words: readonly string[]): Promise<string> => {
    const { code, stderr } = await callHotpair('panel', ...words, '--config', file);
    t.is(code, 2, stderr);
    return stderr;
  };
  t.regex(
    await refused('show', '--page', 'x'),
    /USAGE: there is no page x: there is role, database/,
  );
  t.regex(await refused('show', '--size', '200x1'), /USAGE: 200x1 is no size: 16x2 to 40x8/);
  t.regex(
    await refused('simulate', '--model', '1'),
    /USAGE: there is no model 1: there is 635, 633, lk204/,
  );
  t.regex(await refused('show', '--link', '/x'), /USAGE: show with these options is not expected/);
  t.regex(await refused(), /USAGE: nothing with these options is not expected/);
});
