// Services with a script of the init system, which is a real one of a test, and units of systemd. This suite runs where there
// is no systemd: a stand-in for systemctl, found by its PATH, manages real processes and notes what it was asked.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { until } from '../../daemon/until.ts';
import { aPlace, aService, left, lives, someHands } from './someServices.ts';
import type { Place } from './someServices.ts';

/** A daemon that leaves the script's session and clears its environment, known by a pid file alone. */
function aDaemonScript(place: Place, body = ''): string {
  return place.put(
    'pbx.init',
    `#!/bin/sh
cd ${place.folder}
echo "$1" >>calls
${body}
case $1 in
  start) echo starting; setsid env -i sh -c 'trap "echo trapped; exit 0" TERM; echo $$ >pid; while :; do sleep 0.05; done' & ;;
  stop) kill "$(cat pid)"; while grep -q "^State:.[^Z]" "/proc/$(cat pid)/status"; do sleep 0.02; done; rm pid ;;
  status) [ -e pid ] && grep -q "^State:.[^Z]" "/proc/$(cat pid)/status" && exit 0; exit 3 ;;
esac
`,
  );
}

function sysv(place: Place, script: string, pidFile: string | null = join(place.folder, 'pid')) {
  return aService({ program: { type: 'sysv', script, pidFile }, startDeadlineMs: 1_000 });
}

test('sysv: its daemon is known by the pid file, its output is in the log, and the script stops it', async (t) => {
  const place = aPlace(t);
  const hands = someHands(t, place, [sysv(place, aDaemonScript(place))]);
  const pid = await hands.run();
  t.is(String(pid), place.read('pid'));
  hands.stop('pbx', 2, false, 5_000);
  await hands.next('serviceStopped');
  t.false(lives(pid));
  t.is(place.read('calls'), 'start\nstop');
  t.regex(place.log(), /^starting\ntrapped/);
});

test('sysv: the end of the daemon is told at once, and the script tidies up', async (t) => {
  const place = aPlace(t);
  const hands = someHands(t, place, [sysv(place, aDaemonScript(place))]);
  const pid = await hands.run();
  process.kill(pid, 'SIGKILL');
  const begun = performance.now();
  t.like(await hands.next('serviceExited'), { token: 1_001 });
  t.true(performance.now() - begun < 1_500);
  t.is(place.read('calls'), 'start\nstop');
  t.is(place.read('pid'), '');
});

test('sysv: a daemon without a pid file is asked for by status', async (t) => {
  const place = aPlace(t);
  const hands = someHands(t, place, [sysv(place, aDaemonScript(place), null)]);
  hands.start('pbx', 1);
  await hands.next('serviceStarted');
  await until('the daemon runs', () => place.read('pid') !== '');
  const pid = Number(place.read('pid'));
  t.deepEqual(left(place).length, 1);
  process.kill(pid, 'SIGKILL');
  t.regex((await hands.next('serviceExited')).text, /^it is no longer there/);
});

test('sysv: a script that fails, hangs, or starts nothing is a start that failed', async (t) => {
  const place = aPlace(t);
  const sentences: string[] = [];
  for (const body of ['echo "no licence"; exit 6', 'sleep 600', 'exit 0']) {
    const hands = someHands(t, place, [sysv(place, aDaemonScript(place, body))]);
    hands.start('pbx', 1);
    sentences.push((await hands.next('serviceNotStarted')).text);
    hands.close();
  }
  const script = join(place.folder, 'pbx.init');
  t.deepEqual(sentences, [
    `${script} start ended with status 6`,
    `${script} start did not end within 1000 ms`,
    `${join(place.folder, 'pid')} names no process that runs`,
  ]);
});

test('sysv: one that does not stop is killed at the deadline; a start under way is given up for a stop', async (t) => {
  const place = aPlace(t);
  const deaf = aDaemonScript(place, '[ "$1" != stop ] || exit 1');
  const hands = someHands(t, place, [sysv(place, deaf)]);
  const pid = await hands.run();
  hands.stop('pbx', 2, false, 300);
  await hands.next('serviceStopped');
  t.false(lives(pid));
  hands.close();
  const slow = aDaemonScript(place, '[ "$1" != start ] || sleep 600');
  const others = someHands(t, place, [sysv(place, slow)]);
  others.start('pbx', 5);
  others.stop('pbx', 6, false, 5_000);
  await others.next('serviceStopped');
  t.like(others.events[0], { type: 'serviceNotStarted', token: 5 });
});

