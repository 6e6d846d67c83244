// Words to the init system that has started this process, as systemd takes them (sd_notify(3)): it is up, it still decides, it ends.
// Datagrams to a Unix socket; where nobody asked for them nothing is sent.
import { closeDescriptor, FAMILY, KIND, openSocket, sendBytesTo } from './socket.ts';
import { abstractSocketAddress, unixSocketAddress } from './socketAddress.ts';

export type InitSystem = {
  /** The agent is up. */
  ready(): void;
  /** It still decides; sent as often as the init system wants it. */
  kick(): void;
  /** It ends in order, which may take longer than the init system waits for a kick. */
  stopping(): void;
};

/** A kick is sent four times within what the init system waits for one. */
const kicksInTime = 4;

/**
 * Reads and removes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID: no program that this process starts is meant by them. `now`: a
 * monotonic clock in milliseconds.
 */
export function openInitSystem(environment: NodeJS.ProcessEnv, now: () => number): InitSystem {
  const { NOTIFY_SOCKET: path, WATCHDOG_USEC: microseconds, WATCHDOG_PID: pid } = environment;
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete environment[name];
  const tell = teller(path);
  const isMeant = pid === undefined || Number(pid) === process.pid;
  const gapMs = isMeant ? Number(microseconds ?? NaN) / 1000 / kicksInTime : NaN;
  let kickedAt = -Infinity;
  return {
    ready: () => tell('READY=1'),
    kick() {
      const at = now();
      if (!(at - kickedAt >= gapMs)) return;
      kickedAt = at;
      tell('WATCHDOG=1');
    },
    stopping() {
      // Services and PostgreSQL may take their time, and nobody decides any more who could kick.
      tell('WATCHDOG_USEC=0');
      tell('STOPPING=1');
    },
  };
}

function teller(path: string | undefined): (text: string) => void {
  if (path === undefined || path === '') return () => {};
  const address = addressOf(path);
  if (address === null) return () => {};
  return (text) => {
    const fd = openSocket(FAMILY.unix, KIND.datagram, 0);
    // A full queue or an init system that went away is no reason to stop deciding.
    sendBytesTo(fd, Buffer.from(text), address);
    closeDescriptor(fd);
  };
}

function addressOf(path: string): Buffer | null {
  try {
    return path.startsWith('@') ? abstractSocketAddress(path.slice(1)) : unixSocketAddress(path);
  } catch {
    return null;
  }
}
