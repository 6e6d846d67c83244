// One port that may come, go and come back under another index: its packet sockets and settings
// follow it.

import { refusalName } from '../../kernel/libc.ts';
import type { RouteNetlink } from '../../kernel/routeNetlink.ts';
import type { LinkReport } from '../../protocol/netlink.ts';
import { openPacketPort } from './packetPort.ts';
import type { PacketPort, PacketPortOptions } from './packetPort.ts';

export type TrackedPort = {
  readonly device: string;
  /** Looks at the port now. */
  look(): LinkReport | null;
  /** The last look. */
  link(): LinkReport | null;
  packets(): PacketPort | null;
  /** Hears ARP of other senders from now on, also when the port comes back. Throws KERNEL_<errno>. */
  hearArpSenders(senders: readonly string[]): void;
  /** Kernel settings that could not be made, as a path with an errno name. */
  refusedSettings(): readonly string[];
  close(): void;
};

export type TrackedPortOptions = {
  readonly device: string;
  readonly netlink: RouteNetlink;
  readonly hearing: Omit<PacketPortOptions, 'index'>;
  readonly settle: (device: string) => readonly string[];
};

/** Opens the port's sockets if it is there, and whenever a look finds that it has come. */
export function trackPort({ device, netlink, hearing, settle }: TrackedPortOptions): TrackedPort {
  let link: LinkReport | null = null;
  let packets: PacketPort | null = null;
  let refused: readonly string[] = [];
  let heard = hearing;

  const reopen = (index: number): void => {
    refused = settle(device);
    try {
      packets = openPacketPort({ ...heard, index });
    } catch (error) {
      // It went away again in between, or the right is missing: rounds will say so.
      refused = [...refused, `packet sockets on ${device}: ${refusalName(error)}`];
    }
  };
  const look = (): LinkReport | null => {
    const before = link;
    link = netlink.link(device);
    if (link?.index !== before?.index) {
      packets?.close();
      packets = null;
      if (link !== null) reopen(link.index);
    }
    return link;
  };
  look();
  return {
    device,
    look,
    link: () => link,
    packets: () => packets,
    hearArpSenders(arpSenders) {
      heard = { ...heard, arpSenders };
      packets?.hearArpSenders(arpSenders);
    },
    refusedSettings: () => refused,
    close() {
      packets?.close();
      packets = null;
    },
  };
}
