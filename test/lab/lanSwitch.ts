// The switch of the LAN and what can go wrong in it: it dies, it splits in two, its ports listen
// before they forward (spanning tree). All of it by the kernel's own bridge.

import { run, succeeds } from './command.ts';
import { boxNames, namespaces, type BoxName } from './layout.ts';

const bridge = 'br0';
const otherBridge = 'br1';
const ports = [...boxNames, 'gateway', 'reference', 'client'] as const;

/** The switch forwards nothing, while every port keeps its carrier. */
export function silenceSwitch(silent: boolean): void {
  inLan([`link set ${bridge} ${silent ? 'down' : 'up'}`]);
}

/** The switch loses its power: both boxes lose their carrier in one instant. */
export function darkenSwitch(): void {
  inLan([...boxNames.map((box) => `link set ${box} down`), `link set ${bridge} down`]);
}

/** It has power again. */
export function lightSwitch(): void {
  inLan([`link set ${bridge} up`, ...boxNames.map((box) => `link set ${box} up`)]);
}

/** A box and the gateway on one side; the other box, the second reference and the client on the other. */
export function splitLan(box: BoxName): void {
  makeOtherBridge();
  inLan([`link set ${box} master ${otherBridge}`, `link set gateway master ${otherBridge}`]);
}

/** From now on a port that comes up listens and learns before it forwards, so long each. */
export function spanningTree(forwardDelaySeconds: number): void {
  const hundredths = forwardDelaySeconds * 100;
  inLan([`link set ${bridge} type bridge stp_state 1 forward_delay ${hundredths}`]);
}

/** Every port forwards again, all on one switch. */
export function mendLan(): void {
  // A delay below two seconds is refused while there is a spanning tree.
  inLan([
    `link set ${bridge} type bridge stp_state 0`,
    `link set ${bridge} type bridge forward_delay 0`,
    ...ports.map((port) => `link set ${port} master ${bridge}`),
    `link set ${bridge} up`,
  ]);
}

function makeOtherBridge(): void {
  const settings = 'type bridge stp_state 0 forward_delay 0 mcast_snooping 0';
  succeeds('ip', ['-n', namespaces.lan, 'link', 'add', otherBridge, ...settings.split(' ')]);
  inLan([`link set ${otherBridge} up`]);
}

function inLan(lines: readonly string[]): void {
  run('ip', ['-n', namespaces.lan, '-batch', '-'], { input: `${lines.join('\n')}\n` });
}
