// What a build is for: this machine, or one of the two processors by name. The Node of another processor is the
// package node-linux-ARCH of package.json, in node_modules or where scripts/cross has put it.

import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

export type Target = {
  readonly arch: Architecture;
  /** Name of the executable in dist. */
  readonly output: string;
  /** The Node that becomes the executable, and its version. */
  readonly node: string;
  readonly nodeVersion: string;
  /** The strip of binutils that knows the processor. */
  readonly strip: string;
  readonly serialAddon: string;
};

type Architecture = 'x64' | 'arm64';

// The arm64 prebuild carries the architecture's version in its name, the x64 one does not.
const processors = {
  x64: { strip: 'x86_64-linux-gnu-strip', libc: 'glibc' },
  arm64: { strip: 'aarch64-linux-gnu-strip', libc: 'armv8.glibc' },
} as const;

const usage = 'node scripts/build.ts [--target linux-x64|linux-arm64]';

/** The target that the command line means. Throws an Error with one sentence. */
export function readTarget(root: string, argv: readonly string[]): Target {
  if (argv.length === 0) return describe(root, hostArchitecture(), 'hotpair');
  const [option, name = '', ...extra] = argv;
  const arch = name.replace(/^linux-/, '');
  if (option !== '--target' || extra.length > 0 || !isKnown(arch)) {
    throw new Error(`this is not how the build is called: ${usage}`);
  }
  return describe(root, arch, `hotpair-linux-${arch}`);
}

function hostArchitecture(): Architecture {
  if (isKnown(process.arch)) return process.arch;
  throw new Error(`there is no Node for the processor ${process.arch}`);
}

function isKnown(arch: string): arch is Architecture {
  return Object.hasOwn(processors, arch);
}

function describe(root: string, arch: Architecture, output: string): Target {
  const { strip, libc } = processors[arch];
  const prebuilds = 'node_modules/@serialport/bindings-cpp/prebuilds';
  return {
    arch,
    output,
    ...nodeFor(root, arch),
    // The plain one is there on every machine that builds for itself.
    strip: arch === process.arch ? 'strip' : strip,
    serialAddon: join(root, prebuilds, `linux-${arch}`, `@serialport+bindings-cpp.${libc}.node`),
  };
}

function nodeFor(root: string, arch: Architecture): Pick<Target, 'node' | 'nodeVersion'> {
  const wanted = wantedVersion(root, arch);
  const name = `node-linux-${arch}`;
  const places = [join(root, 'node_modules', name), join(root, 'build', 'cross', name)];
  const place = places.find((each) => packageVersionIn(each) === wanted);
  if (place === undefined) {
    throw new Error(`${name} ${wanted} is not here: run scripts/cross, which fetches it`);
  }
  return { node: realpathSync(join(place, 'bin', 'node')), nodeVersion: `v${wanted}` };
}

function wantedVersion(root: string, arch: Architecture): string {
  const { optionalDependencies } = readJson(join(root, 'package.json')) as {
    readonly optionalDependencies: Readonly<Record<string, string>>;
  };
  const version = optionalDependencies[`node-linux-${arch}`];
  if (version === undefined) throw new Error(`package.json names no Node for ${arch}`);
  return version;
}

function packageVersionIn(folder: string): string | undefined {
  const file = join(folder, 'package.json');
  if (!existsSync(file)) return undefined;
  return (readJson(file) as { readonly version?: string }).version;
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}
