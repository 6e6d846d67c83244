// Opens the arbiter that the configuration names, with what it has to know of the pair.
import { readEtcdFiles } from '../config/etcdFiles.ts';
import { fenceDelayMs } from '../config/fenceRelations.ts';
import type { State } from '../core/state.ts';
import { insideArbiter } from './arbiter.ts';
import type { Arbiter } from './arbiter.ts';
import { openEtcdArbiter } from './etcdArbiter.ts';
import { openFenceArbiter, openPowerSwitch } from './fenceArbiter.ts';
import type { PairSight } from './fenceArbiter.ts';
import type { PairGround } from './ground.ts';
import type { HeartbeatPaths } from './heartbeatPaths.ts';
import type { Log } from './log.ts';

export type ArbiterGround = {
  readonly ground: PairGround;
  readonly log: Log;
  readonly paths: Pick<HeartbeatPaths, 'statistics'>;
  state(): State;
};

/** Throws HotpairError about a file or program that the arbiter needs. */
export function openArbiter(given: ArbiterGround): Arbiter {
  const { config, identity } = given.ground;
  const { nodeId, pairId } = identity;
  const { log } = given;
  const { type } = config.arbiter;
  if (type === 'etcd') {
    return openEtcdArbiter({
      config,
      files: readEtcdFiles(config.arbiter.etcd),
      pairId,
      nodeId,
      log,
    });
  }
  if (type !== 'fence') return insideArbiter(type);
  const power = openPowerSwitch(config, log);
  return openFenceArbiter({ power, delayMs: fenceDelayMs(config), log, pair: sight(given) });
}

function sight(given: ArbiterGround): PairSight {
  const { ground, paths } = given;
  return {
    holdsEpoch: () => given.state().record?.holder === ground.identity.nodeId,
    isAsking: () => given.state().phase === 'asking',
    peerHeardAt: () => {
      const times = paths.statistics().flatMap(({ lastReceivedAt }) => lastReceivedAt ?? []);
      return times.length === 0 ? null : Math.max(...times);
    },
  };
}
