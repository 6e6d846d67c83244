// The way from the configuration to the core: the watchdog's real timeout counts, not the asked one.
import test from 'ava';
import { toCoreSettings } from '../../src/config/coreSettings.ts';
import { newNodeIdentity } from '../../src/config/identity.ts';
import { changedKeys, keysThatNeedRestart, reloadable } from '../../src/config/reload.ts';
import { configKeys } from '../../src/config/keys.ts';
import { someConfig } from './configText.ts';

const identity = newNodeIdentity('0123456789abcdef0123456789abcdef');

test('the core gets the defaults of the contract between the times', (t) => {
  const settings = toCoreSettings(someConfig(), 2_000, identity);
  t.like(settings, {
    self: identity.nodeId,
    pairId: identity.pairId,
    arbiter: 'lan',
    standbyPort: 'unaddressed',
    heartbeatIntervalMs: 50,
    deadIntervalMs: 250,
    fastDeadIntervalMs: 100,
    probeRoundMs: 90,
    probes: 3,
    watchdogMs: 2_000,
    takeoverLimitMs: 4_000,
    soloMs: 8_300,
    soloFastMs: 1_000,
    linkUpDeadlineMs: 3_000,
    kickIntervalMs: 250,
  });
});

test('a watchdog that takes longer than asked lengthens the derived times', (t) => {
  const settings = toCoreSettings(someConfig(), 30_000, identity);
  t.is(settings.watchdogMs, 30_000);
  t.true(settings.takeoverLimitMs > 30_000 + 1_000 + 90 + 100);
  t.true(settings.soloMs > settings.takeoverLimitMs + 30_000 + 2_000 + 100);
});

test('written times that do not suffice for the real watchdog are refused with the relation', (t) => {
  const limited = someConfig({ timing: { takeoverLimit: '4s' } });
  t.notThrows(() => toCoreSettings(limited, 2_000, identity));
  t.throws(() => toCoreSettings(limited, 3_000, identity), { code: 'CONFIG_RELATION_TMAX' });
  const solo = someConfig({ timing: { solo: '9s' } });
  t.throws(() => toCoreSettings(solo, 4_000, identity), { code: 'CONFIG_RELATION_DSOLO' });
});

test('changedKeys names what differs, with the derived times that follow', (t) => {
  const before = someConfig();
  t.deepEqual(changedKeys(before, someConfig()), []);
  const after = someConfig({ log: { level: 'debug' }, watchdog: { timeout: '5s' } });
  t.deepEqual(changedKeys(before, after), [
    'timing.takeoverLimit',
    'timing.solo',
    'watchdog.timeout',
    'log.level',
  ]);
  t.deepEqual(keysThatNeedRestart(before, after), [
    'timing.takeoverLimit',
    'timing.solo',
    'watchdog.timeout',
  ]);
});

function withPassword(text: string) {
  return someConfig({ database: { settings: { 'x.password': text } } });
}

test('a changed password in a setting is seen although it is never shown', (t) => {
  t.deepEqual(changedKeys(withPassword('one'), withPassword('two')), ['database.settings']);
});

test('every reloadable key exists, and none of the heartbeat is among them', (t) => {
  const known = configKeys().map(({ path }) => path);
  for (const key of reloadable) t.true(known.includes(key), key);
  t.false(reloadable.some((key) => key.startsWith('heartbeat.')));
});
