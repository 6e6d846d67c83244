// Probe rounds over the two ports: sends their questions, hands them what is heard, ends them.

import { monotonicMs } from '../../kernel/clock.ts';
import { encodeArpProbe } from '../../protocol/arp.ts';
import type { ArpPacket } from '../../protocol/arp.ts';
import { encodeNeighbourProbe } from '../../protocol/neighbour.ts';
import type { NeighbourPacket } from '../../protocol/neighbour.ts';
import { claimOfArp, claimOfNeighbour } from './addressClaim.ts';
import type { ClaimListener } from './addressClaim.ts';
import { beginProbeRound } from './probeRound.ts';
import type { CarrierSight, ProbeRequest, ProbeResult } from './probeRound.ts';
import type { ProbeRound, ProbeSubject } from './probeRound.ts';
import { runRound } from './roundTimer.ts';
import type { TrackedPort } from './trackedPort.ts';

export type ProbePorts = { readonly service: TrackedPort; readonly heartbeat: TrackedPort };

export type Prober = {
  probe(request: ProbeRequest, ports: ProbePorts): Promise<ProbeResult>;
  readonly hearArp: (packet: ArpPacket) => void;
  readonly hearNeighbour: (packet: NeighbourPacket) => void;
  readonly hearHeartbeatArp: (packet: ArpPacket) => void;
  /** Ends open rounds at once; they say `closed`. */
  close(): void;
};

type OpenRound = { readonly round: ProbeRound; readonly end: () => void };

/** Claims of others for a service address go to `onClaim` also while no round is open. */
export function createProber(subject: ProbeSubject, onClaim: ClaimListener): Prober {
  const open = new Set<OpenRound>();
  const addresses = new Set([...subject.ipv4, ...subject.ipv6]);
  return {
    probe: (request, ports) =>
      new Promise((resolve) => {
        openRound(open, { request, subject, ports, resolve });
      }),
    hearArp(packet) {
      if (subject.ownMacs.has(packet.senderMac)) return;
      for (const { round } of open) round.hearArp(packet);
      const claim = claimOfArp(packet, addresses, subject.ownMacs);
      if (claim !== null) onClaim(packet.senderMac, claim.address, claim.kind);
    },
    hearNeighbour(packet) {
      if (subject.ownMacs.has(packet.mac)) return;
      for (const { round } of open) round.hearNeighbour(packet);
      const weAsk = [...open].some(({ round }) => round.request.askService);
      const claim = claimOfNeighbour(packet, addresses, weAsk);
      if (claim !== null) onClaim(packet.mac, claim.address, claim.kind);
    },
    hearHeartbeatArp(packet) {
      for (const { round } of open) round.hearHeartbeatArp(packet);
    },
    close() {
      for (const { round, end } of open) {
        round.noteSendFailure('closed');
        end();
      }
    },
  };
}

type NewRound = {
  readonly request: ProbeRequest;
  readonly subject: ProbeSubject;
  readonly ports: ProbePorts;
  readonly resolve: (result: ProbeResult) => void;
};

function openRound(open: Set<OpenRound>, { request, subject, ports, resolve }: NewRound): void {
  const { service, heartbeat } = ports;
  const round = beginProbeRound(request, subject, monotonicMs(), sightOf(service));
  const entry: OpenRound = {
    round,
    end() {
      stop();
      // A process that was held up has its answers waiting in the sockets.
      service.packets()?.drain();
      heartbeat.packets()?.drain();
      if (open.delete(entry)) resolve(round.result(monotonicMs(), sightOf(service)));
    },
  };
  open.add(entry);
  const times = { ...request, startedAtMs: round.startedAtMs };
  const stop = runRound(times, () => ask(round, subject, ports), entry.end);
}

function sightOf(port: TrackedPort): CarrierSight {
  const link = port.look();
  return { carrier: link?.carrier ?? false, carrierChanges: link?.carrierChanges ?? 0 };
}

function ask(round: ProbeRound, subject: ProbeSubject, { service, heartbeat }: ProbePorts): void {
  const { request } = round;
  if (request.askPeerOnHeartbeatPort) {
    const mac = heartbeat.link()?.mac ?? null;
    // Whether this question could be sent decides nothing: its silence is never evidence.
    if (mac !== null) heartbeat.packets()?.sendArp(encodeArpProbe(mac, subject.heartbeatPeer));
  }
  const mac = service.link()?.mac ?? null;
  const packets = service.packets();
  if (mac === null || packets === null) {
    round.noteSendFailure('ENODEV');
    return;
  }
  const questions = [
    ...(request.askService ? subject.ipv4 : []),
    ...(request.askReferences ? subject.references : []),
  ];
  const refusals = questions.map((address) => packets.sendArp(encodeArpProbe(mac, address)));
  if (request.askService) {
    const frames = subject.ipv6.map((address) => encodeNeighbourProbe(mac, address));
    refusals.push(...frames.map((frame) => packets.sendNeighbour(frame)));
  }
  for (const refusal of refusals) if (refusal !== null) round.noteSendFailure(refusal);
  round.noteAsked();
}
