// The heartbeat port kept usable: its address is put on at the start and again whenever the path complains, because a
// device can be replaced or configured over while the agent runs.
import { ensureHeartbeatAddress } from '../io/link/portAddresses.ts';
import { isHotpairError } from '../protocol/hotpairError.ts';
import type { Log } from './log.ts';

const retryMs = 1_000;

export type HeartbeatPort = {
  /** The path's last word: an errno name, or null when it works. */
  readonly noteError: (errno: string | null) => void;
  /** Why the port cannot be used now, for people; null where it can. */
  readonly problem: () => PortProblem | null;
  close(): void;
};

export type PortProblem = { readonly code: string; readonly text: string };

/** `address` with its prefix length. What is refused now is reported once and tried again every second. */
export function openHeartbeatPort(device: string, address: string, log: Log): HeartbeatPort {
  let timer: NodeJS.Timeout | undefined;
  let problem: PortProblem | null = null;

  function ensure(): PortProblem | null {
    try {
      ensureHeartbeatAddress(device, address);
      return null;
    } catch (error) {
      if (!isHotpairError(error)) throw error;
      return { code: error.code, text: error.message };
    }
  }

  function attempt(): void {
    const refusal = ensure();
    if (refusal?.code !== problem?.code) {
      problem = refusal;
      if (refusal === null) log.history('info', 'heartbeatPortReady', { device, address });
      else log.history('warning', 'heartbeatPortProblem', { device, address, ...refusal });
    }
    if (refusal !== null) again();
  }

  function again(): void {
    clearTimeout(timer);
    timer = setTimeout(attempt, retryMs);
  }

  attempt();
  return {
    noteError(errno) {
      if (errno === null) {
        log.history('info', 'heartbeatPathWorks', { device });
        return;
      }
      log.history('warning', 'heartbeatPathProblem', { device, errno });
      again();
    },
    problem: () => problem,
    close() {
      clearTimeout(timer);
    },
  };
}
