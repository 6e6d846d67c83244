// The Debian packages that the image is made of, each by name and with what it is there for. Which version is taken is what
// this machine's package lists say; the files are kept, so that a second image needs no network.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';

export type DebianPackage = {
  /** Name, version and architecture, as the archive names the file. */
  readonly file: string;
  readonly sha256: string;
};

const programs = [
  'busybox-static', // init, shell and the small tools
  'postgresql-15', // the database
  'postgresql-client-15', // pg_basebackup, psql
  'e2fsprogs', // e2fsck, for the data partition
  'rsync', // files that both boxes need
  'tzdata', // the zones that PostgreSQL knows
  'libc-bin', // the locale C.UTF-8
];

/** Whatever a program above is linked with; one that is missing here is named when the image is made. */
const libraries = [
  'libc6',
  'libgcc-s1',
  'libstdc++6',
  'libatomic1',
  'libacl1',
  'libaudit1',
  'libblkid1',
  'libcap2',
  'libcap-ng0',
  'libcom-err2',
  'libext2fs2',
  'libffi8',
  'libgcrypt20',
  'libgmp10',
  'libgnutls30',
  'libgpg-error0',
  'libgssapi-krb5-2',
  'libhogweed6',
  'libicu72',
  'libidn2-0',
  'libk5crypto3',
  'libkeyutils1',
  'libkrb5-3',
  'libkrb5support0',
  'libldap-2.5-0',
  'liblz4-1',
  'liblzma5',
  'libnettle8',
  'libp11-kit0',
  'libpam0g',
  'libpcre2-8-0',
  'libpopt0',
  'libpq5',
  'libreadline8',
  'libsasl2-2',
  'libselinux1',
  'libssl3',
  'libsystemd0',
  'libtasn1-6',
  'libtinfo6',
  'libunistring2',
  'libuuid1',
  'libxml2',
  'libxxhash0',
  'libzstd1',
  'zlib1g',
];

/** The generic flavour: the cloud flavour has no driver for the watchdog i6300esb. */
const kernelFlavour = 'linux-image-amd64';

/** The packages in the versions that this machine's lists offer, in no particular order. */
export function choosePackages(): readonly DebianPackage[] {
  const names = [kernelPackage(), ...programs, ...libraries];
  const lines = apt('apt-get', ['download', '--print-uris', ...names])
    .trim()
    .split('\n');
  const chosen = lines.flatMap((line) => {
    const [, file, , digest] = line.split(/\s+/u);
    const sha256 = /^SHA256:([0-9a-f]{64})$/u.exec(digest ?? '')?.[1];
    return file === undefined || sha256 === undefined ? [] : [{ file, sha256 }];
  });
  if (chosen.length !== names.length) {
    throw new Error(
      `apt-get offers ${chosen.length} of ${names.length} packages: apt-get update may help`,
    );
  }
  return chosen;
}

export function isKernel({ file }: DebianPackage): boolean {
  return file.startsWith('linux-image-');
}

function kernelPackage(): string {
  const depends = apt('apt-cache', ['depends', kernelFlavour]);
  const name = /^\s*Depends: (linux-image-\S+)$/mu.exec(depends)?.[1];
  if (name === undefined) throw new Error(`the package lists have no ${kernelFlavour}`);
  return name;
}

/** Fetches what is not in `folder` yet, all in one call, and compares every file with its digest. */
export function fetchPackages(packages: readonly DebianPackage[], folder: string): void {
  const missing = packages.filter(({ file }) => !existsSync(join(folder, file)));
  if (missing.length > 0) {
    const incoming = join(folder, 'incoming');
    mkdirSync(incoming, { recursive: true });
    // The user that apt would change to need not be able to write here.
    const words = ['-o', 'APT::Sandbox::User=root', 'download', '--quiet=2'];
    execFileSync('apt-get', [...words, ...missing.map(nameAndVersion)], {
      cwd: incoming,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    for (const { file } of missing) renameSync(join(incoming, file), join(folder, file));
  }
  for (const { file, sha256 } of packages) {
    const digest = createHash('sha256')
      .update(readFileSync(join(folder, file)))
      .digest('hex');
    if (digest !== sha256) throw new Error(`${join(folder, file)} is damaged: remove it`);
  }
}

/** `libc6_2.36-9_amd64.deb` is `libc6=2.36-9`; a colon of the version is written %3a in the name of the file. */
function nameAndVersion({ file }: DebianPackage): string {
  const [name = '', version = ''] = file.split('_');
  return `${name}=${decodeURIComponent(version)}`;
}

function apt(command: string, words: readonly string[]): string {
  return execFileSync(command, words, { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
}
