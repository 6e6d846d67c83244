// The faults by themselves: each applies one, at an instant that it gives back (CLOCK_MONOTONIC in
// ms, right before). Trials use them, and so does `scripts/lab fault`.

import { agentOf, postmasterOf, runInBox } from './insideBox.ts';
import type { EtcdState } from './etcdServer.ts';
import { askKeeper } from './keeperProtocol.ts';
import { LabError } from './labError.ts';
import { addresses, otherBox, type BoxName } from './layout.ts';
import { switchNames, type SwitchMode, type SwitchName } from './powerStrip.ts';
import { nowMs, until } from './clock.ts';
import type { SerialState } from './serialCable.ts';
import type { Trap } from './powerTrap.ts';

export type Fault = {
  readonly name: string;
  readonly title: string;
  /** Whether a box may be named; without one it is the primary. */
  readonly takesBox: boolean;
  readonly apply: (box: BoxName) => Promise<number>;
};

/** Links down and every process of the box killed, in one instant. */
export async function cutPower(...boxes: readonly BoxName[]): Promise<number> {
  return (await askKeeper({ type: 'powerOff', boxes })).atMs;
}

export async function pullCable(): Promise<number> {
  return (await askKeeper({ type: 'setCable', connected: false })).atMs;
}

export async function pullLan(box: BoxName): Promise<number> {
  return (await askKeeper({ type: 'setLan', box, connected: false })).atMs;
}

export async function silenceEth1(): Promise<number> {
  return (await askKeeper({ type: 'setSilent', silent: true })).atMs;
}

export async function setSerial(state: SerialState): Promise<number> {
  return (await askKeeper({ type: 'setSerial', state })).atMs;
}

/**
 * The log's TCP connection is cut without a word, in both directions, while everything else passes: what the primary's
 * PostgreSQL sends to the other box goes into a black hole.
 */
export async function blockReplication(primary: BoxName, blocked: boolean): Promise<number> {
  const to = addresses.heartbeat[otherBox(primary)];
  const rule = ['to', to, 'ipproto', 'tcp', 'sport', '5432', 'priority', '10', 'blackhole'];
  const atMs = nowMs();
  const words = ['ip', 'rule', blocked ? 'add' : 'del', ...rule];
  const { exitCode, stderr } = await runInBox(primary, words, 5000);
  if (exitCode !== 0) throw new LabError(`${words.join(' ')}: ${stderr.trim()}`);
  return atMs;
}

/** Nothing passes between the boxes any more; both still reach the LAN's other hosts, and etcd. */
export async function cutApart(): Promise<number> {
  const { atMs } = await askKeeper({ type: 'setApart', apart: true });
  await pullCable();
  return atMs;
}

export async function joinAgain(): Promise<void> {
  await askKeeper({ type: 'setApart', apart: false });
  await askKeeper({ type: 'setCable', connected: true });
}

/** Both power switches unless one is named. */
export async function setSwitch(
  mode: SwitchMode,
  devices: readonly SwitchName[] = switchNames,
): Promise<number> {
  return (await askKeeper({ type: 'setSwitch', devices, mode })).atMs;
}

export async function setEtcd(state: EtcdState): Promise<number> {
  return (await askKeeper({ type: 'setEtcd', state })).atMs;
}

export async function wipeEtcd(): Promise<number> {
  return (await askKeeper({ type: 'wipeEtcd' })).atMs;
}

export async function cutFromEtcd(box: BoxName): Promise<number> {
  return (await askKeeper({ type: 'setWitnessLink', box, connected: false })).atMs;
}

/** Cuts the power of a box at a step that leaves a trace on its disk; see powerTrap.ts. */
export async function setTrap(box: BoxName, trap: Trap): Promise<void> {
  await askKeeper({ type: 'setTrap', box, trap });
}

/** Resolves when the trap has sprung, with the instant at which that was seen. */
export async function untilTrapped(what: string, deadlineMs: number): Promise<number> {
  return until(what, deadlineMs, hasTrapSprung, 20);
}

