// The faults that a random pair is drawn from. They last until the pair is healed.

import { killAgent, killPostgres, cutPower, pullCable, pullLan, silenceEth1 } from './faults.ts';
import type { Field } from './field.ts';
import { stopAgent, stopPostgres } from './freeze.ts';
import { hotpair } from './hotpairCommand.ts';

export type PairFault = {
  readonly name: string;
  /** What lies between the boxes and is cut by it, if anything. */
  readonly cuts?: 'heartbeat' | 'lan';
  readonly apply: (field: Field) => Promise<unknown> | number;
};

export const pairFaults: readonly PairFault[] = [
  { name: 'primary-power-loss', apply: async ({ primary }) => cutPower(primary) },
  { name: 'standby-power-loss', apply: async ({ standby }) => cutPower(standby) },
  { name: 'both-power-loss', apply: async () => cutPower('box-a', 'box-b') },
  { name: 'primary-postgres-kill', apply: ({ primary }) => killPostgres(primary) },
  { name: 'standby-postgres-kill', apply: ({ standby }) => killPostgres(standby) },
  { name: 'primary-agent-kill', apply: ({ primary }) => killAgent(primary) },
  { name: 'standby-agent-kill', apply: ({ standby }) => killAgent(standby) },
  { name: 'primary-agent-stop', apply: ({ primary }) => stopAgent(primary) },
  { name: 'standby-agent-stop', apply: ({ standby }) => stopAgent(standby) },
  { name: 'primary-postgres-stop', apply: ({ primary }) => stopPostgres(primary) },
  { name: 'standby-postgres-stop', apply: ({ standby }) => stopPostgres(standby) },
  { name: 'eth1-cut', cuts: 'heartbeat', apply: pullCable },
  { name: 'eth1-silent', cuts: 'heartbeat', apply: silenceEth1 },
  { name: 'primary-lan-cut', cuts: 'lan', apply: async ({ primary }) => pullLan(primary) },
  { name: 'standby-lan-cut', cuts: 'lan', apply: async ({ standby }) => pullLan(standby) },
  { name: 'lan-dead', cuts: 'lan', apply: lanDead },
  { name: 'switchover', apply: switchover },
];

async function lanDead(): Promise<void> {
  await Promise.all([pullLan('box-a'), pullLan('box-b')]);
}

/** Ordered, not waited for: the other fault comes in its midst. It may be refused by then. */
async function switchover({ site, primary }: Field): Promise<void> {
  await hotpair(site.binary, primary, ['switchover'], 10_000).catch(() => undefined);
}
