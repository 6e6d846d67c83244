// The heartbeat paths of the configuration: the cable always, a serial port and the LAN where they are configured.
import { formatInterfaceAddress } from '../config/address.ts';
import type { Config } from '../config/config.ts';
import { leastSerialSilenceMs } from '../config/serialTimes.ts';
import { openLanPath } from '../io/heartbeat/lanPath.ts';
import { openUdpPath } from '../io/heartbeat/udpPath.ts';
import { openSerialPath } from '../io/serial/serialPath.ts';
import type { PairGround } from './ground.ts';
import { openHeartbeatPaths } from './heartbeatPaths.ts';
import type { HeartbeatPaths, PathKeys, PathName } from './heartbeatPaths.ts';
import { openHeartbeatPort } from './heartbeatPort.ts';
import type { HeartbeatPort } from './heartbeatPort.ts';
import type { Log } from './log.ts';
import type { Happening } from './mailbox.ts';

/** For people a path is silent when so many heartbeats in a row did not come: a third of them may be lost on one that works. */
const missedToSay = 20;

export type OpenPaths = { readonly paths: HeartbeatPaths; readonly heartbeatPort: HeartbeatPort };

export function openPaths(
  { config, identity }: PairGround,
  log: Log,
  deliver: (happening: Happening) => void,
  keys: PathKeys,
  takePage: (datagram: Buffer) => boolean,
): OpenPaths {
  const { nodeId, pairId } = identity;
  const paths = openHeartbeatPaths({ self: nodeId, pairId, keys, takePage, log, deliver });
  const heartbeatPort = addCable(config, paths, log);
  addSerial(config, paths, log, deliver);
  addLan(config, pairId, paths, log);
  return { paths, heartbeatPort };
}

/** What an event says about the links below the paths. */
export function noteCarriers(paths: HeartbeatPaths, happening: Happening): void {
  if (happening.type === 'heartbeatCarrierChanged') paths.noteCarrier('eth1', happening.carrier);
  if (happening.type === 'servicePortChanged') paths.noteCarrier('lan', happening.port.carrier);
  if (happening.type === 'serialLinesChanged') paths.noteCarrier('serial', !happening.dropped);
}

/** The path over the heartbeat port; the port is kept usable until closed. */
function addCable({ heartbeat }: Config, paths: HeartbeatPaths, log: Log): HeartbeatPort {
  const { port: device, address, peer, udpPort, intervalMs } = heartbeat;
  const heartbeatPort = openHeartbeatPort(device, formatInterfaceAddress(address), log);
  paths.add({ name: 'eth1', device, silenceMs: missedToSay * intervalMs }, (take) =>
    openUdpPath({
      device,
      localAddress: address.address,
      peerAddress: peer,
      port: udpPort,
      onDatagram: take,
      onError: heartbeatPort.noteError,
    }),
  );
  return heartbeatPort;
}

function addSerial(
  { heartbeat }: Config,
  paths: HeartbeatPaths,
  log: Log,
  deliver: (happening: Happening) => void,
): void {
  const { device } = heartbeat.serial;
  if (device === undefined) return;
  const silenceMs = (missedToSay / 2) * leastSerialSilenceMs(heartbeat.intervalMs);
  paths.add({ name: 'serial', device, silenceMs }, (take) =>
    openSerialPath({
      path: device,
      onDatagram: take,
      onError: teller(log, 'serial', device),
      onLines: (dropped) => deliver({ type: 'serialLinesChanged', dropped }),
    }),
  );
}

function addLan(config: Config, pairId: string, paths: HeartbeatPaths, log: Log): void {
  const { heartbeat, service } = config;
  if (!heartbeat.lan.enabled) return;
  const { port: device } = service;
  const { udpPort: port, intervalMs } = heartbeat;
  paths.add({ name: 'lan', device, silenceMs: missedToSay * intervalMs }, (take) =>
    openLanPath({
      device,
      port,
      pairId,
      onDatagram: take,
      onError: teller(log, 'lan', device),
    }),
  );
}

function teller(log: Log, path: PathName, device: string): (code: string | null) => void {
  return (code) => {
    if (code === null) log.history('info', 'heartbeatPathWorks', { path, device });
    else log.history('warning', 'heartbeatPathProblem', { path, device, errno: code });
  };
}
