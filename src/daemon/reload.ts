// SIGHUP: the configuration is read again. What the running agent can take over is taken over, the rest is named and waits
// for a restart of the agent, which restarts nothing else.
import { toCoreSettings } from '../config/coreSettings.ts';
import { changedKeys } from '../config/reload.ts';
import type { Config } from '../config/config.ts';
import { isHotpairError } from '../protocol/hotpairError.ts';
import type { Box } from './box.ts';
import { readGround } from './ground.ts';

/** The keys that are taken over, and what is done for each. */
const takeOver: Readonly<Record<string, (box: Box, config: Config) => void>> = {
  'log.level': ({ log }, config) => log.setLevel(config.log.level),
  'timing.referenceInterval': ({ loop }, { timing }) =>
    loop.configure({ ...loop.settings(), referenceIntervalMs: timing.referenceIntervalMs }),
  'timing.referenceIdleInterval': ({ loop }, { timing }) =>
    loop.configure({ ...loop.settings(), referenceIdleIntervalMs: timing.referenceIdleIntervalMs }),
};

/** Returns the handler of SIGHUP. A configuration that cannot be used changes nothing. */
export function reloader(box: Box): () => void {
  let inForce = box.ground.config;
  return () => {
    const config = usable(box);
    if (config === null) return;
    const changed = changedKeys(inForce, config);
    const taken = changed.filter((key) => takeOver[key] !== undefined);
    for (const key of taken) takeOver[key]?.(box, config);
    const needRestart = changed.filter((key) => takeOver[key] === undefined);
    box.log.history('info', 'configReloaded', { taken, needRestart });
    // What waits for a restart is named again at the next reload, until it happened.
    inForce = {
      ...inForce,
      log: config.log,
      timing: { ...inForce.timing, ...referenceTimes(config) },
    };
  };
}

function referenceTimes({
  timing,
}: Config): Pick<Config['timing'], 'referenceIntervalMs' | 'referenceIdleIntervalMs'> {
  const { referenceIntervalMs, referenceIdleIntervalMs } = timing;
  return { referenceIntervalMs, referenceIdleIntervalMs };
}

function usable(box: Box): Config | null {
  const { ground, log, loop } = box;
  try {
    const { config } = readGround(ground.configPath);
    toCoreSettings(config, loop.settings().watchdogMs, ground.identity);
    return config;
  } catch (error) {
    if (!isHotpairError(error)) throw error;
    log.history('error', 'configRefused', { code: error.code, text: error.message });
    return null;
  }
}
