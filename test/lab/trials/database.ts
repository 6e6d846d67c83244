// Section D of the faults: PostgreSQL and its data.

import { killPostgres } from '../faults.ts';
import type { Field } from '../field.ts';
import { atMost, type Trial } from '../trial.ts';

export const databaseTrials: readonly Trial[] = [
  {
    name: 'D01-postgres-kill',
    title: 'kill -9 of the postmaster on the primary',
    expected: {
      text: 'the database restarts in place, or the primary hands over',
      roleChanges: [0, 1],
      outageLimitMs: atMost(5000),
      mayOverlap: false,
    },
    act: postgresKill,
  },
];

async function postgresKill(field: Field): Promise<void> {
  const atMs = killPostgres(field.primary);
  field.noteFault(atMs, field.standby);
  await field.client.untilFlowing('rows acknowledged again', atMs + 50, 700, 30_000);
}
