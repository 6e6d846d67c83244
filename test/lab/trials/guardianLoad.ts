// A guardian with much to do beside an agent that has to be on time.

import { readFileSync, writeFileSync } from 'node:fs';
import { nowMs, pause, until } from '../clock.ts';
import type { Field } from '../field.ts';
import { latenessOf, startHeartbeatRecorder } from '../heartbeatLateness.ts';
import { statusOf } from '../hotpairCommand.ts';
import { boxProcesses } from '../insideBox.ts';
import { boxNames, paths, type BoxName } from '../layout.ts';
import { readAnew } from '../sip/telephonyStart.ts';
import { atMost, type Trial } from '../trial.ts';

const services = 50;
const crashing = 10;
const heartbeatIntervalMs = 50;
/** Nobody who hears a heartbeat within the dead interval suspects anything. */
const deadIntervalMs = 250;
/** What a service that runs sleeps for, by which it is known. */
const sleepWord = '86399';

export const guardianLoadTrials: readonly Trial[] = [
  {
    name: 'F01-guardian-load',
    title: '50 services on each box, of which 10 die again and again, for --minutes',
    expected: {
      text: 'heartbeats leave at most 20 ms late (p99.9), no false suspicion',
      roleChanges: [0],
      outageLimitMs: atMost(300),
      goals: { latenessMs: 20, suspicions: 0 },
      mayOverlap: false,
    },
    site: { sip: false },
    act: guardianLoad,
  },
];

async function guardianLoad(field: Field): Promise<void> {
  const before = new Map(boxNames.map((box) => [box, readFileSync(configurationOf(box), 'utf8')]));
  const recorder = startHeartbeatRecorder();
  try {
    field.noteFault(nowMs());
    for (const [box, text] of before) describe(box, `${text}${manyServices()}`);
    await until('the services that live', 30_000, () => boxNames.every(allRun), 100);
    await pause((field.options.minutes ?? 2) * 60_000);
    for (const box of boxNames) field.measure(`restarts-${box}`, await restarts(field, box));
    const lateness = Object.values(recorder.instants()).map((instants) =>
      latenessOf(instants, heartbeatIntervalMs),
    );
    field.measure('heartbeats', Math.min(...lateness.map(({ heartbeats }) => heartbeats)));
    field.measure('latenessMs', Math.max(...lateness.map(({ p999Ms }) => p999Ms)));
    field.measure('latestMs', Math.max(...lateness.map(({ latestMs }) => latestMs)));
    const late = lateness.filter(({ latestMs }) => latestMs + heartbeatIntervalMs > deadIntervalMs);
    field.measure('suspicions', late.length);
    if (boxNames.some((box) => !allRun(box))) field.object('a service that should live does not');
  } finally {
    await recorder.stop();
    for (const [box, text] of before) describe(box, text);
    await until('the end of the services', 30_000, () => boxNames.every(noneRuns), 100);
  }
}

function configurationOf(box: BoxName): string {
  return `${paths.etc(box)}/hotpair.yaml`;
}

function describe(box: BoxName, text: string): void {
  writeFileSync(configurationOf(box), text);
  readAnew(box);
}

/** Those that die do so about once a second for as long as the trial lasts. */
function manyServices(): string {
  const described = Array.from({ length: services }, (_unused, index) =>
    index < crashing
      ? `  dies-${index}:
    command: [/bin/false]
    required: false
    restart: { pause: 200ms, longestPause: 1s, limit: 100 }
`
      : `  lives-${index}:
    command: [/bin/sleep, "${sleepWord}"]
    required: false
    checks:
      - process: {}
        interval: 1s
`,
  );
  return `services:\n${described.join('')}`;
}

/** How often the services that die were started again. */
async function restarts(field: Field, box: BoxName): Promise<number> {
  const status = await statusOf(field.site.binary, box);
  const each = typeof status === 'string' ? [] : (status.guardian?.services ?? []);
  const counts = each.flatMap((service) => (service.restarts > 0 ? [service.restarts] : []));
  if (counts.length < crashing)
    field.object(`${counts.length} services of ${box} died, not ${crashing}`);
  return counts.reduce((sum, count) => sum + count, 0);
}

function running(box: BoxName): number {
  return boxProcesses(box).filter(({ command }) => command[1] === sleepWord).length;
}

function allRun(box: BoxName): boolean {
  return running(box) === services - crashing;
}

function noneRuns(box: BoxName): boolean {
  return running(box) === 0;
}
