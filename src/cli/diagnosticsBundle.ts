// What goes into a diagnostics bundle: texts without secrets, each file and the whole bounded. Files are looked at one after the
// other, and one that cannot be read costs nothing but itself.
import { closeSync, openSync, readdirSync, readSync, statfsSync, statSync } from 'node:fs';
import { arch, cpus, freemem, loadavg, release, totalmem, uptime } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { shownValues } from '../config/effective.ts';
import { holdsSecret, withoutSecrets } from '../config/knownSecrets.ts';
import { programVersion } from '../protocol/programVersion.ts';
import type { TarEntry } from '../protocol/tarFile.ts';

/** Of all files together; what does not fit any more is named and left out. */
const wholeBytes = 24 * 1024 * 1024;
const mostServiceLogs = 32;
const kilo = 1024;

/** Last bytes of each text that are taken. */
const lastBytes = {
  history: 2048 * kilo,
  log: 512 * kilo,
  service: 128 * kilo,
  small: 64 * kilo,
} as const;

export type Bundle = {
  readonly entries: readonly TarEntry[];
  /** What is not in it, and why; for people. */
  readonly leftOut: readonly string[];
};

/** Collects within bounds and takes every secret out. */
export class BundleWriter {
  readonly #folder: string;
  readonly #secrets: readonly string[];
  readonly #now: number;
  readonly #entries: TarEntry[] = [];
  readonly #leftOut: string[] = [];
  #bytes = 0;

  constructor(folder: string, secrets: readonly string[], now = Date.now()) {
    this.#folder = folder;
    this.#secrets = secrets;
    this.#now = now;
  }

  text(name: string, text: string): void {
    this.#add(name, Buffer.from(withoutSecrets(text, this.#secrets)));
  }

  json(name: string, value: unknown): void {
    this.text(name, `${JSON.stringify(value, null, 2)}\n`);
  }

  /** The last `bytes` of a text file, whole lines of it; nothing where there is none. */
  tail(name: string, path: string, bytes: number): void {
    const read = lastOf(path, bytes);
    if (read === null) return;
    const text = read.bytes.toString('utf8');
    // A cut line may begin in the middle of a secret.
    this.text(name, read.isWhole ? text : text.slice(text.indexOf('\n') + 1));
  }

  /** A file of another form, as it is; left out where it is larger than `bytes` or holds a secret. */
  binary(name: string, path: string, bytes: number): void {
    const read = lastOf(path, bytes);
    if (read === null) return;
    if (!read.isWhole) this.#leftOut.push(`${name}: larger than ${bytes} bytes`);
    else if (holdsSecret(read.bytes, this.#secrets)) this.#leftOut.push(`${name}: holds a secret`);
    else this.#add(name, read.bytes);
  }

  end(): Bundle {
    if (this.#leftOut.length > 0) this.text('left-out.txt', `${this.#leftOut.join('\n')}\n`);
    return { entries: this.#entries, leftOut: this.#leftOut };
  }

  #add(name: string, bytes: Buffer): void {
    if (this.#bytes + bytes.length > wholeBytes) {
      this.#leftOut.push(`${name}: the bundle is full`);
      return;
    }
    this.#bytes += bytes.length;
    this.#entries.push({ name: `${this.#folder}/${name}`, bytes, changedAt: this.#now });
  }
}

function lastOf(
  path: string,
  bytes: number,
): { readonly bytes: Buffer; readonly isWhole: boolean } | null {
  try {
    const stats = statSync(path);
    if (!stats.isFile()) return null;
    const descriptor = openSync(path, 'r');
    try {
      const room = Buffer.alloc(Math.min(stats.size, bytes));
      const read = readSync(
        descriptor,
        room,
        0,
        room.length,
        Math.max(0, stats.size - room.length),
      );
      return { bytes: room.subarray(0, read), isWhole: stats.size <= bytes };
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return null;
  }
}

/** Everything that lies on the box; `status` is what its agent says, or that it does not answer. */
export function fillBundle(bundle: BundleWriter, config: Config, status: unknown): void {
  const { directory, runDirectory } = config.state;
  bundle.json('about.json', aboutBox(config));
  bundle.json('status.json', status);
  bundle.json('configuration.json', shownValues(config));
  for (const name of [
    'record.a',
    'record.b',
    'node.json',
    'boots.json',
    'hooks.json',
    'maintenance.json',
    'ledger.json',
  ])
    bundle.tail(`state/${name}`, join(directory, name), lastBytes.small);
  bundle.tail('state/services.json', join(runDirectory, 'services.json'), lastBytes.small);
  bundle.text('state/files.txt', listing(directory));
  for (const name of [
    'meminfo',
    'loadavg',
    'uptime',
    'mounts',
    'net/dev',
    'net/snmp',
    'pressure/io',
    'pressure/cpu',
  ])
    bundle.text(`proc/${name.replace('/', '-')}.txt`, procText(name));
  for (const name of ['events.jsonl', 'events.jsonl.1'])
    bundle.tail(name, join(directory, name), lastBytes.history);
  for (const name of ['postgresql.log', 'postgresql.log.1'])
    bundle.tail(name, join(directory, name), lastBytes.log);
  for (const name of namesIn(join(directory, 'services')).slice(0, mostServiceLogs))
    bundle.tail(`services/${name}`, join(directory, 'services', name), lastBytes.service);
  // The newest first: they are the ones that fit.
  for (const name of namesIn(join(directory, 'flight')).toReversed())
    bundle.binary(`flight/${name}`, join(directory, 'flight', name), lastBytes.history);
  for (const crash of namesIn(directory)
    .filter((name) => name.startsWith('crash-'))
    .slice(-2))
    for (const name of namesIn(join(directory, crash)))
      bundle.binary(`${crash}/${name}`, join(directory, crash, name), lastBytes.history);
}

function aboutBox(config: Config): object {
  return {
    hotpair: programVersion,
    node: config.node.name,
    time: new Date().toISOString(),
    kernel: release(),
    processor: { architecture: arch(), number: cpus().length, model: cpus()[0]?.model ?? null },
    uptimeSeconds: Math.round(uptime()),
    load: loadavg(),
    memory: { total: totalmem(), free: freemem() },
    disks: [config.state.directory, config.database.dataDirectory].map(spaceOn),
  };
}

function spaceOn(path: string): object | null {
  try {
    const { bsize, blocks, bavail, files, ffree } = statfsSync(path);
    return { path, bytes: bsize * blocks, free: bsize * bavail, files, freeFiles: ffree };
  } catch {
    return null;
  }
}

/** Names, sizes and times of the state directory, not of what PostgreSQL has in it. */
function listing(directory: string): string {
  const lines = namesIn(directory).flatMap((name) => {
    try {
      const { size, mtime, mode } = statSync(join(directory, name));
      return [
        `${(mode & 0o7777).toString(8).padStart(4, '0')} ${size} ${mtime.toISOString()} ${name}`,
      ];
    } catch {
      return [];
    }
  });
  return `${lines.join('\n')}\n`;
}

function procText(name: string): string {
  try {
    const descriptor = openSync(join('/proc', name), 'r');
    try {
      const room = Buffer.alloc(lastBytes.small);
      return room.toString('utf8', 0, readSync(descriptor, room));
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return '';
  }
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory).toSorted();
  } catch {
    return [];
  }
}
