// Another device in the LAN that uses the service address: the host `reference` takes it as well.

import { run, succeeds } from './command.ts';
import { addresses, namespaces } from './layout.ts';
import { macOf } from './network.ts';

/** Takes the IPv4 address and announces it, as a device that has just booted. */
export function takeServiceAddress(): void {
  const where = namespaces.reference;
  run('nsenter', [`--net=/run/netns/${where}`, 'sysctl', '-qw', 'net.ipv4.conf.eth0.arp_notify=1']);
  inReference([`addr add ${addresses.service}/32 dev eth0`]);
  announce();
}

/** Announces the address again: the kernel does so when a port is given its hardware address. */
export function announce(): void {
  inReference([`link set eth0 address ${macOf(addresses.reference)}`]);
}

/** Takes the IPv6 address; without looking first whether somebody has it. */
export function takeServiceAddress6(): void {
  inReference([`addr add ${addresses.service6}/128 dev eth0 nodad`]);
}

/** Gives both back, if they were taken. */
export function leaveServiceAddresses(): void {
  const where = ['-n', namespaces.reference, 'addr', 'del'];
  succeeds('ip', [...where, `${addresses.service}/32`, 'dev', 'eth0']);
  succeeds('ip', [...where, `${addresses.service6}/128`, 'dev', 'eth0']);
}

function inReference(lines: readonly string[]): void {
  run('ip', ['-n', namespaces.reference, '-batch', '-'], { input: `${lines.join('\n')}\n` });
}
