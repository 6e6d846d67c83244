// What the executable is made of: every package of which the bundle holds a line, the serial add-on, Node and what Node holds. From
// esbuild's own account of the bundle, so that nothing is listed that is not in it and nothing in it is left out.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

/** One piece of software in the executable. */
export type SoftwarePart = {
  readonly name: string;
  readonly version: string;
  /** An SPDX expression. */
  readonly license: string;
  /** A package URL (purl), where there is one. */
  readonly purl: string | null;
  /** Of the package as it was fetched, as package-lock.json has it. */
  readonly integrity: string | null;
  /** The text that must go along; null where it stands in that of another part. */
  readonly licenseText: string | null;
};

/** The Node that becomes the executable. */
export type NodeTarget = { readonly arch: string; readonly nodeVersion: string };

type Manifest = { readonly name: string; readonly version: string; readonly license?: unknown };

/** Parts of Node that it names with their versions; their texts are in Node's own licence. */
const nodeParts: Readonly<Record<string, string>> = {
  acorn: 'MIT',
  ada: 'MIT OR Apache-2.0',
  amaro: 'MIT',
  ares: 'MIT',
  brotli: 'MIT',
  cjs_module_lexer: 'MIT',
  llhttp: 'MIT',
  merve: 'MIT OR Apache-2.0',
  nbytes: 'MIT',
  ncrypto: 'MIT',
  nghttp2: 'MIT',
  nghttp3: 'MIT',
  ngtcp2: 'MIT',
  openssl: 'Apache-2.0',
  simdjson: 'MIT OR Apache-2.0',
  simdutf: 'MIT OR Apache-2.0',
  sqlite: 'blessing',
  undici: 'MIT',
  uv: 'MIT',
  uvwasi: 'MIT',
  v8: 'BSD-3-Clause',
  zlib: 'Zlib',
  zstd: 'BSD-3-Clause',
  icu: 'Unicode-3.0',
  libffi: 'MIT',
  lief: 'Apache-2.0',
};

/** What `top` was bundled from; `addonPackage` is the package of the embedded add-on. */
export function softwareParts(
  top: string,
  metafile: Pick<Metafile, 'outputs'>,
  addonPackage: string,
  target: NodeTarget,
): readonly SoftwarePart[] {
  const integrity = integrityByFolder(top);
  const folders = new Set([...bundledFolders(metafile), addonPackage]);
  const packages = [...folders].toSorted().map((folder) => packagePart(top, folder, integrity));
  // The same version may lie below two others.
  const byPurl = new Map(packages.map((part) => [part.purl, part]));
  return [...byPurl.values(), nodePart(top, target), ...insideNode()];
}

/** Folders of packages of which at least a byte is in the bundle. */
function bundledFolders({ outputs }: Pick<Metafile, 'outputs'>): readonly string[] {
  return Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs)
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      .flatMap(([path]) => folderOf(path) ?? []),
  );
}

/** The folder of the package of a file, from the top's node_modules on, wherever that lies. */
function folderOf(path: string): string | null {
  const at = path.search(/(?<![^/])node_modules\//);
  if (at < 0) return null;
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path.slice(at))?.[0] ?? null;
}

function packagePart(
  top: string,
  folder: string,
  integrity: ReadonlyMap<string, string>,
): SoftwarePart {
  const { name, version, license } = readManifest(join(top, folder));
  if (typeof license !== 'string') throw new Error(`${folder} does not say its licence`);
  return {
    name,
    version,
    license,
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    integrity: integrity.get(folder) ?? null,
    licenseText: licenseTextIn(join(top, folder)) ?? ownStatement(join(top, folder)),
  };
}

/** Its text and what is in it are those of the Node that builds, which is of the same version. */
function nodePart(top: string, { arch, nodeVersion }: NodeTarget): SoftwarePart {
  if (nodeVersion !== process.version) {
    throw new Error(
      `built with Node ${process.version} for Node ${nodeVersion}: what is in it is not known`,
    );
  }
  const version = nodeVersion.slice(1);
  const name = `node-linux-${arch}`;
  return {
    name: 'node',
    version,
    license: 'MIT',
    purl: `pkg:npm/${name}@${version}`,
    integrity: integrityByFolder(top).get(`node_modules/${name}`) ?? null,
    licenseText: licenseTextIn(join(top, `node_modules/node-linux-${process.arch}`)),
  };
}

