// The serial add-on is loaded from bytes alone, as the executable does it with its asset.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { loadAddon, loadSerialBinding } from '../../src/kernel/serialBinding.ts';

const file =
  process.arch === 'arm64'
    ? 'linux-arm64/@serialport+bindings-cpp.armv8.glibc.node'
    : 'linux-x64/@serialport+bindings-cpp.glibc.node';
const prebuilds = join('node_modules', '@serialport', 'bindings-cpp', 'prebuilds');

test('an add-on that lies in no file is loaded with its functions', (t) => {
  const binding = loadAddon('bindings.node', readFileSync(join(prebuilds, file)));
  t.is(typeof (binding as { readonly open: unknown }).open, 'function');
});

test('bytes that are no add-on are refused', (t) => {
  t.throws(() => loadAddon('bindings.node', new Uint8Array([1, 2, 3])));
});

test('outside the executable there is no embedded add-on', (t) => {
  t.throws(() => loadSerialBinding());
});
