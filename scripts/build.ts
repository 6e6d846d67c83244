// Builds dist/hotpair: the sources bundled by esbuild, put into a stripped copy of the pinned Node
// as a single executable. Everything is made in a folder of this run and renamed at the end, so
// that two builds, or a build and a running hotpair, never meet a half-written file.

import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Plugin } from 'esbuild';
import { executableOptions } from './executableOptions.ts';

const root = join(import.meta.dirname, '..');
const buildFolder = join(root, 'build');
const output = join(root, 'dist', 'hotpair');

async function main(): Promise<void> {
  mkdirSync(buildFolder, { recursive: true });
  mkdirSync(join(root, 'dist'), { recursive: true });
  const folder = mkdtempSync(join(buildFolder, 'run-'));
  try {
    const bundle = join(folder, 'main.cjs');
    await bundleSources(bundle);
    makeExecutable(folder, bundle, strippedNode(folder));
    renameSync(join(folder, 'hotpair'), output);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const megabytes = (statSync(output).size / 1e6).toFixed(1);
  process.stdout.write(`dist/hotpair: version ${packageVersion()}, ${megabytes} MB\n`);
}

async function bundleSources(outfile: string): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: ['src/main.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node26',
    // CommonJS, because the main script of a single executable with code cache has to be.
    // Without code splitting a dynamic import stays lazy: its module runs when it is asked for.
    format: 'cjs',
    minify: true,
    // `hotpair fsm` prints the handlers of the table by their names.
    keepNames: true,
    legalComments: 'external',
    logLevel: 'warning',
    define: { HOTPAIR_VERSION: JSON.stringify(packageVersion()) },
    // Optional accelerators of pg and ws, which work without them.
    external: ['pg-native', 'bufferutil', 'utf-8-validate'],
    plugins: [serialBindingFromAsset],
  });
}

/** Answers `require('node-gyp-build')` in serialport with our loader of the embedded add-on. */
const serialBindingFromAsset: Plugin = {
  name: 'serial-binding-from-asset',
  setup(bundler) {
    bundler.onResolve({ filter: /^node-gyp-build$/ }, () => ({
      path: 'node-gyp-build',
      namespace: 'serial-binding',
    }));
    bundler.onLoad({ filter: /.*/, namespace: 'serial-binding' }, () => ({
      contents: `module.exports = require('./src/kernel/serialBinding.ts').loadSerialBinding;`,
      resolveDir: root,
      loader: 'js',
    }));
  },
};

/** A stripped copy of the pinned Node, kept between builds. Stripping comes before injecting. */
function strippedNode(folder: string): string {
  const node = realpathSync(join(root, 'node_modules', '.bin', 'node'));
  const stripped = join(buildFolder, `node-${process.version}-${process.arch}-stripped`);
  if (!existsSync(stripped) || statSync(stripped).mtimeMs < statSync(node).mtimeMs) {
    const copy = join(folder, 'node');
    copyFileSync(node, copy);
    execFileSync('strip', ['--strip-all', copy], { stdio: 'inherit' });
    renameSync(copy, stripped);
  }
  return stripped;
}

function makeExecutable(folder: string, bundle: string, node: string): void {
  const prebuilds = 'node_modules/@serialport/bindings-cpp/prebuilds';
  const addon = `linux-${process.arch}/@serialport+bindings-cpp.${serialLibc()}.node`;
  const settings = {
    main: bundle,
    mainFormat: 'commonjs',
    executable: node,
    output: join(folder, 'hotpair'),
    disableExperimentalSEAWarning: true,
    useSnapshot: false,
    useCodeCache: true,
    execArgv: executableOptions,
    // Firmware obeys its configuration, not an environment variable called NODE_OPTIONS.
    execArgvExtension: 'none',
    // src/kernel/serialBinding.ts asks for the asset by this name.
    assets: { 'bindings.node': join(root, prebuilds, addon) },
  };
  const settingsFile = join(folder, 'sea.json');
  writeFileSync(settingsFile, JSON.stringify(settings, null, 2));
  execFileSync(process.execPath, ['--build-sea', settingsFile], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** The arm64 prebuild carries the architecture's version in its name, the x64 one does not. */
function serialLibc(): string {
  return process.arch === 'arm64' ? 'armv8.glibc' : 'glibc';
}

function packageVersion(): string {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly version: string;
  };
  return manifest.version;
}

await main();
