// A telephone service that cannot be started: its box hands over once, and nothing wanders after that.

import { nowMs, pauseUntil } from '../clock.ts';
import { untilEvent, type Field } from '../field.ts';
import { hotpair, statusOf } from '../hotpairCommand.ts';
import { boxNames, type BoxName } from '../layout.ts';
import { isLeading } from '../sight.ts';
import { killMain, killService, mendKamailio, spoilKamailio } from '../sip/boxTelephony.ts';
import {
  startSipProbe,
  untilTelephoneAnswers,
  type RunningSipProbe,
} from '../sip/sipProbeProcess.ts';
import { atMost, type Trial } from '../trial.ts';

export const sipBrokenTrials: readonly Trial[] = [
  {
    name: 'F01-sip-service-loop',
    title: 'Kamailio dies at each start, first on the primary, then on both boxes; for --minutes',
    expected: {
      text: 'handed over once, within 5 s after the limit; broken on both: an alarm, no second change',
      roleChanges: [1],
      outageLimitMs: atMost(5000),
      goals: { handoverMs: 5000 },
      mayOverlap: false,
    },
    site: { sip: true },
    act: serviceLoop,
  },
  {
    name: 'F06-sip-maintenance-forgotten',
    title: 'a maintenance that nobody ends, and Kamailio that dies at each start in its course',
    expected: {
      text: 'the guardian goes on; handed over only when the maintenance has ended by itself, and then within 5 s',
      roleChanges: [1],
      outageLimitMs: atMost(5000),
      goals: { handoverMs: 5000 },
      mayOverlap: false,
    },
    site: { sip: true },
    act: maintenanceForgotten,
  },
];

/** What the guardian's own limit, and the hand-over after it, may take together before the trial gives up waiting. */
const givenUpWithinMs = 60_000;

async function serviceLoop(field: Field): Promise<void> {
  const { primary, standby, site: options } = field;
  const minutes = field.options.minutes ?? 10;
  await whileBroken(field, async (probe) => {
    spoilKamailio(primary);
    field.noteFault(killMain(primary, 'kamailio'));
    const givenUpMs = await untilGivenUp(field, primary);
    const answeredMs = await probe.untilAnswered(givenUpMs, 20_000);
    field.measure('handoverMs', answeredMs - givenUpMs);
    await field.observer.untilSeen(`${standby} leads`, 5000, (sight) => isLeading(sight, standby));
    spoilKamailio(standby);
    killMain(standby, 'kamailio');
    const brokenMs = await untilGivenUp(field, standby);
    await pauseUntil(brokenMs + minutes * 60_000);
    for (const box of boxNames) {
      const status = await statusOf(options.binary, box);
      const alarms = typeof status === 'string' ? [status] : status.alarms;
      if (!alarms.includes('servicesUnfit'))
        field.object(`${box} has no alarm: ${alarms.join(', ')}`);
    }
  });
}

const maintenanceMs = 25_000;

async function maintenanceForgotten(field: Field): Promise<void> {
  const { primary, standby, site: options } = field;
  await whileBroken(field, async (probe) => {
    const words = ['maintenance', 'on', '--for', `${maintenanceMs / 1000}s`];
    await hotpair(options.binary, primary, words, 10_000);
    const endMs = nowMs() + maintenanceMs;
    const killedMs = await killService(primary, 'kamailio');
    field.noteFault(killedMs);
    await probe.untilAnswered(nowMs(), 10_000);
    spoilKamailio(primary);
    killMain(primary, 'kamailio');
    const givenUpMs = await untilGivenUp(field, primary);
    if (givenUpMs > endMs - 2000) field.object('given up too late to show anything');
    await pauseUntil(endMs - 500);
    if (!isLeading(field.observer.report().sight, primary))
      field.object('handed over in the course of the maintenance');
    await field.observer.untilSeen(`${standby} leads`, 20_000, (sight) =>
      isLeading(sight, standby),
    );
    field.measure('handoverMs', (await probe.untilAnswered(endMs - 500, 20_000)) - endMs);
  });
}

/** Something is made of a Kamailio that cannot be started; afterwards everything is mended, and both boxes are fit again. */
async function whileBroken(
  { standby, primary, site: options }: Field,
  act: (probe: RunningSipProbe) => Promise<void>,
): Promise<void> {
  const probe = startSipProbe();
  try {
    await probe.untilAnswered(0, 30_000);
    await act(probe);
  } finally {
    for (const box of boxNames) mendKamailio(box);
    await probe.stop();
  }
  // First where it has to serve: the other box, once fit, would be given the service.
  for (const box of [standby, primary])
    await hotpair(options.binary, box, ['service', 'start', 'kamailio'], 10_000);
  await untilTelephoneAnswers(30_000);
}

async function untilGivenUp(field: Field, box: BoxName): Promise<number> {
  await untilEvent(
    field,
    box,
    'a service given up',
    givenUpWithinMs,
    ({ event }) => event === 'serviceGivenUp',
  );
  return nowMs();
}
