// The service port (Eth0) and what is asked through the two ports: raising and lowering, the
// announcements, the probe of protocol.md section 6, and the kernel's news of both links.

import type { PortState } from '../../core/events.ts';
import { openLinkEvents } from '../../kernel/linkEvents.ts';
import { openRouteNetlink } from '../../kernel/routeNetlink.ts';
import { parsePrefixedAddress } from '../../protocol/ipAddress.ts';
import type { LinkReport } from '../../protocol/netlink.ts';
import type { ClaimKind } from './addressClaim.ts';
import { announceAddresses } from './announcement.ts';
import type { PacketCounts, PacketPortOptions } from './packetPort.ts';
import { lowerPort, portState, raisePort, sameState } from './portAddresses.ts';
import { settleHeartbeatPort, settleServicePort } from './portSettings.ts';
import { createProber } from './prober.ts';
import type { Prober } from './prober.ts';
import type { ProbeRequest, ProbeResult, ProbeSubject } from './probeRound.ts';
import { trackPort } from './trackedPort.ts';
import type { TrackedPort } from './trackedPort.ts';

export type ServicePortOptions = {
  readonly device: string;
  /** Service addresses with prefix length, IPv4 and IPv6. */
  readonly addresses: readonly string[];
  /** IPv4 hosts of the LAN that answer ARP. */
  readonly references: readonly string[];
  readonly heartbeatDevice: string;
  /** The peer's IPv4 address on the heartbeat port, without prefix. */
  readonly heartbeatPeer: string;
  readonly onPortChange: (state: PortState) => void;
  readonly onHeartbeatCarrier: (carrier: boolean) => void;
  readonly onForeignClaim: (mac: string, address: string, kind: ClaimKind) => void;
};

export type ServicePort = {
  /** The port as it is now, asked of the kernel. */
  state(): PortState;
  /** Whether the heartbeat port has carrier now. */
  heartbeatCarrier(): boolean;
  /** Looks at both ports now and tells what changed: the kernel may hold its news of a flapping link back for a second. */
  refresh(): void;
  /** Link up and, with `address`, all service addresses on; idempotent. Throws KERNEL_<errno>. */
  raise(what: { readonly address: boolean }): PortState;
  /** Service addresses off and, with `link`, the link down; idempotent. Throws KERNEL_<errno>. */
  lower(what: { readonly link: boolean }): PortState;
  /** Tells the LAN once where every service address is: ARP in both forms, unsolicited NA. */
  announce(): void;
  /** Other hosts of the LAN to ask, from the next question on. Throws KERNEL_<errno>. */
  setReferences(references: readonly string[]): void;
  /** Resolves once, at the end of the round and never before; it does not reject. */
  probe(request: ProbeRequest): Promise<ProbeResult>;
  /** Kernel settings of the ports that could not be made. */
  refusedSettings(): readonly string[];
  counts(): Readonly<PacketCounts>;
  /** Ends the events; open rounds resolve at once with sendFailed `closed`. Addresses stay. */
  close(): void;
};

/** Watches both ports until closed; a missing device is waited for. Throws KERNEL_<errno>. */
export function openServicePort(options: ServicePortOptions): ServicePort {
  const addresses = options.addresses.map(parsePrefixedAddress);
  const ownMacs = new Set<string>();
  const subject: ProbeSubject = {
    ipv4: addresses.filter(({ family }) => family === 4).map(({ address }) => address),
    ipv6: addresses.filter(({ family }) => family === 6).map(({ address }) => address),
    references: options.references,
    heartbeatPeer: options.heartbeatPeer,
    ownMacs,
  };
  const counts: PacketCounts = { received: 0, malformed: 0, sendFailures: 0 };
  const prober = createProber(subject, options.onForeignClaim);
  const netlink = openRouteNetlink();
  const service = trackPort({
    device: options.device,
    netlink,
    hearing: serviceHearing(subject, prober, counts),
    settle: (device) => settleServicePort(device, subject.ipv6.length > 0),
  });
  const heartbeat = trackPort({
    device: options.heartbeatDevice,
    netlink,
    hearing: heartbeatHearing(subject, prober, counts),
    settle: settleHeartbeatPort,
  });
  const addressed = { netlink, addresses, port: service };
  const events = followLinks({
    ports: { service, heartbeat },
    ownMacs,
    readState: () => portState(addressed),
    tell: options,
  });
  return {
    state: () => portState(addressed),
    heartbeatCarrier: () => heartbeat.look()?.carrier ?? false,
    refresh: () => events.refresh(),
    raise: ({ address }) => raisePort(addressed, address),
    lower: ({ link }) => lowerPort(addressed, link),
    announce: () => announceAddresses(service, subject),
    setReferences(references) {
      service.hearArpSenders([...subject.ipv4, ...references]);
      subject.references = references;
    },
    probe: (request) => prober.probe(request, { service, heartbeat }),
    refusedSettings: () => [...service.refusedSettings(), ...heartbeat.refusedSettings()],
    counts: () => ({ ...counts }),
    close() {
      prober.close();
      events.close();
      service.close();
      heartbeat.close();
      netlink.close();
    },
  };
}

