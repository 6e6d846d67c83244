// The ports as people are shown them: counted over an hour, on a real link that is down, and on one whose driver says nothing.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { openPortWatch } from '../../src/daemon/portWatch.ts';
import { readPort } from '../../src/io/link/portReading.ts';
import type { PortReading } from '../../src/io/link/portReading.ts';
import { until } from './until.ts';

test('the loopback has no carrier to lose, and a device that is not there is told as missing', async (t) => {
  t.like(await readPort('lo'), { present: true, mac: '00:00:00:00:00:00', duplex: null });
  t.like(await readPort('none0'), { present: false, mac: null, carrier: null });
});

test('what a driver does not know is null', async (t) => {
  const system = mkdtempSync(join(tmpdir(), 'hotpair-sysfs-'));
  t.teardown(() => rmSync(system, { recursive: true }));
  const folder = join(system, 'class/net/eth9');
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries({
    address: '02:00:00:00:00:09',
    speed: '-1',
    duplex: 'unknown',
    carrier: '1',
    carrier_changes: '7',
  }))
    writeFileSync(join(folder, name), `${text}\n`);
  t.deepEqual(await readPort('eth9', system), {
    device: 'eth9',
    present: true,
    mac: '02:00:00:00:00:09',
    speedMbit: null,
    duplex: null,
    carrier: true,
    carrierChanges: 7,
  });
});

test('changes of carrier are counted over the last hour, and a device that was made anew counts from its beginning', async (t) => {
  let now = 0;
  let carrierChanges = 10;
  const read = async (device: string): Promise<PortReading> => ({
    device,
    present: true,
    mac: '02:00:00:00:00:01',
    speedMbit: 100,
    duplex: 'full',
    carrier: true,
    carrierChanges,
  });
  const watch = openPortWatch({
    devices: [['service', 'eth0']],
    read,
    now: () => now,
    periodMs: 5,
  });
  t.teardown(() => watch.close());
  const sees = async (at: number, changes: number, counted: number): Promise<void> => {
    now = at;
    carrierChanges = changes;
    await until(`${counted} changes at ${at}`, () => {
      const [port] = watch.ports();
      return port?.carrierChanges === changes && port.changesInLastHour === counted;
    });
    t.pass();
  };
  await sees(0, 10, 0);
  await sees(60_000, 14, 4);
  await sees(1_800_000, 16, 6);
  await sees(3_600_000 + 60_001, 16, 2);
  await sees(8_000_000, 16, 0);
  await sees(8_000_001, 1, 0);
  await sees(8_000_002, 3, 2);
});