function insideNode(): readonly SoftwarePart[] {
  return Object.entries(process.versions).flatMap(([name, version]) => {
    const license = nodeParts[name];
    // What this Node was built without has an empty version.
    if (license === undefined || version === undefined || version === '') return [];
    return [{ name, version, license, purl: null, integrity: null, licenseText: null }];
  });
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

function integrityByFolder(top: string): ReadonlyMap<string, string> {
  const lock = JSON.parse(readFileSync(join(top, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly integrity?: string }>>;
  };
  return new Map(
    Object.entries(lock.packages).flatMap(([folder, { integrity }]) =>
      integrity === undefined ? [] : [[folder, integrity] as const],
    ),
  );
}

function licenseTextIn(folder: string): string | null {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const found = names.filter((name) => /^(licen[cs]e|copying|notice)([.-].*)?$/i.test(name));
  if (found.length === 0) return null;
  return found
    .toSorted()
    .map((name) => readFileSync(join(folder, name), 'utf8').trimEnd())
    .join('\n\n');
}

/** Some packages state their terms at the end of their readme only. */
function ownStatement(folder: string): string | null {
  const readme = readdirSync(folder).find((name) => /^readme(\.md)?$/i.test(name));
  if (readme === undefined) return null;
  const text = readFileSync(join(folder, readme), 'utf8');
  const at = text.search(/^#+ *licen[cs]e/im);
  return at < 0 ? null : text.slice(at).trimEnd();
}

/** A bill of materials as CycloneDX 1.6 (JSON). The same parts give the same text: no time and no chance are in it. */
export function cycloneDx(parts: readonly SoftwarePart[], version: string): string {
  const components = parts.map((part) => ({
    type: part.purl === null ? 'library' : part.name === 'node' ? 'platform' : 'library',
    'bom-ref': part.purl ?? `node/${part.name}@${part.version}`,
    name: part.name,
    version: part.version,
    licenses: [licenseOf(part.license)],
    ...(part.purl === null ? {} : { purl: part.purl }),
    ...(part.integrity === null ? {} : { hashes: [hashOf(part.integrity)] }),
  }));
  const metadata = {
    component: {
      type: 'application',
      'bom-ref': `hotpair@${version}`,
      name: 'hotpair',
      version,
      licenses: [licenseOf('Apache-2.0')],
    },
  };
  const node = components.find(({ name }) => name === 'node');
  const inNode = components.filter((each) => each['bom-ref'].startsWith('node/'));
  const dependencies = [
    {
      ref: `hotpair@${version}`,
      dependsOn: components.filter((each) => !inNode.includes(each)).map((each) => each['bom-ref']),
    },
    { ref: node?.['bom-ref'], dependsOn: inNode.map((each) => each['bom-ref']) },
  ];
  const body = { metadata, components, dependencies };
  const bom = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: serialOf(body),
    version: 1,
    ...body,
  };
  return `${JSON.stringify(bom, null, 2)}\n`;
}

function licenseOf(expression: string): object {
  return /[ ()]/.test(expression) ? { expression } : { license: { id: expression } };
}

/** Of "sha512-BASE64". */
function hashOf(integrity: string): object {
  const [, base64 = ''] = /^sha512-(.+)$/.exec(integrity) ?? [];
  return { alg: 'SHA-512', content: Buffer.from(base64, 'base64').toString('hex') };
}

/** A UUID of version 8 (RFC 9562) made of the content. */
function serialOf(body: object): string {
  const hex = createHash('sha256').update(JSON.stringify(body)).digest('hex');
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** The texts for people: hotpair's own licence, then a section for each part, alike texts only once. */
export function licensesText(parts: readonly SoftwarePart[], own: string, version: string): string {
  const byText = Map.groupBy(parts, ({ licenseText }) => licenseText ?? '');
  const sections = [...byText].map(([text, those]) => {
    const names = those.map((part) => `${part.name} ${part.version}: ${part.license}`).join('\n');
    return text === ''
      ? `${names}\nThese are parts of node, and their terms stand in its text.`
      : `${names}\n\n${text}`;
  });
  const line = '-'.repeat(78);
  return (
    [`hotpair ${version}: Apache-2.0\n\n${own.trimEnd()}`, ...sections].join(`\n\n${line}\n`) + '\n'
  );
}
