// Every error code that people can meet stands in a document, and every code in a document exists. Each way of making a
// code, and each fault that a document can have, is planted first.

import { join } from 'node:path';
import test from 'ava';
import type { SourceFile } from './complaint.ts';
import { codesInSources, errorCodeComplaints } from './errorCodes.ts';
import { readSourceTree } from './sourceTree.ts';

const path = 'src/daemon/mailbox.ts';

function codesOf(...texts: readonly string[]): readonly string[] {
  const files = texts.map((text, at) => ({ path: `src/daemon/part${at}.ts`, text }));
  return [...codesInSources(files).keys()].toSorted();
}

test('a code is found however it is thrown, told or printed', (t) => {
  t.deepEqual(codesOf("throw new HotpairError('RECORD_LOST', 'gone');"), ['RECORD_LOST']);
  t.deepEqual(codesOf("throw new HotpairError(\n  'RECORD_LOST',\n  'gone',\n);"), ['RECORD_LOST']);
  t.deepEqual(codesOf("throw refused('RECORD_LOST', path);"), ['RECORD_LOST']);
  t.deepEqual(codesOf("return { code: 'RECORD_LOST', text };"), ['RECORD_LOST']);
  t.deepEqual(codesOf("const code = isGone ? 'RECORD_LOST' : other;"), ['RECORD_LOST']);
  t.deepEqual(codesOf("return 'RECORD_LOST: no copy is left.';"), ['RECORD_LOST']);
  t.deepEqual(codesOf('log(`hotpair: RECORD_LOST: ${why}`);'), ['RECORD_LOST']);
  t.deepEqual(codesOf("type Code = 'RECORD_LOST' | 'RECORD_OLD';"), ['RECORD_LOST', 'RECORD_OLD']);
});

test('a code of one word is found where a code must stand, and other words are none', (t) => {
  t.deepEqual(codesOf("throw new HotpairError('USAGE', 'no');"), ['USAGE']);
  t.deepEqual(codesOf("throw flightRefusal(\n  'USAGE',\n  'no',\n);"), ['USAGE']);
  t.deepEqual(codesOf("return { code: 'USAGE', text };"), ['USAGE']);
  t.deepEqual(codesOf('write(`hotpair: INTERNAL: ${sentence}\\n`);'), ['INTERNAL']);
  t.deepEqual(codesOf("kill('SIGTERM'); throw new Error('No.'); if (code === 'EIO') end();"), []);
});

test('a code that is put together is found, with a hole for what is not known', (t) => {
  t.deepEqual(codesOf('throw new HotpairError(`KERNEL_${name}`, text);'), ['KERNEL_<>']);
  t.deepEqual(codesOf('throw new HotpairError(`KERNEL_${nameOf(n)}`, a);'), ['KERNEL_<>']);
  t.deepEqual(codesOf('throw new HotpairError(`${kind}_MISSING`, text);'), ['<>_MISSING']);
  t.deepEqual(codesOf("throw new HotpairError('KERNEL_' + name, text);"), ['KERNEL_<>']);
  t.deepEqual(codesOf("throw new HotpairError(kind + '_MISSING', text);"), ['<>_MISSING']);
  // What a reader of files adds to the beginnings that its callers give it.
  const [reader, user] = [
    'new HotpairError(`${codes}_MISSING`, a);',
    "use({ codes: 'KEY' }, { codes: 'ETCD_FILE' });",
  ];
  t.deepEqual(codesOf(reader, user), ['ETCD_FILE_MISSING', 'KEY_MISSING']);
});

test('the beginning of codes is one itself where it is thrown', (t) => {
  t.deepEqual(codesOf("use({ codes: 'ETCD_FILE' });"), []);
  t.deepEqual(codesOf("use({ codes: 'ETCD_FILE' }); fail('ETCD_FILE');"), ['ETCD_FILE']);
});

test('a constant, a word in a comment and a beginning that is compared are no codes', (t) => {
  t.deepEqual(codesOf('const HEADER_BYTES = 4; // RECORD_LOST'), []);
  t.deepEqual(codesOf("if (code.startsWith('KERNEL_')) end(`${code}`);"), []);
});

const source = "throw new HotpairError('RECORD_LOST', 'gone');";
const row = '| `RECORD_LOST` | both copies are gone | set the box up anew |';

/** Without the complaints about foreign words, which a small tree does not have. */
function complaints(...files: readonly SourceFile[]): readonly string[] {
  return errorCodeComplaints(files)
    .filter((complaint) => complaint.path !== 'test/house/errorCodes.ts')
    .map((complaint) => `${complaint.path}:${complaint.line} ${complaint.sentence}`);
}