function serviceHearing(
  subject: ProbeSubject,
  prober: Prober,
  counts: PacketCounts,
): Omit<PacketPortOptions, 'index'> {
  return {
    arpSenders: [...subject.ipv4, ...subject.references],
    arpTargets: subject.ipv4,
    neighbourTargets: subject.ipv6,
    onArp: prober.hearArp,
    onNeighbour: prober.hearNeighbour,
    counts,
  };
}

function heartbeatHearing(
  subject: ProbeSubject,
  prober: Prober,
  counts: PacketCounts,
): Omit<PacketPortOptions, 'index'> {
  return {
    arpSenders: [subject.heartbeatPeer],
    arpTargets: [],
    neighbourTargets: [],
    onArp: prober.hearHeartbeatArp,
    onNeighbour: () => {},
    counts,
  };
}

type Following = {
  readonly ports: { readonly service: TrackedPort; readonly heartbeat: TrackedPort };
  /** Kept up to date with the ports. */
  readonly ownMacs: Set<string>;
  readonly readState: () => PortState;
  readonly tell: Pick<ServicePortOptions, 'onPortChange' | 'onHeartbeatCarrier'>;
};

// News only says that something happened; what is true is read anew, so that lost or delayed news
// can never leave a wrong picture.
function followLinks({ ports, ownMacs, readState, tell }: Following): {
  close(): void;
  refresh(): void;
} {
  const { service, heartbeat } = ports;
  const noteMacs = (): void => {
    ownMacs.clear();
    for (const mac of [service.link()?.mac, heartbeat.link()?.mac]) {
      if (typeof mac === 'string') ownMacs.add(mac);
    }
  };
  let told = readState();
  let toldCable = carrierOf(heartbeat);
  noteMacs();

  const refresh = (): void => {
    const cable = carrierOf(heartbeat);
    const state = readState();
    noteMacs();
    // Carrier that came or went between two looks is told too: "without a break" is a condition.
    const flapped = cable.carrier === toldCable.carrier && cable.changes !== toldCable.changes;
    if (flapped) tell.onHeartbeatCarrier(!cable.carrier);
    if (flapped || cable.carrier !== toldCable.carrier) tell.onHeartbeatCarrier(cable.carrier);
    toldCable = cable;
    if (!sameState(state, told)) {
      told = state;
      tell.onPortChange(state);
    }
  };
  const events = openLinkEvents({
    onLink: (link) => {
      if ([service, heartbeat].some((port) => concerns(link, port))) refresh();
    },
    onAddress: (address) => {
      if (address.index === service.link()?.index) refresh();
    },
    onOverrun: refresh,
  });
  return { close: () => events.close(), refresh };
}

function carrierOf(port: TrackedPort): { readonly carrier: boolean; readonly changes: number } {
  const link = port.look();
  return { carrier: link?.carrier ?? false, changes: link?.carrierChanges ?? 0 };
}

function concerns(link: LinkReport, port: TrackedPort): boolean {
  return link.device === port.device || link.index === port.link()?.index;
}
