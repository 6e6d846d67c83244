// The arbiter fence: the power of the other box as the core's effects ask for it, a look at the devices every minute, and what
// is told of them in status and history.
import type { Config } from '../config/config.ts';
import { readFenceSecrets } from '../config/fenceFiles.ts';
import { findAgent } from '../io/fence/agentFile.ts';
import { PowerSwitch } from '../io/fence/powerSwitch.ts';
import type { SwitchEnd, SwitchedDevice } from '../io/fence/powerSwitch.ts';
import { monotonicMs } from '../kernel/clock.ts';
import { HotpairError } from '../protocol/hotpairError.ts';
import { noLedger } from './arbiter.ts';
import type { Arbiter } from './arbiter.ts';
import { FenceWatch } from './fenceWatch.ts';
import type { Log } from './log.ts';

/** What the arbiter must know of the pair; asked at the moment when it counts. */
export type PairSight = {
  /** This node holds the epoch: it serves, or would. */
  holdsEpoch(): boolean;
  /** The core still waits for the answer. */
  isAsking(): boolean;
  /** When the peer was heard last on any path, monotonic ms. */
  peerHeardAt(): number | null;
};

export type FenceArbiterOptions = {
  readonly power: PowerSwitch;
  readonly delayMs: number;
  readonly log: Log;
  readonly pair: PairSight;
};

/** While it waits, it looks this often whether the peer is heard again. */
const lookMs = 20;
/** Between two tries to switch on, from the second that failed in a row on. */
const patienceMs = 5_000;

/** The devices of a configuration. Throws HotpairError about an agent or a secrets file. */
export function openPowerSwitch({ arbiter, state }: Config, log: Log): PowerSwitch {
  const { devices, agentDirectory } = arbiter.fence;
  return new PowerSwitch(
    devices.map((device): SwitchedDevice => {
      const secrets = readFenceSecrets(device);
      const plug = device.plug === undefined ? {} : { plug: device.plug };
      return {
        name: device.name,
        level: device.level,
        agentPath: findAgent(device.agent, agentDirectory ?? null),
        options: { ...device.options, ...plug, ...secrets },
        secrets: Object.values(secrets),
        deadlineMs: device.deadlineMs,
        verify: device.verify,
        lockPath: `${state.runDirectory}/fence-${device.name}.lock`,
        onOrphan: (name, pid) => log.history('warning', 'fenceOrphan', { device: name, pid }),
      };
    }),
  );
}

export function openFenceArbiter(options: FenceArbiterOptions): Arbiter {
  const { power, log, delayMs } = options;
  const watch = new FenceWatch(options);
  let fencing: Promise<SwitchEnd> | null = null;
  let failedOnAt = -Infinity;
  let failures = 0;

  /** Since when it is asked for the same thing, again and again until its end is known. */
  let askedAt: number | null = null;

  async function off(): Promise<SwitchEnd> {
    askedAt ??= monotonicMs();
    const ended = (await waitForTurn(options, askedAt)) ?? (await order());
    if (ended.end !== 'unknown') askedAt = null;
    return ended;
  }

  async function order(): Promise<SwitchEnd> {
    log.history('warning', 'fencing', { text: 'the other box is being switched off' });
    const begunAt = monotonicMs();
    const ended = await power.switchOff();
    const detail = { tookMs: Math.round(monotonicMs() - begunAt), ...withText(ended.text) };
    log.history('warning', fenceEvents[ended.end], detail);
    watch.noteOrder(ended);
    return ended;
  }

  return {
    ...noLedger('fence'),
    async fencePeer({ token }) {
      // An order outlives the request for it: who asks again is told how it ends.
      fencing ??= off().finally(() => {
        fencing = null;
      });
      const { end, text } = await fencing;
      if (end === 'done') return { type: 'peerFenced', token };
      if (end === 'refused') return { type: 'fenceRefused', token };
      throw new HotpairError('FENCE_UNKNOWN', `it is not known whether the box is off: ${text}`);
    },
    async unfencePeer({ token }) {
      if (failures > 1 && monotonicMs() - failedOnAt < patienceMs) {
        throw new HotpairError('FENCE_PATIENCE', 'switching on has failed just now');
      }
      askedAt = null;
      const ended = await power.switchOn();
      failures = ended.end === 'done' ? 0 : failures + 1;
      failedOnAt = monotonicMs();
      watch.noteOrder(ended);
      if (ended.end !== 'done') {
        throw new HotpairError(
          'FENCE_UNKNOWN',
          `it is not known that the box is on: ${ended.text}`,
        );
      }
      log.history('info', 'peerPowerOn', {});
      return { type: 'peerUnfenced', token };
    },
    status: () => ({ type: 'fence', ...watch.told(delayMs) }),
    // An order may be under way for long: other options for its device wait for a restart of the agent.
    readAgain: () => false,
    close() {
      watch.close();
      power.close();
    },
  };
}

const fenceEvents = {
  done: 'fenced',
  refused: 'fenceRefused',
  unknown: 'fenceUnknown',
} as const satisfies Record<SwitchEnd['end'], string>;

function withText(text: string): { readonly text?: string } {
  return text === '' ? {} : { text };
}

/**
 * Whoever serves lets the other one be first, because a living standby asks sooner: a box that was switched off gives no order.
 * Null: go on. A peer that is heard again since `askedAt` needs no order; what an earlier one may still do is undone.
 */
async function waitForTurn(
  { pair, power, delayMs }: FenceArbiterOptions,
  askedAt: number,
): Promise<SwitchEnd | null> {
  const begunAt = monotonicMs();
  const waitMs = pair.holdsEpoch() ? delayMs : 0;
  for (;;) {
    const heardAt = pair.peerHeardAt();
    if (heardAt !== null && heardAt > askedAt) return withoutOrder(power);
    if (monotonicMs() - begunAt >= waitMs) return null;
    await new Promise((resolve) => {
      setTimeout(resolve, lookMs);
    });
    if (!pair.isAsking()) return { end: 'unknown', text: 'it is no longer wanted' };
  }
}

async function withoutOrder(power: PowerSwitch): Promise<SwitchEnd> {
  if (!power.isClear) {
    const { end, text } = await power.switchOn();
    if (end !== 'done') return { end: 'unknown', text };
  }
  return { end: 'refused', text: 'the other box is heard again' };
}
