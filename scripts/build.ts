// Builds dist/hotpair for this machine, or dist/hotpair-linux-x64 and dist/hotpair-linux-arm64 with `--target`: the
// sources bundled by esbuild, put into a stripped copy of the pinned Node as a single executable. Everything is made in
// a folder of this run and renamed at the end, so that two builds, or a build and a running hotpair, never meet a
// half-written file.

import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import type { Metafile, Plugin } from 'esbuild';
import { checkBoard } from '../src/config/boardCheck.ts';
import { encodeBoards, readBoards } from '../src/config/boardProfile.ts';
import { readTarget } from './buildTarget.ts';
import type { Target } from './buildTarget.ts';
import { executableOptions } from './executableOptions.ts';
import { cycloneDx, licensesText, softwareParts } from './softwareParts.ts';

const root = join(import.meta.dirname, '..');
const buildFolder = join(root, 'build');
const addonPackage = 'node_modules/@serialport/bindings-cpp';

async function main(): Promise<void> {
  const target = readTarget(root, process.argv.slice(2));
  const output = join(root, 'dist', target.output);
  mkdirSync(buildFolder, { recursive: true });
  mkdirSync(join(root, 'dist'), { recursive: true });
  const folder = mkdtempSync(join(buildFolder, 'run-'));
  try {
    const bundle = join(folder, 'main.cjs');
    describeParts(folder, await bundleSources(bundle), target);
    makeExecutable(folder, bundle, strippedNode(folder, target), target);
    renameSync(join(folder, 'hotpair'), output);
    renameSync(join(folder, 'sbom.json'), `${output}.cdx.json`);
    renameSync(join(folder, 'licenses.txt'), `${output}.licenses.txt`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const megabytes = (statSync(output).size / 1e6).toFixed(1);
  process.stdout.write(`dist/${target.output}: version ${packageVersion()}, ${megabytes} MB\n`);
}

async function bundleSources(outfile: string): Promise<Metafile> {
  const { metafile } = await build({
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
    metafile: true,
    logLevel: 'warning',
    define: {
      HOTPAIR_VERSION: JSON.stringify(packageVersion()),
      HOTPAIR_BOARDS: JSON.stringify(checkedBoards()),
      // Nothing is read from beside the executable; a bundle of this form has no place of its own.
      'import.meta.dirname': '""',
    },
    // Optional accelerators of pg and ws, which work without them.
    external: ['pg-native', 'bufferutil', 'utf-8-validate'],
    plugins: [serialBindingFromAsset],
  });
  return metafile;
}

/** `hotpair licenses` prints these; beside the executable they are for whoever ships it. */
function describeParts(folder: string, metafile: Metafile, target: Target): void {
  const parts = softwareParts(root, metafile, addonPackage, target);
  const own = readFileSync(join(root, 'LICENSE'), 'utf8');
  writeFileSync(join(folder, 'sbom.json'), cycloneDx(parts, packageVersion()));
  writeFileSync(join(folder, 'licenses.txt'), licensesText(parts, own, packageVersion()));
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

/** The boards as the executable carries them. A profile that is not in order ends the build. */
function checkedBoards(): string {
  const boards = readBoards(join(root, 'board'));
  const problems = boards.flatMap(checkBoard);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return encodeBoards(boards);
}

/** A stripped copy of the target's Node, kept between builds. Stripping comes before injecting. */
function strippedNode(folder: string, { node, nodeVersion, arch, strip }: Target): string {
  const stripped = join(buildFolder, `node-${nodeVersion}-${arch}-stripped`);
  if (!existsSync(stripped) || statSync(stripped).mtimeMs < statSync(node).mtimeMs) {
    const copy = join(folder, 'node');
    copyFileSync(node, copy);
    execFileSync(strip, ['--strip-all', copy], { stdio: 'inherit' });
    renameSync(copy, stripped);
  }
  return stripped;
}

function makeExecutable(folder: string, bundle: string, node: string, target: Target): void {
  const settings = {
    // Both beside each other, by name: the path would be in the executable, another one in each build.
    main: basename(bundle),
    mainFormat: 'commonjs',
    executable: node,
    output: 'hotpair',
    disableExperimentalSEAWarning: true,
    useSnapshot: false,
    // A cache belongs to the processor that made it: elsewhere Node would refuse it, and say so at every start.
    useCodeCache: target.arch === process.arch,
    execArgv: executableOptions,
    // Firmware obeys its configuration, not an environment variable called NODE_OPTIONS.
    execArgvExtension: 'none',
    // src/kernel/serialBinding.ts asks for the first asset by its name, src/cli/licensesCommand.ts for the others.
    assets: {
      'bindings.node': target.serialAddon,
      'licenses.txt': 'licenses.txt',
      'sbom.json': 'sbom.json',
    },
  };
  writeFileSync(join(folder, 'sea.json'), JSON.stringify(settings, null, 2));
  execFileSync(process.execPath, ['--build-sea', 'sea.json'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

function packageVersion(): string {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly version: string;
  };
  return manifest.version;
}

await main();
