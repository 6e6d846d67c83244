// Telling the LAN where the service addresses are now.

import { encodeArpAnnouncements } from '../../protocol/arp.ts';
import { encodeNeighbourAnnouncement } from '../../protocol/neighbour.ts';
import type { ProbeSubject } from './probeRound.ts';
import type { TrackedPort } from './trackedPort.ts';

/**
 * One announcement of every address: ARP as request and as reply, and an unsolicited neighbour
 * advertisement with override. What cannot be sent is counted by the port; the caller repeats
 * announcements anyhow.
 */
export function announceAddresses(
  port: TrackedPort,
  { ipv4, ipv6 }: Pick<ProbeSubject, 'ipv4' | 'ipv6'>,
): void {
  const mac = port.look()?.mac ?? null;
  const packets = port.packets();
  if (mac === null || packets === null) return;
  for (const address of ipv4) {
    for (const frame of encodeArpAnnouncements(mac, address)) packets.sendArp(frame);
  }
  for (const address of ipv6) packets.sendNeighbour(encodeNeighbourAnnouncement(mac, address));
}
