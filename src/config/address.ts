// IPv4 and IPv6 addresses as the configuration writes them, and the questions that the relations
// ask of them: is it in that subnet, is it a host of it.
import { BlockList, isIP, isIPv4, SocketAddress } from 'node:net';

/** An address of a port together with the length of its network prefix in bits. */
export interface InterfaceAddress {
  readonly family: 4 | 6;
  /** Canonical text, without the prefix. */
  readonly address: string;
  /** 1 to 32 for IPv4, 1 to 128 for IPv6. */
  readonly prefixLength: number;
}

/** The canonical text of an address, so that equal addresses are equal strings; undefined where it is none. */
export function canonicalAddress(text: string): string | undefined {
  const version = isIP(text);
  if (version === 0 || text.includes('%')) return undefined;
  if (version === 4) return text;
  return new SocketAddress({ address: text, family: 'ipv6' }).address;
}

/** Reads `192.0.2.10/24` or `2001:db8::10/64`; undefined where the text is neither. */
export function parseInterfaceAddress(text: string): InterfaceAddress | undefined {
  const [, host, digits] = /^([^/]+)\/(0|[1-9][0-9]{0,2})$/.exec(text) ?? [];
  if (host === undefined || digits === undefined) return undefined;
  const address = canonicalAddress(host);
  if (address === undefined) return undefined;
  const family = isIPv4(address) ? 4 : 6;
  const prefixLength = Number(digits);
  if (prefixLength < 1 || prefixLength > (family === 4 ? 32 : 128)) return undefined;
  return { family, address, prefixLength };
}

/** The way the configuration writes it: `192.0.2.10/24`. */
export function formatInterfaceAddress(value: InterfaceAddress): string {
  return `${value.address}/${value.prefixLength}`;
}

/** Whether a canonical address lies in the network of an interface address. */
export function isInNetwork(address: string, network: InterfaceAddress): boolean {
  const family = isIPv4(address) ? 4 : 6;
  if (family !== network.family) return false;
  const list = new BlockList();
  list.addSubnet(network.address, network.prefixLength, familyName(network.family));
  return list.check(address, familyName(family));
}

/** Whether two networks have an address in common. */
export function networksOverlap(left: InterfaceAddress, right: InterfaceAddress): boolean {
  return isInNetwork(left.address, right) || isInNetwork(right.address, left);
}

/**
 * Whether an IPv4 address can belong to one host of a network. The first and the last address of a
 * network name the network and everybody in it, except in a /31 (RFC 3021) and a /32.
 */
export function isHostAddress(address: string, prefixLength: number): boolean {
  if (prefixLength >= 31) return true;
  const hostBits = 2 ** (32 - prefixLength);
  const host = ipv4Number(address) % hostBits;
  return host !== 0 && host !== hostBits - 1;
}

/** Whether an IPv4 address may be given to a port at all: not 0/8, loopback, multicast or above. */
export function isUnicastIpv4(address: string): boolean {
  const first = Math.floor(ipv4Number(address) / 2 ** 24);
  return first > 0 && first !== 127 && first < 224;
}

function ipv4Number(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function familyName(family: 4 | 6): 'ipv4' | 'ipv6' {
  return family === 4 ? 'ipv4' : 'ipv6';
}
