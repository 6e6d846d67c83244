// Two boxes on one LAN and one cable, as network namespaces: eth0 of both hangs on a bridge that is
// itself the reference 192.0.2.1, eth1 of both is one veth pair.

import { makeNamespace } from '../../kernel/networkNamespace.ts';
import type { NetworkNamespace } from '../../kernel/networkNamespace.ts';

export type PairSite = {
  readonly box: NetworkNamespace;
  readonly peer: NetworkNamespace;
  readonly lan: NetworkNamespace;
  readonly boxMac: string;
  readonly peerMac: string;
  readonly bridgeMac: string;
  /** Makes eth0 of the box anew after it was deleted. */
  plugService(): void;
  remove(): void;
};

const MAC = {
  box: '02:00:00:00:0a:00',
  boxCable: '02:00:00:00:0a:01',
  peer: '02:00:00:00:0b:00',
  peerCable: '02:00:00:00:0b:01',
  bridge: '02:00:00:00:0c:00',
};

/** All links up, no addresses but the reference's and the peer's 169.254.69.2 on eth1. */
export function buildPairSite(): PairSite {
  const box = makeNamespace('box');
  const peer = makeNamespace('peer');
  const lan = makeNamespace('lan');
  lan.ip(`link add br0 address ${MAC.bridge} type bridge forward_delay 0`);
  lan.ip('addr add 192.0.2.1/24 dev br0');
  lan.ip('link set br0 up');
  const plug = (node: NetworkNamespace, mac: string, name: string): void => {
    lan.ip(`link add ${name} type veth peer name eth0 address ${mac} netns ${node.name}`);
    lan.ip(`link set ${name} master br0 up`);
    node.ip('link set eth0 up');
  };
  plug(box, MAC.box, 'box');
  plug(peer, MAC.peer, 'peer');
  const other = `peer name eth1 address ${MAC.peerCable} netns ${peer.name}`;
  box.ip(`link add eth1 address ${MAC.boxCable} type veth ${other}`);
  box.ip('link set eth1 up');
  peer.ip('link set eth1 up');
  peer.ip('addr add 169.254.69.2/30 dev eth1');
  return {
    box,
    peer,
    lan,
    boxMac: MAC.box,
    peerMac: MAC.peer,
    bridgeMac: MAC.bridge,
    plugService: () => plug(box, MAC.box, 'box'),
    remove: () => [box, peer, lan].forEach((namespace) => namespace.remove()),
  };
}
