// What people read of the hardware: the watchdog with what differs from the usual, the last reset, the ports.
import test from 'ava';
import { portRows, resetText, watchdogText } from '../../src/words/hardwareText.ts';
import { resetReasons } from '../../src/protocol/watchdogFlags.ts';
import { aStatus } from './aStatus.ts';

const { watchdog } = aStatus();

test('a watchdog as it should be is one short sentence', (t) => {
  t.is(watchdogText({ watchdog }), 'i6300esb, resets a hung box after 2 s');
});

test('a timeout that the driver rounds, a pretimeout and nowayout are told', (t) => {
  const text = watchdogText({
    watchdog: {
      ...watchdog,
      effectiveMs: 3_000,
      wantedMs: 2_500,
      pretimeoutMs: 1_000,
      noWayOut: true,
    },
  });
  t.is(
    text,
    'i6300esb, resets a hung box after 3 s, 3 s were asked for, the kernel acts 1 s before that, cannot be disarmed (nowayout): an agent that is stopped must be back by then',
  );
});

test('the flags of a reset are told, the watchdog first; unknown ones are not', (t) => {
  t.deepEqual(resetReasons(0x20), ['watchdog']);
  t.deepEqual(resetReasons(0x31 | 0x8000), ['watchdog', 'overheated', 'powerTooLow']);
  t.is(
    resetText({ watchdog: { ...watchdog, lastReset: resetReasons(0x21) } }),
    '; the hardware says: the watchdog reset the box, the processor was too hot',
  );
  t.is(resetText({ watchdog: { ...watchdog, lastReset: null } }), '');
});

test('a port is told with speed, duplex and address; what is wrong is loud', (t) => {
  const port = {
    use: 'service',
    device: 'eth0',
    present: true,
    mac: '02:00:00:00:00:01',
    speedMbit: 1000,
    duplex: 'full',
    carrier: true,
    carrierChanges: 2,
    changesInLastHour: 1,
  } as const;
  const text = (change: object): string =>
    portRows({ ports: [{ ...port, ...change }] })[0]?.[1] ?? '';
  t.is(text({}), 'eth0 (service) 1000 Mbit/s full duplex, 02:00:00:00:00:01');
  t.is(
    text({ carrier: null, speedMbit: null, duplex: null }),
    'eth0 (service) down, 02:00:00:00:00:01',
  );
  t.regex(text({ duplex: 'half' }), /HALF duplex/);
  t.regex(text({ changesInLastHour: 12 }), /CHANGED 12 times in the last hour/);
  t.deepEqual(portRows({ ports: [{ ...port, present: false }] }), []);
});
