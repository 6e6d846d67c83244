// What a network port is, for people: address, speed, duplex, how often its carrier came and went. Read from sysfs in the thread
// pool, because a driver may ask its chip for it; nothing that decides waits for this.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export type PortReading = {
  readonly device: string;
  readonly present: boolean;
  readonly mac: string | null;
  /** Null while the port is down or has no carrier, and where the driver does not know. */
  readonly speedMbit: number | null;
  readonly duplex: 'full' | 'half' | null;
  /** Null while the port is down: the kernel refuses the question with EINVAL then. */
  readonly carrier: boolean | null;
  /** Since the device exists; null where the kernel does not count. */
  readonly carrierChanges: number | null;
};

/** Never rejects. `system`: where sysfs is. */
export async function readPort(device: string, system = '/sys'): Promise<PortReading> {
  const folder = join(system, 'class/net', device);
  const names = ['address', 'speed', 'duplex', 'carrier', 'carrier_changes'] as const;
  const [mac, speed, duplex, carrier, changes] = await Promise.all(
    names.map(async (name) => textOf(join(folder, name))),
  );
  const speedMbit = numberOf(speed);
  return {
    device,
    present: mac !== null,
    mac: mac ?? null,
    // Drivers say -1 or 4294967295 where they do not know.
    speedMbit: speedMbit !== null && speedMbit > 0 && speedMbit < 2 ** 31 ? speedMbit : null,
    duplex: duplex === 'full' || duplex === 'half' ? duplex : null,
    carrier: carrier === '1' ? true : carrier === '0' ? false : null,
    carrierChanges: numberOf(changes),
  };
}

async function textOf(path: string): Promise<string | null> {
  try {
    return (await readFile(path, 'latin1')).trim();
  } catch {
    return null;
  }
}

function numberOf(text: string | null | undefined): number | null {
  return text !== null && text !== undefined && /^-?\d+$/.test(text) ? Number(text) : null;
}