async function hasTrapSprung(): Promise<boolean> {
  return (await askKeeper({ type: 'report' })).trapSprangMs !== null;
}

/** kill -9 of the postmaster; its children notice and end by themselves. */
export function killPostgres(box: BoxName): number {
  const postmaster = postmasterOf(box);
  if (postmaster === undefined) throw new LabError(`no postmaster runs on ${box}`);
  return killed(postmaster.pid);
}

export function killAgent(box: BoxName): number {
  const agent = agentOf(box);
  if (agent === undefined) throw new LabError(`no agent runs on ${box}`);
  return killed(agent.pid);
}

function killed(pid: number): number {
  const atMs = nowMs();
  process.kill(pid, 'SIGKILL');
  return atMs;
}

export const faults: readonly Fault[] = [
  {
    name: 'power-loss',
    title: 'links down and every process killed in one instant',
    takesBox: true,
    apply: async (box) => cutPower(box),
  },
  {
    name: 'both-power-loss',
    title: 'the same for both boxes at once',
    takesBox: false,
    apply: async () => cutPower('box-a', 'box-b'),
  },
  {
    name: 'shutdown',
    title: 'the box is shut down in order',
    takesBox: true,
    apply: async (box) => (await askKeeper({ type: 'shutDown', box })).atMs,
  },
  {
    name: 'heartbeat-cut',
    title: 'the Eth1 cable is pulled',
    takesBox: false,
    apply: async () => pullCable(),
  },
  {
    name: 'heartbeat-silent',
    title: 'Eth1 carries nothing, both carriers stay',
    takesBox: false,
    apply: async () => silenceEth1(),
  },
  {
    name: 'serial-cut',
    title: 'the serial cable is pulled (a site with --second-path serial)',
    takesBox: false,
    apply: async () => setSerial('pulled'),
  },
  {
    name: 'service-cut',
    title: 'Eth0 of the box is pulled',
    takesBox: true,
    apply: async (box) => pullLan(box),
  },
  {
    name: 'postgres-kill',
    title: 'kill -9 of the postmaster',
    takesBox: true,
    apply: async (box) => killPostgres(box),
  },
  {
    name: 'agent-kill',
    title: 'kill -9 of the agent',
    takesBox: true,
    apply: async (box) => killAgent(box),
  },
  {
    name: 'apart',
    title: 'Eth1 is pulled and the LAN passes nothing between the boxes; other hosts hear both',
    takesBox: false,
    apply: async () => cutApart(),
  },
  ...(['fail', 'lie', 'deaf', 'slow'] as const).map((mode) => ({
    name: `fence-${mode}`,
    title: `both power switches: ${mode} (a site with --arbiter fence)`,
    takesBox: false,
    apply: async () => setSwitch(mode),
  })),
  {
    name: 'etcd-down',
    title: 'etcd is killed (a site with --arbiter etcd)',
    takesBox: false,
    apply: async () => setEtcd('stopped'),
  },
  {
    name: 'etcd-slow',
    title: 'etcd stands still for five seconds again and again',
    takesBox: false,
    apply: async () => setEtcd('slow'),
  },
  {
    name: 'etcd-foreign',
    title: 'etcd shows the certificate of another host',
    takesBox: false,
    apply: async () => setEtcd('foreign'),
  },
  {
    name: 'etcd-wrong',
    title: 'something in the place of etcd answers with errors, cut and wrong JSON',
    takesBox: false,
    apply: async () => setEtcd('wrong'),
  },
  {
    name: 'etcd-forgets',
    title: 'etcd loses everything it knew and runs again',
    takesBox: false,
    apply: async () => wipeEtcd(),
  },
  {
    name: 'etcd-cut',
    title: 'the box does not reach etcd any more',
    takesBox: true,
    apply: async (box) => cutFromEtcd(box),
  },
];
