// What the two boxes of a running pair show each other of their configurations.
import type { Config } from '../config/config.ts';
import { monotonicMs } from '../kernel/clock.ts';
import { ConfigExchange } from './configExchange.ts';
import type { PairGround } from './ground.ts';
import type { HeartbeatPaths } from './heartbeatPaths.ts';
import type { KeyExchange } from './keyExchange.ts';
import { shownConfig } from './shownConfig.ts';
import type { ShownConfig } from './shownConfig.ts';

export type Configurations = {
  readonly own: () => ShownConfig;
  /** Throws HotpairError PEER_NOT_ANSWERING, CONFIG_PAGES or COMMAND_BUSY. */
  readonly peers: () => Promise<ShownConfig>;
  /** Takes a datagram that looks like a question or a page. */
  readonly take: (datagram: Buffer) => boolean;
};

export function openConfigurations(
  { identity }: PairGround,
  keys: Pick<KeyExchange, 'ofPages'>,
  inForce: () => Config,
  paths: () => Pick<HeartbeatPaths, 'sendLarge'>,
): Configurations {
  const { nodeId, pairId } = identity;
  // The pages are sealed: the digests in them need a key that is the same on both boxes also while the pair's is being exchanged.
  const own = (): ShownConfig => shownConfig(inForce(), Buffer.from(pairId, 'hex'));
  const exchange = new ConfigExchange({
    self: nodeId,
    pairId,
    keys: () => keys.ofPages(),
    send: (datagram) => paths().sendLarge(datagram),
    content: () => JSON.stringify(own()),
    now: monotonicMs,
  });
  return {
    own,
    peers: async () => JSON.parse(await exchange.ask()) as ShownConfig,
    take: (datagram) => exchange.take(datagram),
  };
}
