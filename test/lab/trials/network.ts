// Section B of the faults: cables, switches and what else may happen to packets.

import { pauseUntil } from '../clock.ts';
import { blockReplication, pullCable, pullLan } from '../faults.ts';
import { untilTakenOver, type Field } from '../field.ts';
import { askKeeper } from '../keeperProtocol.ts';
import { atMost, withEvidence, type Trial } from '../trial.ts';

export const networkTrials: readonly Trial[] = [
  {
    name: 'B01-heartbeat-cut',
    title: 'Eth1 cut while both boxes live',
    expected: {
      text: 'no role change; without another path for the log the primary goes on alone',
      roleChanges: [0],
      outageLimitMs: withEvidence(1500),
      mayOverlap: true,
    },
    act: heartbeatCut,
  },
  {
    name: 'B03-service-cut',
    title: 'Eth0 of the primary cut',
    expected: {
      text: 'the primary hands over through Eth1',
      roleChanges: [1],
      outageLimitMs: atMost(5000),
      mayOverlap: true,
    },
    act: serviceCut,
  },
  {
    name: 'B14-replication-blocked',
    title: 'the TCP connection of the log is cut without a word, heartbeats pass',
    expected: {
      text: 'the standby notices and gives its consent; the primary goes on alone',
      roleChanges: [0],
      outageLimitMs: atMost(1500),
      mayOverlap: false,
    },
    act: replicationBlocked,
  },
];

async function heartbeatCut(field: Field): Promise<void> {
  const atMs = await pullCable();
  field.noteFault(atMs);
  await field.client.untilFlowing('rows acknowledged without Eth1', atMs + 300, 1000, 20_000);
  await pauseUntil(atMs + 4000);
  await askKeeper({ type: 'setCable', connected: true });
  field.noteHealed();
}

async function serviceCut(field: Field): Promise<void> {
  const atMs = await pullLan(field.primary);
  field.noteFault(atMs, field.standby);
  await untilTakenOver(field, field.standby, atMs);
  await askKeeper({ type: 'setLan', box: field.primary, connected: true });
  field.noteHealed();
}

async function replicationBlocked(field: Field): Promise<void> {
  const atMs = await blockReplication(field.primary, true);
  field.noteFault(atMs);
  try {
    await field.client.untilFlowing('rows acknowledged alone', atMs + 300, 1000, 20_000);
    await pauseUntil(atMs + 4000);
  } finally {
    await blockReplication(field.primary, false);
  }
  field.noteHealed();
}