test('sysv: one that was started by somebody else is found', async (t) => {
  const place = aPlace(t);
  const script = aDaemonScript(place);
  const before = someHands(t, place, [sysv(place, script)]);
  const pid = await before.run();
  before.close();
  rmSync(join(place.folder, 'services.json'));
  const hands = someHands(t, place, [sysv(place, script)]);
  t.deepEqual(await hands.begin(left(place)), [{ service: 'pbx', current: true }]);
  t.is(hands.main('pbx')?.pid, pid);
  hands.stop('pbx', 1, true, 0);
  await hands.next('serviceStopped');
  t.false(lives(pid));
});

/** `main` is the pid of the unit's process; a unit whose process has gone is failed, as systemd has it. */
const systemctl = `#!/bin/sh
cd "$(dirname "$0")"
echo "$*" >>calls
main=$(cat main 2>/dev/null)
case "$1" in
  start) [ ! -e refuse ] || { echo "Unit pbx.service not found." >&2; exit 5; }
    setsid env -i sleep 600 >/dev/null 2>&1 & echo $! >main
    until [ "$(cut -d' ' -f6 /proc/$!/stat)" = $! ]; do sleep 0.01; done ;;
  stop) [ -z "$main" ] || kill "$main"; rm -f main ;;
  kill) [ -z "$main" ] || kill -9 "$main" ;;
  show) if [ -n "$main" ] && kill -0 "$main"; then
      printf 'MainPID=%s\\nActiveState=active\\nSubState=running\\n' "$main"
    else printf 'MainPID=0\\nActiveState=failed\\nSubState=failed\\n'; fi ;;
esac
`;

function aUnit(place: Place) {
  place.put('systemctl', systemctl);
  return {
    descriptions: [aService({ program: { type: 'systemd', unit: 'pbx.service' } })],
    path: `${place.folder}:/usr/bin:/bin`,
  };
}

test('systemd: a unit is started, its main process is known, and systemctl stops it', async (t) => {
  const place = aPlace(t);
  const { descriptions, path } = aUnit(place);
  const hands = someHands(t, place, descriptions, path);
  const pid = await hands.run();
  t.is(String(pid), place.read('main'));
  hands.stop('pbx', 2, false, 5_000);
  await hands.next('serviceStopped');
  t.false(lives(pid));
  t.deepEqual(place.read('calls').split('\n'), [
    'start pbx.service',
    'show -p MainPID,ActiveState,SubState pbx.service',
    'stop pbx.service',
  ]);
});

test('systemd: the end of the main process is told, and the unit is stopped, lest systemd start it too', async (t) => {
  const place = aPlace(t);
  const { descriptions, path } = aUnit(place);
  const hands = someHands(t, place, descriptions, path);
  const pid = await hands.run();
  process.kill(pid, 'SIGKILL');
  t.like(await hands.next('serviceExited'), { text: `process ${pid} has ended` });
  t.deepEqual(place.read('calls').split('\n').slice(2), [
    'kill --signal=SIGKILL pbx.service',
    'stop pbx.service',
  ]);
});

test('systemd: it is root who orders the unit about, whatever user is written', async (t) => {
  const place = aPlace(t);
  const { descriptions, path } = aUnit(place);
  const ofSomebody = descriptions.map((each) => ({ ...each, user: 'nobody' }));
  const hands = someHands(t, place, ofSomebody, path);
  hands.start('pbx', 1);
  t.is((await hands.next('serviceStarted')).token, 1);
});

test('systemd: a refused start is told in its words; without systemctl too', async (t) => {
  const place = aPlace(t);
  const { descriptions, path } = aUnit(place);
  place.put('refuse', '');
  const hands = someHands(t, place, descriptions, path);
  hands.start('pbx', 1);
  const sentence = 'systemctl start pbx.service ended with status 5: Unit pbx.service not found.';
  t.is((await hands.next('serviceNotStarted')).text, sentence);
  const without = someHands(t, place, descriptions, '/nowhere');
  without.start('pbx', 1);
  t.is((await without.next('serviceNotStarted')).text, 'systemctl is not there');
});

test('systemd: a unit that runs is found, one that does not is not', async (t) => {
  const place = aPlace(t);
  const { descriptions, path } = aUnit(place);
  const before = someHands(t, place, descriptions, path);
  t.deepEqual(await before.begin([]), []);
  const pid = await before.run();
  before.close();
  const hands = someHands(t, place, descriptions, path);
  t.deepEqual(await hands.begin(left(place)), [{ service: 'pbx', current: true }]);
  hands.stop('pbx', 2, true, 0);
  await hands.next('serviceStopped');
  t.false(lives(pid));
});
