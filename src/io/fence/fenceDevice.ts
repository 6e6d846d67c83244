// One device that can take the power from the other box. What its agent says of an order is never believed by itself: the
// device is asked afterwards whether the box is off.
import { closeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { monotonicMs } from '../../kernel/clock.ts';
import { isHotpairError } from '../../protocol/hotpairError.ts';
import { runAgentProgram } from './agentRun.ts';
import type { AgentAction, AgentEnd } from './agentRun.ts';
import { takeDeviceLock } from './deviceLock.ts';

export type DeviceOptions = {
  readonly name: string;
  /** Absolute path of the agent. */
  readonly agentPath: string;
  readonly options: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
  /** For one order with its verification, and for one look. */
  readonly deadlineMs: number;
  /** False where the device cannot say whether a box is on. */
  readonly verify: boolean;
  readonly lockPath: string;
  readonly onOrphan: (device: string, pid: number) => void;
};

/**
 * `done`: verified. `refused`: the agent ended by itself, and whatever it said, the device says that nothing has changed.
 * `unknown`: the order may still be carried out, or nobody can say.
 */
export type OrderEnd = { readonly end: 'done' | 'refused' | 'unknown'; readonly text: string };

/** `answers`: it does, but cannot say whether the box is on. */
export type Look = { readonly power: 'on' | 'off' | 'answers' | 'silent'; readonly text: string };

/** Between two looks at a device that has not carried the order out yet. */
const lookMs = 250;
/** status of a box that is off, by the convention. */
const offCode = 2;

export class FenceDevice {
  readonly name: string;
  readonly #given: DeviceOptions;

  constructor(options: DeviceOptions) {
    this.name = options.name;
    this.#given = options;
  }

  /** Never rejects. */
  async order(action: 'on' | 'off', signal: AbortSignal): Promise<OrderEnd> {
    const endsAt = monotonicMs() + this.#given.deadlineMs;
    const ended = await this.#run(action, endsAt, signal);
    if (typeof ended === 'string') return { end: 'unknown', text: `${action}: ${ended}` };
    const isObeyed = ended.code === 0;
    const failure = `${action}: the agent ended with ${ended.code}: ${ended.lastLine}`;
    if (!this.#given.verify)
      return isObeyed ? { end: 'done', text: '' } : { end: 'unknown', text: failure };
    let seen: Look | null = null;
    for (;;) {
      const look = await this.#status(endsAt, signal);
      if (look.power === action) return { end: 'done', text: '' };
      if (look.power !== 'silent') seen = look;
      const isLast = monotonicMs() + lookMs >= endsAt || signal.aborted;
      if (seen !== null && (isLast || !isObeyed)) {
        const said = isObeyed ? `${action}: the device says that it is ${seen.power}` : failure;
        return { end: isGivenUp(signal) ? 'unknown' : 'refused', text: said };
      }
      if (isLast) return { end: 'unknown', text: `${isObeyed ? action : failure}; ${look.text}` };
      await pause(lookMs);
    }
  }

  /** Whether the device answers, and what it says. Never rejects. */
  async look(signal: AbortSignal): Promise<Look> {
    const endsAt = monotonicMs() + this.#given.deadlineMs;
    if (this.#given.verify) return this.#status(endsAt, signal);
    const ended = await this.#run('monitor', endsAt, signal);
    if (typeof ended === 'string') return { power: 'silent', text: `monitor: ${ended}` };
    return ended.code === 0
      ? { power: 'answers', text: '' }
      : { power: 'silent', text: `monitor: ended with ${ended.code}: ${ended.lastLine}` };
  }

  async #status(endsAt: number, signal: AbortSignal): Promise<Look> {
    const ended = await this.#run('status', endsAt, signal);
    if (typeof ended === 'string') return { power: 'silent', text: `status: ${ended}` };
    if (ended.code === 0) return { power: 'on', text: '' };
    if (ended.code === offCode) return { power: 'off', text: '' };
    return { power: 'silent', text: `status: ended with ${ended.code}: ${ended.lastLine}` };
  }

  /** The end of a run that ended by itself; otherwise why nothing is known. */
  async #run(
    action: AgentAction,
    endsAt: number,
    signal: AbortSignal,
  ): Promise<(AgentEnd & { readonly code: number }) | string> {
    const { agentPath, options, secrets, lockPath, onOrphan } = this.#given;
    let fd: number | null = null;
    try {
      if (signal.aborted) return 'given up';
      const left = (): number => Math.max(1, endsAt - monotonicMs());
      fd = await takeDeviceLock(lockPath, left(), (pid) => onOrphan(this.name, pid));
      const call = { path: agentPath, action, options, secrets, signal, heldFd: fd };
      const ended = await runAgentProgram({ ...call, deadlineMs: left() });
      if (ended.code !== null) return { ...ended, code: ended.code };
      return endOfKilled(signal);
    } catch (error) {
      if (isHotpairError(error)) return error.message;
      return error instanceof Error ? error.message : String(error);
    } finally {
      if (fd !== null) closeSync(fd);
    }
  }
}

function endOfKilled(signal: AbortSignal): string {
  return isGivenUp(signal) ? 'given up' : 'the agent did not end in time';
}

/** Asked anew: it may have come about during a wait. */
function isGivenUp(signal: AbortSignal): boolean {
  return signal.aborted;
}
