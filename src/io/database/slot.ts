// The peer's physical slot. A primary keeps the log for its standby in it, up to the disk's budget;
// on a standby the slot exists but holds nothing, or it would keep log that nobody fetches.
import type { Deadline } from './deadline.ts';
import { slotName } from './databaseOptions.ts';
import type { Instance } from './instance.ts';

const look = `SELECT wal_status, restart_lsn IS NOT NULL AS reserved, active
  FROM pg_get_replication_slots() WHERE slot_name = $1`;

/** Makes the slot for the peer fit the role: present, not given up, and holding log or not. */
export async function fitSlot(
  instance: Instance,
  role: 'primary' | 'standby',
  deadline: Deadline,
): Promise<void> {
  const values = [slotName(instance.options.peerName)];
  const { rows } = await instance.main.ask({ text: look, values }, deadline);
  const slot = rows[0];
  const holds = role === 'primary';
  if (slot !== undefined) {
    const isFit = slot['reserved'] === holds && slot['wal_status'] !== 'lost';
    if (isFit || slot['active'] === true) return;
    await instance.main.ask({ text: 'SELECT pg_drop_replication_slot($1)', values }, deadline);
  }
  const create = `SELECT pg_create_physical_replication_slot($1, ${holds})`;
  await instance.main.ask({ text: create, values }, deadline);
}
