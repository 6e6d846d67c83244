// What lies between the two Eth1. `direct`: a cable, so an end that goes down, or a pulled plug,
// takes the carrier of the other end away. `switched`: switches, so both ends keep their carrier.

import { openNamespace } from './kernelCalls.ts';
import { boxNames, namespaces, otherBox, type BoxName } from './layout.ts';
import { eth1Bridge } from './network.ts';
import type { Eth1 } from './siteState.ts';

export type Eth1Cable = {
  readonly connect: (connected: boolean) => void;
  readonly silence: (silent: boolean) => void;
  /** Brings carriers in line with the ends; to be called at every change and every few ms. */
  readonly follow: () => void;
  /** A box without power drives no line, whatever its processes do before they are all dead. */
  readonly darken: (box: BoxName, dark: boolean) => void;
  readonly isConnected: () => boolean;
};

/** A veth end cannot lose its carrier while up on both sides, so each box has a pair of its own. */
export function eth1Cable(eth1: Eth1): Eth1Cable {
  const between = openNamespace(namespaces.eth1);
  const boxes = {
    'box-a': openNamespace(namespaces['box-a']),
    'box-b': openNamespace(namespaces['box-b']),
  };
  let connected = true;
  let silent = false;
  const dark = new Set<BoxName>();

  const drives = (box: BoxName): boolean => !dark.has(box) && boxes[box].isUp('eth1');

  const follow = (): void => {
    if (eth1 === 'switched') {
      for (const box of boxNames) between.setUp(box, !dark.has(box));
      between.setUp(eth1Bridge, connected && !silent);
      return;
    }
    for (const box of boxNames) {
      between.setUp(box, connected && !dark.has(box) && drives(otherBox(box)));
    }
    between.setUp(eth1Bridge, !silent);
  };
  return {
    connect: (wanted) => {
      connected = wanted;
      follow();
    },
    silence: (wanted) => {
      silent = wanted;
      follow();
    },
    follow,
    darken: (box, isDark) => {
      if (isDark) dark.add(box);
      else dark.delete(box);
      follow();
    },
    isConnected: () => connected && !silent,
  };
}
