// SIGHUP: the configuration is read again. What the running agent can take over is taken over, the rest is named and waits
// for a restart of the agent, which restarts nothing else.
import type { Config } from '../config/config.ts';
import { toCoreSettings } from '../config/coreSettings.ts';
import { changedKeys, keysThatNeedRestart, reloadable } from '../config/reload.ts';
import { isHotpairError } from '../protocol/hotpairError.ts';
import type { Box } from './box.ts';
import { readGround, reconfigurationOf } from './ground.ts';
import { guardianDescription } from './guardianDescription.ts';

/** Rules and settings are on disk and in force by then, or the reload is refused. */
const databaseDeadlineMs = 10_000;

/** Returns the handler of SIGHUP. A configuration that cannot be used changes nothing; reloads follow one another. */
export function reloader(box: Box): () => void {
  let last: Promise<void> = Promise.resolve();
  return () => {
    last = last.then(async () => reload(box));
  };
}

async function reload(box: Box): Promise<void> {
  const { ground, log, loop } = box;
  const before = box.inForce();
  try {
    const { config } = readGround(ground.configPath);
    const settings = toCoreSettings(config, loop.settings().watchdogMs, ground.identity);
    const keys = changedKeys(before, config).filter((key) => reloadable.includes(key));
    // Certificates are renewed under the names that they had: the files are read again although no key has changed.
    const renewed = box.arbiter.readAgain() ? ['the files of the arbiter'] : [];
    const pendingRestart = await takeOver(box, config, keys);
    const taken = [...keys, ...renewed];
    const { referenceIntervalMs, referenceIdleIntervalMs, handoverDeadlineMs } = settings;
    const times = { referenceIntervalMs, referenceIdleIntervalMs, handoverDeadlineMs };
    // Asked for again after the wait: the core's settings may have changed in between.
    loop.configure({ ...loop.settings(), ...times });
    log.setLevel(config.log.level);
    box.guardian.configure(guardianDescription(withReloadable(before, config)));
    // What waits for a restart is named again at the next reload, until it happened.
    const needRestart = keysThatNeedRestart(before, config);
    box.putInForce(withReloadable(before, config));
    const detail = { taken, needRestart, postgresqlRestart: pendingRestart };
    log.history('info', 'configReloaded', { ...detail, text: sentenceOf(detail) });
  } catch (error) {
    if (!isHotpairError(error)) throw error;
    log.history('error', 'configRefused', { code: error.code, text: error.message });
  }
}

/** The parts that may refuse come first: a refusal leaves everything as it was. */
async function takeOver(
  { database, servicePort }: Box,
  config: Config,
  changed: readonly string[],
): Promise<readonly string[]> {
  const concernsDatabase = changed.some((key) => key.startsWith('database.'));
  const { pendingRestart } = concernsDatabase
    ? await database.reconfigure(reconfigurationOf(config), { deadlineMs: databaseDeadlineMs })
    : { pendingRestart: [] };
  if (changed.includes('service.references')) servicePort.setReferences(config.service.references);
  return pendingRestart;
}

/** The configuration in force after a reload: the new values of what it takes over, the old ones of everything else. */
function withReloadable(before: Config, after: Config): Config {
  const { referenceIntervalMs, referenceIdleIntervalMs } = after.timing;
  const { settings, hba, shutdownDeadlineMs, cloneRateKilobytes } = after.database;
  return {
    ...before,
    service: { ...before.service, references: after.service.references },
    timing: { ...before.timing, referenceIntervalMs, referenceIdleIntervalMs },
    database: { ...before.database, settings, hba, shutdownDeadlineMs, cloneRateKilobytes },
    log: after.log,
    services: after.services,
    hooks: after.hooks,
    sync: after.sync,
    panel: after.panel,
    leds: after.leds,
  };
}

type Outcome = {
  readonly taken: readonly string[];
  readonly needRestart: readonly string[];
  readonly postgresqlRestart: readonly string[];
};

function sentenceOf({ taken, needRestart, postgresqlRestart }: Outcome): string {
  const parts = [
    taken.length === 0 ? 'nothing new to take over' : `taken over: ${taken.join(', ')}`,
    needRestart.length === 0 ? '' : `waits for a restart of the agent: ${needRestart.join(', ')}`,
    postgresqlRestart.length === 0
      ? ''
      : `waits for a restart of PostgreSQL (a switchover and back does it): ${postgresqlRestart.join(', ')}`,
  ];
  return parts.filter((part) => part !== '').join('; ');
}
