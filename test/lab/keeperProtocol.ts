// What the keeper (the process that holds a site's power switches, cables and watchdogs) is asked
// and what it answers: one JSON line each way over its socket.

import { connect } from 'node:net';
import { nowMs, within } from './clock.ts';
import type { EtcdState } from './etcdServer.ts';
import { LabError } from './labError.ts';
import { paths, type BoxName } from './layout.ts';
import type { SerialState } from './serialCable.ts';
import type { PowerOrder, SwitchMode, SwitchName } from './powerStrip.ts';
import type { Trap } from './powerTrap.ts';

export type KeeperRequest =
  | { readonly type: 'report' }
  | { readonly type: 'powerOn'; readonly box: BoxName }
  /** All boxes named lose their links and their power in one instant. */
  | { readonly type: 'powerOff'; readonly boxes: readonly BoxName[] }
  /** SIGTERM to the box's init, power off when it has ended or after 20 s. */
  | { readonly type: 'shutDown'; readonly box: BoxName }
  /** The Eth1 cable; with `--eth1 direct` pulling it takes the carrier of both ends away. */
  | { readonly type: 'setCable'; readonly connected: boolean }
  /** Eth1 carries nothing although both ends have carrier. */
  | { readonly type: 'setSilent'; readonly silent: boolean }
  /** The serial cable of a site that has one. */
  | { readonly type: 'setSerial'; readonly state: SerialState }
  | { readonly type: 'setLan'; readonly box: BoxName; readonly connected: boolean }
  /** The boxes do not hear each other over the LAN; every other host of it hears both. */
  | { readonly type: 'setApart'; readonly apart: boolean }
  /** The port of a box in the network of etcd. */
  | { readonly type: 'setWitnessLink'; readonly box: BoxName; readonly connected: boolean }
  | { readonly type: 'setEtcd'; readonly state: EtcdState }
  /** etcd forgets everything and runs again. */
  | { readonly type: 'wipeEtcd' }
  /** A copy of what etcd knows now, and etcd with what is in that copy. */
  | { readonly type: 'copyEtcd' }
  | { readonly type: 'putEtcdBack' }
  | {
      readonly type: 'setSwitch';
      readonly devices: readonly SwitchName[];
      readonly mode: SwitchMode;
    }
  /** The box loses its power at a step that leaves a trace on its disk; one trap at a time. */
  | { readonly type: 'setTrap'; readonly box: BoxName; readonly trap: Trap }
  /** The trap that has not sprung is taken away. */
  | { readonly type: 'removeTrap' }
  | { readonly type: 'stop' };

export type BoxPower = {
  readonly pid: number | null;
  readonly watchdog: 'armed' | 'disarmed';
  /** How often the watchdog has reset the box since the site was built. */
  readonly resets: number;
  readonly lanConnected: boolean;
};

export type KeeperReport = {
  /** CLOCK_MONOTONIC right before the first thing was done. */
  readonly atMs: number;
  /** From there until links were down and the signals sent. */
  readonly tookMs: number;
  readonly boxes: Readonly<Record<BoxName, BoxPower>>;
  readonly cableConnected: boolean;
  readonly etcd: EtcdState;
  /** What the boxes made the power switches do, since the site was built. */
  readonly powerOrders: readonly PowerOrder[];
  /** CLOCK_MONOTONIC when the last trap sprang; null: it has not. */
  readonly trapSprangMs: number | null;
};

export type KeeperReply =
  | { readonly ok: true; readonly report: KeeperReport }
  | { readonly ok: false; readonly why: string };

/** Asks the keeper and waits for its answer. @throws {LabError} no keeper, or it could not. */
export async function askKeeper(request: KeeperRequest): Promise<KeeperReport> {
  const socket = connect(paths.keeperSocket);
  const started = nowMs();
  const answer = new Promise<string>((resolve, reject) => {
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (part: string) => {
      text += part;
    });
    socket.once('end', () => resolve(text));
    socket.once('error', (error) => {
      reject(new LabError(`no site is up (${error.message}); scripts/lab up builds one`));
    });
  });
  socket.write(`${JSON.stringify(request)}\n`);
  try {
    const text = await within(`the keeper's answer to ${request.type}`, 30_000, answer);
    const reply = JSON.parse(text) as KeeperReply;
    if (!reply.ok) throw new LabError(reply.why);
    return reply.report;
  } catch (error) {
    if (error instanceof SyntaxError) {
      const waitedMs = Math.round(nowMs() - started);
      throw new LabError(`the keeper ended after ${waitedMs} ms (${paths.keeperLog})`, 1, {
        cause: error,
      });
    }
    throw error;
  } finally {
    socket.destroy();
  }
}
