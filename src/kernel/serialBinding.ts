// The native add-on of `serialport`. In the executable there is no node_modules to load it from:
// the build puts the add-on inside as an asset and points `node-gyp-build`, the only thing that
// serialport calls to find it, at loadSerialBinding.

import { getRawAsset } from 'node:sea';
import { makeMemoryFile } from './memoryFile.ts';

// scripts/build.ts embeds the add-on under this name.
const SERIAL_ASSET = 'bindings.node';

/** The add-on inside this executable. Throws outside a single executable, where there is none. */
export function loadSerialBinding(): unknown {
  return loadAddon(SERIAL_ASSET, new Uint8Array(getRawAsset(SERIAL_ASSET)));
}

/** Loads a native add-on from its bytes and returns what it exports. */
export function loadAddon(name: string, bytes: Uint8Array): unknown {
  const loaded = { exports: {} as unknown };
  process.dlopen(loaded, makeMemoryFile(name, bytes));
  return loaded.exports;
}
