// The forger as the lab sees it: gives it a way to both boxes, starts it between the two Eth1, and takes the way back.

import { outcomeOf, run, succeeds } from './command.ts';
import type { ForgeryKind } from './forgeries.ts';
import { LabError } from './labError.ts';
import { addresses, boxNames, labFile, namespaces, runDirectory, type BoxName } from './layout.ts';
import { eth1Bridge, heartbeatMac } from './network.ts';

export type Forged = {
  /** Datagrams of each kind, by the box that they went to. */
  readonly sent: Readonly<Record<BoxName, Readonly<Record<ForgeryKind, number>>>>;
  readonly drawn: number;
  /** How many of them the kernel took. */
  readonly taken: number;
  readonly frames: number;
  readonly tookMs: number;
};

export type ForgerOptions = {
  readonly seed: number;
  /** Datagrams a second to each box. */
  readonly rate: number;
  readonly seconds: number;
};

/** Sends forged datagrams to both boxes. @throws {LabError} it could not */
export async function forge({ seed, rate, seconds }: ForgerOptions): Promise<Forged> {
  openWay();
  try {
    const words = [
      `--net=/run/netns/${namespaces.eth1}`,
      process.execPath,
      '--disable-warning=ExperimentalWarning',
      labFile('forger.ts'),
      runDirectory,
      ...[seed, rate, seconds].map(String),
    ];
    const { exitCode, stdout, stderr } = await outcomeOf('nsenter', words, seconds * 1000 + 20_000);
    if (exitCode !== 0) throw new LabError(`the forger: ${stderr.trim() || 'no end in time'}`);
    return JSON.parse(stdout) as Forged;
  } finally {
    closeWay();
  }
}

/** No address of its own: nobody is asked anything, and nobody gets an answer. */
function openWay(): void {
  const lines = [
    // A namespace in which nothing has an address has no table of its own addresses either, and sends from 0.0.0.0.
    'link set lo up',
    `route replace ${addresses.heartbeatNetwork} dev ${eth1Bridge}`,
    ...boxNames.map(
      (box) =>
        `neigh replace ${addresses.heartbeat[box]} lladdr ${heartbeatMac(box)} dev ${eth1Bridge} nud permanent`,
    ),
  ];
  run('ip', ['-n', namespaces.eth1, '-batch', '-'], { input: `${lines.join('\n')}\n` });
}

/** Also where there is none. */
function closeWay(): void {
  const where = ['-n', namespaces.eth1];
  succeeds('ip', [...where, 'route', 'del', addresses.heartbeatNetwork, 'dev', eth1Bridge]);
  for (const box of boxNames)
    succeeds('ip', [...where, 'neigh', 'del', addresses.heartbeat[box], 'dev', eth1Bridge]);
}
