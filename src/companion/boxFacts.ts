// The quick figures of this box, read from /proc and /sys: about a millisecond, no process, no waiting for a disk.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export type PortFacts = {
  readonly name: string;
  readonly isUp: boolean;
  /** Null where the port is down: the kernel does not say then. */
  readonly carrier: boolean | null;
  /** Megabits a second; null where there is no carrier, or the driver does not say. */
  readonly speed: number | null;
  readonly duplex: 'full' | 'half' | null;
  readonly mac: string | null;
};

export type BoxFacts = {
  readonly uptimeMs: number | null;
  /** Of the last minute. */
  readonly load: number | null;
  readonly memoryBytes: number | null;
  readonly memoryAvailableBytes: number | null;
  /** The hottest sensor, in degrees Celsius. */
  readonly temperature: number | null;
  readonly ports: readonly PortFacts[];
};

const mostPorts = 16;
const mostSensors = 16;

export function readBoxFacts(root = '/'): BoxFacts {
  const memory = read(join(root, 'proc/meminfo')) ?? '';
  const uptime = number(read(join(root, 'proc/uptime')));
  return {
    uptimeMs: uptime === null ? null : Math.round(uptime * 1_000),
    load: number(read(join(root, 'proc/loadavg'))),
    memoryBytes: kilobytes(memory, 'MemTotal'),
    memoryAvailableBytes: kilobytes(memory, 'MemAvailable'),
    temperature: hottest(join(root, 'sys/class/thermal')),
    ports: portsOf(join(root, 'sys/class/net')),
  };
}

function portsOf(directory: string): readonly PortFacts[] {
  return list(directory)
    .filter((name) => name !== 'lo')
    .slice(0, mostPorts)
    .map((name) => portFacts(name, join(directory, name)));
}

function portFacts(name: string, directory: string): PortFacts {
  const flags = Number.parseInt(read(join(directory, 'flags')) ?? '', 16);
  const isUp = (flags & 1) === 1;
  // EINVAL while the port is down.
  const carrier = read(join(directory, 'carrier'));
  const speed = number(read(join(directory, 'speed')));
  const duplex = read(join(directory, 'duplex'));
  return {
    name,
    isUp,
    carrier: carrier === null ? null : carrier === '1',
    speed: speed !== null && speed > 0 ? speed : null,
    duplex: duplex === 'full' || duplex === 'half' ? duplex : null,
    mac: read(join(directory, 'address')),
  };
}

function hottest(directory: string): number | null {
  const values = list(directory)
    .filter((name) => name.startsWith('thermal_zone'))
    .slice(0, mostSensors)
    .flatMap((name) => number(read(join(directory, name, 'temp'))) ?? []);
  return values.length === 0 ? null : Math.round(Math.max(...values) / 1_000);
}

function kilobytes(memory: string, name: string): number | null {
  const found = new RegExp(`^${name}: *(\\d+) kB$`, 'm').exec(memory)?.[1];
  return found === undefined ? null : Number(found) * 1024;
}

function number(text: string | null): number | null {
  const value = Number.parseFloat(text ?? '');
  return Number.isFinite(value) ? value : null;
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}

function list(directory: string): readonly string[] {
  try {
    return readdirSync(directory).toSorted();
  } catch {
    return [];
  }
}
