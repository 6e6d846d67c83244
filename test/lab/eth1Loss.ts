// Packets that are lost between the two Eth1, each one for itself and in both directions: a rule of nftables in the bridge
// that lies between them, so that neither box can see it.

import { run, succeeds } from './command.ts';
import { namespaces, type BoxName } from './layout.ts';

/** `heartbeats`: their datagrams alone. `everything`: every frame, that of the log's connection too. */
export type Lost = 'heartbeats' | 'everything';

export type Passage = { readonly lost: number; readonly passed: number };

const table = 'bridge loss';
const heartbeatPort = 694;
// By its path: a Node module brings a program of the same name.
const nft = '/usr/sbin/nft';

/** Loses so many of a hundred from now on. */
export function beginLoss(what: Lost, percent: number): void {
  const match = what === 'heartbeats' ? `ether type ip udp dport ${heartbeatPort}` : '';
  run('ip', inEth1('--file', '-'), {
    input: `table ${table} {
      counter lost {}
      counter passed {}
      chain forward {
        type filter hook forward priority 0;
        ${match} numgen random mod 100 < ${percent} counter name lost drop
        ${match} counter name passed
      }
    }\n`,
  });
}

/** Every frame that this box sends is lost from now on, and none of the other one's. */
export function muteEth1(from: BoxName): void {
  run('ip', inEth1('--file', '-'), {
    input: `table ${table} {
      chain forward { type filter hook forward priority 0; iifname "${from}" drop; }
    }\n`,
  });
}

/** What was lost and what passed up to now. */
export function lossSoFar(): Passage {
  const { nftables } = JSON.parse(run('ip', inEth1('--json', 'list', 'counters'))) as {
    readonly nftables: readonly { readonly counter?: { name: string; packets: number } }[];
  };
  const packets = (name: string): number =>
    nftables.find(({ counter }) => counter?.name === name)?.counter?.packets ?? 0;
  return { lost: packets('lost'), passed: packets('passed') };
}

/** Nothing is lost any more; also where nothing was. */
export function endLoss(): void {
  succeeds('ip', inEth1('delete', 'table', ...table.split(' ')));
}

function inEth1(...words: readonly string[]): readonly string[] {
  return ['netns', 'exec', namespaces.eth1, nft, ...words];
}
