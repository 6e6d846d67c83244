// Builds and removes the network of a site: the LAN with its hosts, the boxes' two ports, and what
// lies between their heartbeat ports. Everything is in network namespaces of its own.

import { existsSync, readdirSync } from 'node:fs';
import { run, succeeds } from './command.ts';
import { addresses, boxNames, namespacePrefix, namespaces, type BoxName } from './layout.ts';

/** Ports of the namespace between the two Eth1, and its bridge. */
export const eth1Bridge = 'br1';

/** Bridge of the network in which etcd is. */
const witnessBridge = 'br2';

/** Builds all namespaces, links and LAN hosts. The boxes' own ports stay down, as before a boot. */
export function buildNetwork(): void {
  for (const name of Object.values(namespaces)) run('ip', ['netns', 'add', name]);
  buildLan();
  buildEth1();
  buildWitness();
  addHost(namespaces.gateway, 'gateway', addresses.gateway, '2001:db8::1');
  addHost(namespaces.reference, 'reference', addresses.reference, '2001:db8::2');
  addHost(namespaces.client, 'client', addresses.client, '2001:db8::100');
}

/** Removes every namespace of this site; sockets in them die with their processes. */
export function removeNetwork(): void {
  for (const name of siteNamespaces()) succeeds('ip', ['netns', 'del', name]);
}

/** The namespaces that exist with this site's prefix. */
export function siteNamespaces(): readonly string[] {
  if (!existsSync('/run/netns')) return [];
  return readdirSync('/run/netns').filter((name) => name.startsWith(namespacePrefix));
}

function buildLan(): void {
  batch(namespaces.lan, [
    'link set lo up',
    // No spanning tree and no forward delay: a port of this LAN forwards at once.
    'link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0',
    'link set br0 up',
  ]);
  for (const [index, box] of boxNames.entries()) {
    const mac = `02:00:00:00:00:0${index + 1}`;
    addPort(namespaces[box], 'eth0', mac, namespaces.lan, box, 'br0');
  }
}

/**
 * Between the two Eth1 lies a small bridge. With `--eth1 switched` that is all; with `direct` the
 * keeper makes a cable of it, by taking one end's carrier away whenever the other end goes down.
 */
function buildEth1(): void {
  batch(namespaces.eth1, [
    `link add ${eth1Bridge} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
    `link set ${eth1Bridge} up`,
  ]);
  for (const box of boxNames) {
    addPort(namespaces[box], 'eth1', heartbeatMac(box), namespaces.eth1, box, eth1Bridge);
    batch(namespaces[box], ['link set lo up']);
  }
}

/**
 * A third network, apart from LAN and Eth1: a management network through which both boxes reach etcd. The product knows
 * nothing of it, so the addresses are put there once and stay.
 */
function buildWitness(): void {
  const { witness } = addresses;
  batch(namespaces.witness, [
    `link add ${witnessBridge} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
    `addr add ${witness.etcd}/24 dev ${witnessBridge}`,
    `link set ${witnessBridge} up`,
    'link set lo up',
  ]);
  for (const [index, box] of boxNames.entries()) {
    const mac = `02:00:00:00:03:0${index + 1}`;
    addPort(namespaces[box], 'eth2', mac, namespaces.witness, box, witnessBridge);
    batch(namespaces[box], [`addr add ${witness[box]}/24 dev eth2`, 'link set eth2 up']);
    // Both boxes reach etcd here, and not each other.
    isolatePort(namespaces.witness, box, true);
  }
}

/** Ports that are isolated reach every other port of their bridge, but not each other. */
export function isolatePort(namespace: string, port: string, isolated: boolean): void {
  const words = ['link', 'set', 'dev', port, 'isolated', isolated ? 'on' : 'off'];
  run('bridge', ['-netns', namespace, ...words]);
}

function addHost(namespace: string, port: string, address: string, address6: string): void {
  addPort(namespace, 'eth0', macOf(address), namespaces.lan, port, 'br0');
  batch(namespace, [
    'link set lo up',
    `addr add ${address}/24 dev eth0`,
    `addr add ${address6}/64 dev eth0 nodad`,
    'link set eth0 up',
  ]);
}

/** The hardware address of a box's Eth1. */
export function heartbeatMac(box: BoxName): string {
  return `02:00:00:00:01:0${boxNames.indexOf(box) + 1}`;
}

/** The hardware address of a LAN host, made of the end of its address. */
export function macOf(address: string): string {
  return `02:00:00:00:02:${String(Number(address.split('.')[3]) % 100).padStart(2, '0')}`;
}

function addPort(
  namespace: string,
  device: string,
  mac: string,
  bridgeNamespace: string,
  port: string,
  bridge: string,
): void {
  const ends = `name ${device} address ${mac} netns ${namespace} type veth peer`;
  run('ip', `link add ${ends} name ${port} netns ${bridgeNamespace}`.split(' '));
  batch(bridgeNamespace, [`link set ${port} master ${bridge}`, `link set ${port} up`]);
}

function batch(namespace: string, lines: readonly string[]): void {
  run('ip', ['-n', namespace, '-batch', '-'], { input: `${lines.join('\n')}\n` });
}
