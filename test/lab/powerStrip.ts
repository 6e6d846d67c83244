// The power switches that the boxes of a site with `--arbiter fence` reach: a service processor (bmc) and a power strip (pdu),
// each of which can take the power from either box, and can be slow, failing, lying or deaf. fenceLab.ts is their fence agent.

import { rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { nowMs, pause } from './clock.ts';
import { isBoxName, paths, type BoxName } from './layout.ts';

export const switchNames = ['bmc', 'pdu'] as const;
export type SwitchName = (typeof switchNames)[number];

/** fail: says that it did not. lie: says that it did. deaf: says nothing; none of them does anything. slow: seconds later. */
export type SwitchMode = 'obey' | 'fail' | 'lie' | 'deaf' | 'slow';

/** An order that was carried out; `wasOn` is how it found the box. */
export type PowerOrder = {
  readonly device: SwitchName;
  readonly action: 'on' | 'off';
  readonly box: BoxName;
  readonly wasOn: boolean;
  /** CLOCK_MONOTONIC when the device had been told. */
  readonly atMs: number;
};

export type PowerStrip = {
  readonly setMode: (device: SwitchName, mode: SwitchMode) => void;
  /** Those that found the box in the other state, since the site was built. */
  readonly orders: () => readonly PowerOrder[];
};

export type PowerRequest = {
  readonly device: string;
  readonly action: string;
  readonly box: string;
};

export type PowerAnswer = { readonly ok: boolean; readonly isOn: boolean };

export type Supplies = {
  readonly isOn: (box: BoxName) => boolean;
  readonly cut: (box: BoxName) => Promise<void>;
  readonly restore: (box: BoxName) => Promise<void>;
};

/** With the runs of the agent before and after it, still within the deadline of a device. */
const slowMs = 1000;

export function openPowerStrip(supplies: Supplies): PowerStrip {
  const modes = new Map<SwitchName, SwitchMode>();
  const orders: PowerOrder[] = [];
  let last: Promise<unknown> = Promise.resolve();

  const carryOut = async (
    device: SwitchName,
    action: 'on' | 'off',
    box: BoxName,
  ): Promise<boolean> => {
    const mode = modes.get(device) ?? 'obey';
    if (mode === 'fail' || mode === 'lie') return mode === 'lie';
    const atMs = nowMs();
    if (mode === 'slow') await pause(slowMs);
    // What two devices are told of one box is done one after the other.
    const done = last.then(async () => {
      const wasOn = supplies.isOn(box);
      if (wasOn === (action === 'off')) orders.push({ device, action, box, wasOn, atMs });
      await (action === 'off' ? supplies.cut(box) : supplies.restore(box));
    });
    last = done.catch(() => {});
    await done;
    return true;
  };

  const answer = async (socket: Socket, line: string): Promise<void> => {
    const { device: name, action, box } = JSON.parse(line) as PowerRequest;
    const device = switchNames.find((each) => each === name);
    if (device === undefined || !isBoxName(box)) throw new Error(`no such outlet: ${name} ${box}`);
    if (modes.get(device) === 'deaf') return;
    const ok = action === 'on' || action === 'off' ? await carryOut(device, action, box) : true;
    socket.end(JSON.stringify({ ok, isOn: supplies.isOn(box) } satisfies PowerAnswer));
  };

  const server = createServer((socket) => {
    let text = '';
    socket.setEncoding('utf8');
    socket.on('error', () => socket.destroy());
    socket.on('data', (part: string) => {
      text += part;
      const end = text.indexOf('\n');
      if (end < 0) return;
      answer(socket, text.slice(0, end)).catch(() => socket.destroy());
      text = '';
    });
  });
  rmSync(paths.powerSocket, { force: true });
  server.listen(paths.powerSocket);
  return {
    setMode: (device, mode) => void modes.set(device, mode),
    orders: () => orders,
  };
}