test('a code with a row of its own is fine', (t) => {
  t.deepEqual(complaints({ path, text: source }, { path: 'docs/errors.md', text: row }), []);
});

test('a code in the source that is in no document is found', (t) => {
  const file = { path, text: `\n${source}` };
  const missing = [`${path}:2 RECORD_LOST has no row in docs/errors.md or docs/configuration.md`];
  t.deepEqual(complaints(file), missing);
  t.deepEqual(complaints(file, { path: 'docs/errors.md', text: '`RECORD_LOST` is bad' }), missing);
  t.deepEqual(complaints(file, { path: 'docs/operations.md', text: row }), missing);
});

test('a code in a document that is nowhere in the source, or in a comment only, is found', (t) => {
  const file = { path: 'docs/errors.md', text: `\n${row}` };
  const stranger = ['docs/errors.md:2 RECORD_LOST is nowhere in src'];
  t.deepEqual(complaints(file), stranger);
  t.deepEqual(complaints(file, { path, text: '// Throws RECORD_LOST.' }), stranger);
  t.deepEqual(complaints({ path: 'README.md', text: 'see `RECORD_LOST`' }), [
    'README.md:1 RECORD_LOST is nowhere in src',
  ]);
  t.deepEqual(complaints({ path: 'docs/errors.md', text: '| `USAGE` | a | b |' }), [
    'docs/errors.md:1 USAGE is nowhere in src',
  ]);
});

function complaintsAboutRows(text: string): readonly string[] {
  return complaints({ path, text: source }, { path: 'docs/errors.md', text });
}

test('a row without a meaning or a remedy, and one that is there twice, is found', (t) => {
  const incomplete = ['docs/errors.md:1 RECORD_LOST needs its meaning and what to do, no more'];
  t.deepEqual(complaintsAboutRows('| `RECORD_LOST` | both copies are gone | |'), incomplete);
  t.deepEqual(complaintsAboutRows('| `RECORD_LOST` | both copies are gone |'), incomplete);
  t.deepEqual(complaintsAboutRows(`${row}\n${row}`), [
    'docs/errors.md:2 RECORD_LOST is explained twice',
  ]);
});

test('a template is explained by its pattern, once; each code that it makes may be named', (t) => {
  const file = { path, text: 'throw new HotpairError(`KERNEL_${name}`, text);' };
  const pattern = '| `KERNEL_<errno>` | the kernel refused | see to the port |';
  const named = { path: 'docs/operations.md', text: '`KERNEL_ENODEV`, `KERNEL_<errno>`' };
  t.deepEqual(complaints(file, { path: 'docs/errors.md', text: pattern }, named), []);
  t.deepEqual(complaints(file), [
    `${path}:1 KERNEL_<> has no row in docs/errors.md or docs/configuration.md`,
  ]);
  t.deepEqual(complaints(named), [
    'docs/operations.md:1 KERNEL_ENODEV is nowhere in src',
    'docs/operations.md:1 KERNEL_<errno> is nowhere in src',
  ]);
});

test('a foreign word is no code, and one that left the source is found', (t) => {
  const [used, unused] = ["read('PG_VERSION');", ''].map((text) =>
    errorCodeComplaints([{ path, text }])
      .map(({ sentence }) => sentence)
      .filter((sentence) => sentence.startsWith('PG_VERSION')),
  );
  t.deepEqual(used, []);
  t.deepEqual(unused, ['PG_VERSION is called foreign and stands nowhere in src']);
});

test('a variable that services find in their environment is no code', (t) => {
  const named = { path: 'docs/operations.md', text: 'HOTPAIR_ROLE' };
  t.deepEqual(complaints({ path, text: "set('HOTPAIR_ROLE', role);" }, named), []);
});

test('every error code of the tree stands in a document, and every one of the documents in src', (t) => {
  const tree = readSourceTree(join(import.meta.dirname, '..', '..'));
  const codes = codesInSources(tree.filter((file) => file.path.startsWith('src/')));
  for (const code of ['USAGE', 'INTERNAL', 'RECORD_WRITE', 'KEY_MISSING', 'KERNEL_<>']) {
    t.true(codes.has(code), code);
  }
  const found = errorCodeComplaints(tree);
  t.deepEqual(
    found.map((complaint) => `${complaint.path}:${complaint.line} ${complaint.sentence}`),
    [],
  );
});
