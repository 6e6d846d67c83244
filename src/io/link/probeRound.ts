// One probe round: what was asked, who answered. It knows packets and instants, no sockets.

import type { ProbeResult as CoreProbeResult } from '../../core/events.ts';
import type { ArpPacket } from '../../protocol/arp.ts';
import type { NeighbourPacket } from '../../protocol/neighbour.ts';

const NO_ADDRESS = '0.0.0.0';

export type ProbeRequest = {
  readonly askReferences: boolean;
  readonly askService: boolean;
  readonly askPeerOnHeartbeatPort: boolean;
  /** Questions to each, evenly over the round, the first at once. */
  readonly probes: number;
  readonly roundMs: number;
};

/** Instants are monotonic milliseconds; MAC addresses are canonical text. */
export type ProbeResult = CoreProbeResult & {
  /** IPv4 addresses of the references that answered. */
  readonly answeredReferences: readonly string[];
  /** Why a question could not be sent on the service port (errno name); its silence proves nothing. */
  readonly sendFailed: string | null;
};

/** What probes are about; addresses are canonical text without prefix. */
export type ProbeSubject = {
  /** Service addresses. */
  readonly ipv4: readonly string[];
  readonly ipv6: readonly string[];
  /** May change between two questions of a round; then only answers of the new ones count. */
  references: readonly string[];
  readonly heartbeatPeer: string;
  /** The MACs of both own ports as they are now. */
  readonly ownMacs: ReadonlySet<string>;
};

/** The carrier of the service port at one instant. */
export type CarrierSight = { readonly carrier: boolean; readonly carrierChanges: number };

export type ProbeRound = {
  readonly request: ProbeRequest;
  readonly startedAtMs: number;
  /** A question went out to everybody. */
  noteAsked(): void;
  noteSendFailure(errno: string): void;
  hearArp(packet: ArpPacket): void;
  hearNeighbour(packet: NeighbourPacket): void;
  hearHeartbeatArp(packet: ArpPacket): void;
  result(endedAtMs: number, end: CarrierSight): ProbeResult;
};

export function beginProbeRound(
  request: ProbeRequest,
  subject: ProbeSubject,
  startedAtMs: number,
  start: CarrierSight,
): ProbeRound {
  const answeredReferences = new Map<string, string>();
  const serviceAnsweredBy = new Set<string>();
  let peerAnswered = false;
  let sendFailed: string | null = null;
  let asked = 0;

  const isForeign = (mac: string): boolean => !subject.ownMacs.has(mac);
  // The answer to a question with sender address zero names zero as its target; replies to the
  // kernel's own questions do not belong to this round.
  const answersProbe = (packet: ArpPacket): boolean =>
    packet.operation === 'reply' &&
    packet.target === NO_ADDRESS &&
    subject.ownMacs.has(packet.targetMac) &&
    isForeign(packet.senderMac);

  return {
    request,
    startedAtMs,
    noteAsked() {
      asked += 1;
    },
    noteSendFailure(errno) {
      sendFailed ??= errno;
    },
    hearArp(packet) {
      if (
        request.askReferences &&
        subject.references.includes(packet.sender) &&
        answersProbe(packet)
      ) {
        answeredReferences.set(packet.sender, packet.senderMac);
      }
      // Any packet in which somebody uses the address shows that it is taken (RFC 5227, 2.1.1).
      const takesAddress = subject.ipv4.includes(packet.sender);
      if (request.askService && takesAddress && isForeign(packet.senderMac)) {
        serviceAnsweredBy.add(packet.senderMac);
      }
    },
    hearNeighbour(packet) {
      const takesAddress = packet.type === 'advertisement' && subject.ipv6.includes(packet.target);
      if (request.askService && takesAddress && isForeign(packet.mac)) {
        serviceAnsweredBy.add(packet.mac);
      }
    },
    hearHeartbeatArp(packet) {
      const isPeer = packet.sender === subject.heartbeatPeer;
      peerAnswered ||= request.askPeerOnHeartbeatPort && isPeer && answersProbe(packet);
    },
    result: (endedAtMs, end) => ({
      startedAtMs,
      endedAtMs,
      asked,
      carrier: start.carrier && end.carrier && start.carrierChanges === end.carrierChanges,
      carrierChanges: end.carrierChanges,
      // With a question that was not sent the silence about it would pass as evidence: no round at all.
      referenceAnswered: answeredReferences.size > 0 && sendFailed === null,
      answeredReferences: [...answeredReferences.keys()],
      referenceMacs: [...new Set(answeredReferences.values())],
      serviceAnsweredBy: [...serviceAnsweredBy],
      peerAnsweredOnHeartbeatPort: peerAnswered,
      sendFailed,
    }),
  };
}
