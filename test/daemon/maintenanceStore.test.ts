// The end of a maintenance over restarts of the agent.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { readMaintenance, writeMaintenance } from '../../src/daemon/maintenanceStore.ts';

const now = Date.UTC(2026, 10, 23, 7);

function aDirectory(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'hotpair-maintenance-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

test('a maintenance is remembered until its end and not beyond', async (t) => {
  const directory = aDirectory(t);
  await writeMaintenance(directory, now + 5_000);
  t.is(await readMaintenance(directory, now), now + 5_000);
  t.is(await readMaintenance(directory, now + 5_000), null);
});

test('an ended maintenance is forgotten', async (t) => {
  const directory = aDirectory(t);
  await writeMaintenance(directory, now + 5_000);
  await writeMaintenance(directory, null);
  t.is(await readMaintenance(directory, now), null);
  await t.notThrowsAsync(writeMaintenance(directory, null));
});

test('a file that is torn or something else means that takeovers are possible', async (t) => {
  const directory = aDirectory(t);
  for (const text of ['', '{"until', '[]', '{"untilUtc":5}', '{"untilUtc":"soon"}']) {
    writeFileSync(join(directory, 'maintenance.json'), text);
    t.is(await readMaintenance(directory, now), null, text);
  }
});
