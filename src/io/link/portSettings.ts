// How the kernel must treat the two ports. By default Linux answers ARP for any local address on
// any port, and then a question on the LAN for the peer's Eth1 address would look like a cable.

import { setPortSetting } from '../../kernel/sysctl.ts';

/** Settings of both ports; the values are those of Linux Documentation/networking/ip-sysctl.rst. */
const IPV4_OF_BOTH = {
  arp_ignore: '1', // answer only for addresses of the port that was asked
  arp_announce: '2', // ask with the address that fits best, never with one of the other port
};

// Taking off a service address must not take off others of the same subnet with it.
const IPV4_OF_SERVICE = { ...IPV4_OF_BOTH, promote_secondaries: '1' };

// An address that moves between boxes must work at once and be the only one that appears by itself.
// Router advertisements stay allowed: the default route of the box may come from them.
const IPV6_OF_SERVICE = { disable_ipv6: '0', accept_dad: '0', autoconf: '0' };

/** Settles the heartbeat port. Returns what could not be set, as a path with an errno name. */
export function settleHeartbeatPort(device: string): readonly string[] {
  return apply('ipv4', device, IPV4_OF_BOTH);
}

/** Settles the service port; IPv6 is left alone where no IPv6 address is served. */
export function settleServicePort(device: string, servesIpv6: boolean): readonly string[] {
  const refused = apply('ipv4', device, IPV4_OF_SERVICE);
  return servesIpv6 ? [...refused, ...apply('ipv6', device, IPV6_OF_SERVICE)] : refused;
}

function apply(
  family: 'ipv4' | 'ipv6',
  device: string,
  settings: Readonly<Record<string, string>>,
): readonly string[] {
  return Object.entries(settings).flatMap(([name, value]) => {
    const refused = setPortSetting(family, device, name, value);
    return refused === null ? [] : [refused];
  });
}
