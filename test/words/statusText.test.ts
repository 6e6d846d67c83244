// The status in plain words: each sentence that somebody in trouble relies on.
import test from 'ava';
import { eventText } from '../../src/cli/eventsCommand.ts';
import { localTime, roughly } from '../../src/words/localTime.ts';
import { headline, statusText } from '../../src/words/statusText.ts';
import { lossText } from '../../src/cli/takeoverCommand.ts';
import type { StatusJson } from '../../src/daemon/status.ts';
import type { PathStatus } from '../../src/daemon/status.ts';
import { aStatus } from './aStatus.ts';

test('the first line says role, paired or solo, and since when', (t) => {
  t.regex(
    headline(aStatus()),
    /^box-a is primary, paired since .* \(epoch 4\): every commit is on both boxes\.$/,
  );
  t.regex(
    headline(aStatus({ state: 'solo', mode: 'solo' })),
    /primary, solo since .*: commits are on this box only\./,
  );
  t.regex(
    headline(aStatus({ state: 'standby', role: 'standby', eligible: true })),
    /standby, .*: it can take over\./,
  );
  t.regex(
    headline(aStatus({ state: 'standby', role: 'standby' })),
    /standby \(epoch 4\): it cannot take over now\./,
  );
  t.regex(
    headline(aStatus({ state: 'starting', role: 'none' })),
    /serves nothing: it waits to know what it may do/,
  );
});

test('a box that waits says for what and why', (t) => {
  const text = statusText(
    aStatus({
      state: 'starting',
      role: 'none',
      waitingFor: 'the peer must be heard',
      reason: 'no peer',
    }),
  );
  t.regex(text, /waits for +the peer must be heard/);
  t.regex(text, /because +no peer/);
});

test('the last change of role is told with its reason', (t) => {
  const text = statusText(
    aStatus({
      lastRoleChange: {
        at: '2026-11-23T06:59:00.000Z',
        from: 'standby',
        to: 'primary',
        epoch: 4,
        reason: 'peerSilent',
        text: 'nothing was heard from the peer',
      },
    }),
  );
  t.regex(text, /last change +from standby to primary at .*: nothing was heard from the peer/);
});

test('a record that cannot be used is in the first line', (t) => {
  const recordProblem = { code: 'RECORD_CORRUPT', text: 'no copy is valid' };
  t.regex(
    headline(aStatus({ state: 'unpaired', role: 'none', recordProblem })),
    /serves nothing: its record cannot be used/,
  );
});

test('garbage, loops and repetitions are named with the path', (t) => {
  const path = {
    name: 'eth1',
    device: 'eth1',
    state: 'working',
    since: '2026-11-23T06:00:00.000Z',
    holdMs: 0,
    alarms: [],
    sent: 10,
    sendFailed: 0,
    received: 8,
    lost: 2,
    repeated: 3,
    looped: 4,
    foreign: 0,
    tooLong: 0,
    garbage: { truncated: 0, version: 0, foreignPair: 1, badKey: 1, malformed: 0 },
    lastReceived: '2026-11-23T07:00:00.000Z',
    jitterMs: 0.4,
  } as const;
  const text = statusText(aStatus({ paths: [path] }));
  t.regex(
    text,
    /heartbeat eth1 +eth1 works since .*, last .*, 8 received, 2 lost, jitter 0\.4 ms, 2 not readable, 4 of our own \(a loop in the cable\), 3 repeated/,
  );
});

test('a path that flaps, is silent or reaches nobody is shouted, with what it waits for', (t) => {
  const refused = { foreign: 0, tooLong: 0 };
  const figures = {
    sent: 1,
    sendFailed: 0,
    received: 0,
    lost: 0,
    repeated: 0,
    looped: 0,
    ...refused,
  };
  const garbage = { truncated: 0, version: 0, foreignPair: 0, badKey: 0, malformed: 0 };
  const never = { since: '2026-11-23T06:00:00.000Z', lastReceived: null, jitterMs: 0 };
  const path = { ...figures, ...never, garbage, device: '/dev/ttyS1', name: 'serial' } as const;
  const text = (changes: Partial<PathStatus>): string =>
    statusText(
      aStatus({ paths: [{ ...path, state: 'working', holdMs: 0, alarms: [], ...changes }] }),
    );
  t.regex(
    text({ state: 'silent' }),
    /heartbeat serial +\/dev\/ttyS1 SILENT since .*, nothing received yet/,
  );
  t.regex(
    text({ state: 'flapping', holdMs: 20_000 }),
    /FLAPPING since .*, believed again after 20 s of quiet/,
  );
  t.regex(text({ alarms: ['pathOneWay'] }), /does NOT reach the other box/);
  t.regex(text({ alarms: ['pathOnlySmall'] }), /passes SMALL datagrams only/);
});

test("the arbiter's assumptions are one line", (t) => {
  t.regex(statusText(aStatus()), /^ {2}arbiter +lan: evidence from the LAN; assumes .*$/m);
});

function etcdText(arbiterStatus: StatusJson['arbiterStatus']): string {
  return statusText(aStatus({ arbiter: 'etcd', arbiterStatus }));
}

