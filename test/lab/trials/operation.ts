// Section F of the faults, as far as the pair itself is concerned: the agent, and orders of people.

import { nowMs, pauseUntil, until } from '../clock.ts';
import { killAgent } from '../faults.ts';
import { untilTakenOver, type Field } from '../field.ts';
import { hotpair, statusOf } from '../hotpairCommand.ts';
import { agentOf } from '../insideBox.ts';
import { atMost, type Trial } from '../trial.ts';

export const operationTrials: readonly Trial[] = [
  {
    name: 'F03-agent-kill',
    title: 'kill -9 of the agent: odd runs on the primary, even runs on the standby',
    expected: {
      text: 'the next agent adopts everything; nobody notices',
      roleChanges: [0],
      outageLimitMs: atMost(300),
      mayOverlap: false,
    },
    act: agentKill,
  },
  {
    name: 'F04-switchover',
    title: 'hotpair switchover --wait on the primary',
    expected: {
      text: 'the roles change by agreed steps',
      roleChanges: [1],
      outageLimitMs: atMost(5000),
      mayOverlap: false,
    },
    act: switchover,
  },
];

async function agentKill(field: Field): Promise<void> {
  const box = field.run % 2 === 1 ? field.primary : field.standby;
  const before = agentOf(box)?.pid;
  const atMs = killAgent(box);
  field.noteFault(atMs);
  await until(`a new agent on ${box}`, 5000, () => {
    const agent = agentOf(box);
    return agent !== undefined && agent.pid !== before;
  });
  await until(`the new agent of ${box} answers`, 10_000, async () => {
    return typeof (await statusOf(field.site.binary, box)) !== 'string';
  });
  await pauseUntil(atMs + 3000);
}

async function switchover(field: Field): Promise<void> {
  const atMs = nowMs();
  field.noteFault(atMs, field.standby);
  await hotpair(field.site.binary, field.primary, ['switchover', '--wait'], 30_000);
  await untilTakenOver(field, field.standby, atMs);
}
