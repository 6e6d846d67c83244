// How a refusal is told from a defect, and what people read of it.

import test from 'ava';
import {
  HotpairError,
  describeHotpairError,
  isHotpairError,
} from '../../src/protocol/hotpairError.ts';

test('a refusal says its code and sentence, and the values where there are any', (t) => {
  const plain = new HotpairError('keyFileOpen', 'Others can read the key file.');
  t.is(describeHotpairError(plain), 'keyFileOpen: Others can read the key file.');
  const full = new HotpairError('keyFileOpen', 'Others can read the key file.', {
    seen: '0644',
    allowed: '0600',
  });
  t.is(
    describeHotpairError(full),
    'keyFileOpen: Others can read the key file. (seen: 0644; allowed: 0600)',
  );
});

test('a refusal is told from a defect and by its code', (t) => {
  const refusal = new HotpairError('keyFileOpen', 'Others can read the key file.');
  t.true(isHotpairError(refusal));
  t.true(isHotpairError(refusal, 'keyFileOpen'));
  t.false(isHotpairError(refusal, 'keyFileMissing'));
  t.false(isHotpairError(new Error('keyFileOpen')));
});

test('details that were not given do not exist, and a cause is kept', (t) => {
  const cause = new Error('EACCES');
  const refusal = new HotpairError('keyFileOpen', 'Others can read it.', { exitCode: 2, cause });
  t.deepEqual(
    [refusal.exitCode, refusal.seen, refusal.allowed, refusal.cause],
    [2, undefined, undefined, cause],
  );
});