test('an arbiter outside the pair has a second line on how it stands, and a third on what is wrong', (t) => {
  const state = 'answers for 4 s, last answer 1 s ago; revision 3, epoch 2 paired, of this box';
  const problem = { code: 'ETCD_TIMEOUT', text: 'nobody answered within 400 ms' };
  const well = etcdText({ type: 'etcd', state, problem: null });
  t.regex(well, /^ {2}arbiter +etcd: a ledger outside the pair .*\n {2} +answers for 4 s.*$/m);
  t.notRegex(well, /ETCD_/);
  t.regex(
    etcdText({ type: 'etcd', state, problem }),
    /this box\n {2} +ETCD_TIMEOUT: nobody answered/,
  );
});

test('what a forced takeover may lose is said in bytes of log and in time', (t) => {
  const peerStatus = aStatus().peerStatus;
  const text = lossText(
    aStatus({
      peerHeard: false,
      silentMs: 60_000,
      peerStatus: peerStatus === null ? null : { ...peerStatus, lsn: String(50333184 + 4096) },
    }),
  );
  t.regex(text, /last heard at .*, 60 s ago; what it acknowledged alone since then is lost/);
  t.regex(text, /its log ends at 0\/3000600\./);
  t.regex(text, /4096 bytes of log are not on this box/);
});

test('a box that never heard the other one says that the loss is unknown', (t) => {
  t.regex(
    lossText(aStatus({ lastContact: null, silentMs: null, peerStatus: null })),
    /never heard .* unknown/,
  );
});

test('times are shown in the zone of the box with its offset', (t) => {
  const utc = '2026-11-23T06:00:00.000Z';
  t.regex(localTime(utc), /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2} [+-]\d{2}:\d{2}$/);
  t.is(new Date(localTime(utc).replace(' ', 'T').replace(' ', '')).toISOString(), utc);
});

test('durations are said in the unit in which people think of them', (t) => {
  t.deepEqual([40, 12_000, 180_000, 18_000_000, 172_800_000].map(roughly), [
    '40 ms',
    '12 s',
    '3 min',
    '5 h',
    '2 days',
  ]);
});

test('an event is one line: time, what happened, sentence', (t) => {
  const event = {
    time: '2026-11-23T06:00:00.000Z',
    level: 'warning',
    event: 'alarmRaised',
    alarm: 'lanLost',
    text: 'the LAN is lost',
  };
  t.regex(eventText(event), /^\S+ \S+\.000 \S+ {2}ALARM lanLost: the LAN is lost\n$/);
  const transition = { ...event, event: 'transition', from: 'standby', to: 'takingOver', epoch: 2 };
  t.regex(eventText(transition), / {2}standby -> takingOver, epoch 2: the LAN is lost\n$/);
  const other = {
    time: event.time,
    level: 'error',
    event: 'boxReset',
    watchdog: true,
    text: 'why',
  };
  t.regex(eventText(other), / {2}error: boxReset watchdog=true why\n$/);
});

test('alarms are said with what can be done about them', (t) => {
  const text = statusText(aStatus({ alarms: ['unprotected', 'statePartition'] }));
  t.regex(
    text,
    /alarms +unprotected: commits are on this box only: bring the other box back\n +statePartition: /,
  );
});

test('a primary that is alone waits for the other box, and a standby says why it does not go on alone', (t) => {
  t.regex(statusText(aStatus({ state: 'solo', mode: 'solo' })), /waits for +the other box: /);
  const silent = aStatus({
    state: 'standby',
    role: 'standby',
    eligible: true,
    peerHeard: false,
    hindrance: 'addressAnswered',
  });
  t.regex(statusText(silent), /not alone yet +somebody answers for the service address/);
});

test('trouble of the heartbeat port, the state partition and the flight record has a line each', (t) => {
  const heartbeatProblem = { code: 'PORT_MISSING', text: 'there is no eth7' };
  const stateProblem = { code: 'STATE_FULL', text: 'there is no room left' };
  const flight = { lost: 3, problem: { code: 'FLIGHT_FULL', text: 'there is no room there' } };
  const text = statusText(aStatus({ heartbeatProblem, stateProblem, flight }));
  t.regex(text, /heartbeat +PORT_MISSING: there is no eth7\n/);
  t.regex(text, /state +STATE_FULL: there is no room left\n/);
  t.regex(text, /flight record +FLIGHT_FULL: there is no room there\n/);
  t.notRegex(statusText(aStatus()), /flight record/);
});

test('a preferred box that does not serve is told, with what becomes of it', (t) => {
  t.notRegex(statusText(aStatus()), /preferred/);
  const { peerStatus } = aStatus();
  if (peerStatus === null) throw new Error('the peer of this status was heard');
  const other = { ...peerStatus, preferred: true };
  t.regex(
    statusText(aStatus({ peerStatus: other, failback: 'manual' })),
    /the other box is preferred: hotpair switchover makes it primary when it suits/,
  );
  t.regex(
    statusText(aStatus({ peerStatus: other })),
    /the other box is preferred: it does not become primary by itself/,
  );
  t.regex(
    statusText(aStatus({ role: 'standby', preferred: true, failback: 1_800_000 })),
    /this box is preferred: it asks for the service when it was fit for 30 min/,
  );
  t.regex(
    statusText(aStatus({ preferred: true, peerStatus: other })),
    /both boxes have node\.preferred/,
  );
  t.notRegex(statusText(aStatus({ preferred: true })), /preferred/);
});
