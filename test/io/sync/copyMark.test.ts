// The mark that says that files are nothing but a copy.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { copyMark, removeOtherMarks } from '../../../src/io/sync/copyMark.ts';

function aState(t: ExecutionContext): string {
  const state = mkdtempSync(join(tmpdir(), 'hotpair-mark-'));
  t.teardown(() => rmSync(state, { recursive: true }));
  return state;
}

test('a mark outlives its process, and speaks of one directory of one set', (t) => {
  const state = aState(t);
  t.false(copyMark(state, 'prompts', '/srv/prompts').isSet());
  copyMark(state, 'prompts', '/srv/prompts').set();
  t.true(copyMark(state, 'prompts', '/srv/prompts').isSet());
  t.false(copyMark(state, 'prompts', '/srv/others').isSet());
  t.false(copyMark(state, 'recordings', '/srv/prompts').isSet());
});

test('a mark that is removed is gone at once, for this process and for the next one', async (t) => {
  const state = aState(t);
  const mark = copyMark(state, 'prompts', '/srv/prompts');
  mark.set();
  const removed = mark.remove();
  t.false(mark.isSet());
  t.false(copyMark(state, 'prompts', '/srv/prompts').isSet());
  await removed;
  await t.notThrowsAsync(mark.remove());
  mark.set();
  t.true(mark.isSet());
});

test('marks of sets that are no longer configured go, and with the last one their directory', (t) => {
  const state = aState(t);
  for (const set of ['prompts', 'recordings']) copyMark(state, set, '/srv').set();
  removeOtherMarks(state, ['prompts', 'config']);
  t.true(copyMark(state, 'prompts', '/srv').isSet());
  t.false(copyMark(state, 'recordings', '/srv').isSet());
  removeOtherMarks(state, []);
  t.false(existsSync(join(state, 'sync')));
  removeOtherMarks(state, []);
});
