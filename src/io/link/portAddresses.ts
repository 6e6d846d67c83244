// The service addresses on their port: on, off, and what is there.

import type { PortState } from '../../core/events.ts';
import { openRouteNetlink } from '../../kernel/routeNetlink.ts';
import type { RouteNetlink } from '../../kernel/routeNetlink.ts';
import { HotpairError, isHotpairError } from '../../protocol/hotpairError.ts';
import { parsePrefixedAddress } from '../../protocol/ipAddress.ts';
import type { PrefixedAddress } from '../../protocol/ipAddress.ts';
import type { LinkReport } from '../../protocol/netlink.ts';
import type { TrackedPort } from './trackedPort.ts';

export type AddressedPort = {
  readonly netlink: RouteNetlink;
  readonly addresses: readonly PrefixedAddress[];
  readonly port: TrackedPort;
};

const ABSENT: PortState = {
  present: false,
  up: false,
  carrier: false,
  carrierChanges: 0,
  mac: null,
  addressesOn: false,
  anyAddressOn: false,
};

/** The port as the kernel has it now. Throws HotpairError KERNEL_<errno>. */
export function portState({ netlink, addresses, port }: AddressedPort): PortState {
  const link = port.look();
  if (link === null) return ABSENT;
  const there = new Set(netlink.addresses(link.index).map(({ address }) => address));
  return {
    present: true,
    up: link.up,
    carrier: link.carrier,
    carrierChanges: link.carrierChanges,
    mac: link.mac,
    addressesOn: addresses.every(({ address }) => there.has(address)),
    anyAddressOn: addresses.some(({ address }) => there.has(address)),
  };
}

/**
 * Link up and, if asked, every address on. One refused address does not keep the others off; the
 * first refusal is thrown at the end. Throws HotpairError KERNEL_<errno>, or PORT_MISSING.
 */
export function raisePort(addressed: AddressedPort, withAddresses: boolean): PortState {
  const { netlink, addresses, port } = addressed;
  const link = port.look();
  if (link === null) throw portMissing(port.device);
  // The link comes first: Linux drops IPv6 addresses of a link that is down.
  if (!link.up) netlink.setLink(link.index, true);
  if (withAddresses) {
    forEachThenThrow(addresses, (address) => netlink.addAddress(link.index, address));
  }
  return portState(addressed);
}

/**
 * Every address off, whatever prefix length it was given, then if asked the link down. A port that
 * is not there is as low as it can be. Throws HotpairError KERNEL_<errno>.
 */
export function lowerPort(addressed: AddressedPort, linkDown: boolean): PortState {
  const { netlink, addresses, port } = addressed;
  const link = port.look();
  if (link === null) return ABSENT;
  const ours = new Map(addresses.map((address) => [address.address, address]));
  forEachThenThrow(netlink.addresses(link.index), ({ address, prefixLength }) => {
    const own = ours.get(address);
    if (own !== undefined) netlink.removeAddress(link.index, { ...own, prefixLength });
  });
  if (linkDown && link.up) netlink.setLink(link.index, false);
  return portState(addressed);
}

/** Whether nothing that anybody acts on differs. */
export function sameState(left: PortState, right: PortState): boolean {
  const keys = Object.keys(left) as (keyof PortState)[];
  return keys.every((key) => left[key] === right[key]);
}

/**
 * The heartbeat port up and with its address (`169.254.69.1/30`); idempotent. Throws HotpairError
 * KERNEL_<errno>, or PORT_MISSING.
 */
export function ensureHeartbeatAddress(device: string, address: string): void {
  const netlink = openRouteNetlink();
  try {
    const link: LinkReport | null = netlink.link(device);
    if (link === null) throw portMissing(device);
    if (!link.up) netlink.setLink(link.index, true);
    netlink.addAddress(link.index, parsePrefixedAddress(address));
  } finally {
    netlink.close();
  }
}

function portMissing(device: string): HotpairError {
  return new HotpairError('PORT_MISSING', `there is no network device ${device}`, {
    seen: device,
  });
}

function forEachThenThrow<T>(items: readonly T[], act: (item: T) => void): void {
  const refusals: HotpairError[] = [];
  for (const item of items) {
    try {
      act(item);
    } catch (error) {
      if (!isHotpairError(error)) throw error;
      refusals.push(error);
    }
  }
  const [first] = refusals;
  if (first !== undefined) throw first;
}
