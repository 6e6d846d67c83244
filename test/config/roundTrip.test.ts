// What is written, read and written again stays the same, for many drawn values.
import test from 'ava';
import { Document } from 'yaml';
import { changedKeys } from '../../src/config/reload.ts';
import { effectiveValues } from '../../src/config/effective.ts';
import { formatDuration, parseDuration } from '../../src/config/duration.ts';
import { formatInterfaceAddress, parseInterfaceAddress } from '../../src/config/address.ts';
import { parseConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/config.ts';
import { someConfig } from './configText.ts';

/** Small, and the same on every run: a failure can be looked at again. */
function drawer(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

/** The file that says every effective value explicitly. */
function writtenOut(config: Config): string {
  const document = new Document({});
  for (const { key, value } of effectiveValues(config)) {
    if (value !== null) document.setIn(key.split('.'), value);
  }
  return document.toString();
}

test('a duration that was formatted is read back as the same milliseconds', (t) => {
  const draw = drawer(1);
  for (let round = 0; round < 2_000; round += 1) {
    const ms = draw(10) < 5 ? draw(100_000) : draw(10_000) * 60_000;
    t.is(parseDuration(formatDuration(ms)), ms);
  }
});

test('only whole numbers with one unit are durations', (t) => {
  for (const text of [
    '',
    '5',
    'ms',
    '5 s',
    '-5s',
    '+5s',
    '05s',
    '1.5s',
    '5S',
    '5s ',
    '1h30m',
    '5sec',
  ]) {
    t.is(parseDuration(text), undefined, text);
  }
});

test('an address that was formatted is read back as the same address', (t) => {
  const draw = drawer(2);
  for (let round = 0; round < 500; round += 1) {
    const groups = Array.from({ length: 8 }, () => (draw(3) === 0 ? 0 : draw(65_536)).toString(16));
    const text = `${groups.join(':')}/${1 + draw(128)}`;
    const address = parseInterfaceAddress(text);
    t.truthy(address, text);
    if (address === undefined) continue;
    t.deepEqual(parseInterfaceAddress(formatInterfaceAddress(address)), address);
  }
});

test('a configuration written out in full is read back as the same effective values', (t) => {
  const draw = drawer(3);
  for (let round = 0; round < 100; round += 1) {
    const config = someConfig({
      heartbeat: { interval: `${10 + draw(40)}ms`, udpPort: 1 + draw(65_535) },
      timing: {
        margin: `${10 + draw(190)}ms`,
        probes: 2 + draw(8),
        promotionDeadline: `${1 + draw(9)}s`,
      },
      watchdog: { timeout: `${1 + draw(59)}s`, policy: ['automatic', 'required'][draw(2)] },
      database: { cloneRate: `${32 + draw(10_000)}kB`, settings: { max_connections: draw(500) } },
      service: {
        standbyPort: ['unaddressed', 'down'][draw(2)],
        linkUpDeadline: `${1 + draw(30)}s`,
      },
    });
    const again = parseConfig(writtenOut(config));
    if ('config' in again) t.deepEqual(changedKeys(config, again.config), []);
    else t.fail(JSON.stringify(again.complaints));
  }
});

test('the derived times always satisfy their relations, for any drawn inputs', (t) => {
  const draw = drawer(4);
  for (let round = 0; round < 200; round += 1) {
    const config = someConfig({
      heartbeat: {
        port: 'eth1',
        address: '169.254.69.1/30',
        peer: '169.254.69.2',
        deadInterval: '500ms',
      },
      timing: {
        margin: `${10 + draw(500)}ms`,
        probeRound: `${30 + draw(200)}ms`,
        soloFast: '5s',
        promotionDeadline: `${200 + draw(60_000)}ms`,
      },
      watchdog: { timeout: `${1 + draw(60)}s` },
    });
    const { timing, watchdog } = config;
    t.true(
      timing.takeoverLimitMs > watchdog.timeoutMs + 1_000 + timing.probeRoundMs + timing.marginMs,
    );
    t.true(
      timing.soloMs >
        timing.takeoverLimitMs + watchdog.timeoutMs + timing.promotionDeadlineMs + timing.marginMs,
    );
  }
});
