// The last part of a run: a healthy pair in calm meets one fault alone, and service must be back in time. Safety without
// this would be cheap: a pair that never takes over loses nothing.
import type { Box } from './box.ts';
import { crashDatabase } from './databaseFaults.ts';
import { canAcknowledge } from './invariants.ts';
import type { World } from './world.ts';

/** Probe and pair are tested and proved by then, and every port of a switch forwards. */
export function calmMs({ options: { linkUp } }: World): number {
  return 25_000 + 2 * (linkUp.linkMs + linkUp.listenMs);
}

/** A LAN that hides the boxes from each other, and a cable that loses whole rounds, are faults of their own. */
export function mayBeExamined({ options, services }: World): boolean {
  // A planned change at the very moment of the fault would make two things of one.
  if (services?.movesRoles === true) return false;
  // A promotion that fails more often than not keeps no promise of time.
  return !options.isolatedLan && options.heartbeatLoss < 0.01 && options.promotionFailure < 0.5;
}

const drawnExams = [
  'the primary loses its power',
  'the agent of the primary hangs',
  'the standby loses its power',
  'the agent of the standby hangs',
  'replication breaks and the disk of the standby too',
] as const;
export type ExamName =
  | (typeof drawnExams)[number]
  | 'the standby hears nothing more'
  | 'the box of the primary hangs, and is reset as Eth1 loses a frame'
  | 'the database of the standby ends and does not start';

export type Exam = {
  readonly name: ExamName;
  /** Whether service is back. */
  readonly isPassed: () => boolean;
  readonly end: () => void;
};

/** Begins this fault, which only stages ask for, or a drawn one, of the pair with this primary. */
export function beginExam(world: World, primary: Box, wanted?: ExamName): Exam {
  const standby = primary.peer;
  const off = (box: Box): void => {
    world.keptOff = box;
    box.powerOff();
  };
  const hang = (box: Box): void => {
    world.keptOff = box;
    box.agent?.stall(Infinity);
  };
  const blocked = [standby.disk.failing, world.cable.replicationBlocked];
  const oneWay = world.cable.deafTo[primary.side];
  const faults: Readonly<Record<ExamName, () => void>> = {
    'the primary loses its power': () => off(primary),
    'the agent of the primary hangs': () => hang(primary),
    'the standby loses its power': () => off(standby),
    'the agent of the standby hangs': () => hang(standby),
    'replication breaks and the disk of the standby too': () => {
      for (const counter of blocked) counter.begin();
      world.linksChanged();
    },
    'the standby hears nothing more': () => {
      oneWay.begin();
      world.linksChanged();
    },
    'the box of the primary hangs, and is reset as Eth1 loses a frame': () => {
      hang(primary);
      resetAfterLoss(world, primary);
    },
    'the database of the standby ends and does not start': () => {
      standby.databaseHangs.begin();
      crashDatabase(world, standby);
    },
  };
  const name = wanted ?? world.random.pick(drawnExams);
  world.trace('-', `one fault in calm: ${name}`);
  faults[name]();
  const begun = [...blocked, oneWay, standby.databaseHangs].filter((counter) => counter.active);
  return {
    name,
    isPassed: () => {
      const waitsForReset = world.keptOff !== null && world.keptOff.powered;
      return !waitsForReset && world.boxes.some((box) => serves(world, box));
    },
    end: () => {
      const { keptOff, random } = world;
      world.keptOff = null;
      if (keptOff !== null) world.mayPowerOn(keptOff, random.between(1000, 5000));
      for (const counter of begun) counter.end();
      if (!standby.databaseHangs.active) standby.database.hung = false;
      world.linksChanged();
    },
  };
}

/** Within one round of the standby: its question on the LAN was answered, and the one on Eth1 was lost. */
function resetAfterLoss({ cable, queue, random, options }: World, box: Box): void {
  const { deadIntervalMs, probeRoundMs, probes } = options.settings;
  queue.after(deadIntervalMs * random.between(1.5, 3), () => {
    cable.silent.begin();
    queue.after((probeRoundMs / probes) * random.between(0.3, 1), () => {
      box.powerOff();
      cable.silent.end();
    });
  });
}

/** The time of a wait for a dead standby or a hung primary, and of promotions that fail and are tried again. */
export function examWithinMs({ options: { settings, linkUp } }: World): number {
  const { soloMs, watchdogMs } = settings;
  return soloMs + watchdogMs + 20_000 + 2 * (linkUp.linkMs + linkUp.listenMs);
}

/** A telephone on the LAN reaches it, and its writes are acknowledged. */
function serves(world: World, box: Box): boolean {
  return box.addressOn && world.lan.forwards(box.side) && canAcknowledge(world, box);
}
