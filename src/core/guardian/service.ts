// The life of a service: started, up, stopped, and what a failure of it leads to.
import type { GuardianEvent, Trouble } from './events.ts';
import { failOrders } from './orderAnswers.ts';
import { idleCheck } from './state.ts';
import type { ServicePhase } from './state.ts';
import { failedAgain, isMarked, marked, pauseMs } from './trouble.ts';
import type { Service, Turn } from './turn.ts';
import { report, takeToken } from './turn.ts';
import { isRunning, mustRest } from './wanted.ts';

type Told<T extends GuardianEvent['type']> = GuardianEvent & { readonly type: T };

/** What is killed has this long to be gone, what is asked to stop its deadline and this. */
export const stuckGraceMs = 10_000;

function enter(turn: Turn, { life }: Service, phase: ServicePhase): void {
  life.phase = phase;
  life.phaseSince = turn.state.now;
  if (phase === 'up') return;
  life.outdated = false;
  // A check that is being run is waited for: there is one at a time, also across two runs of the service (G10).
  life.checks = life.checks.map(({ token }) => ({ ...idleCheck, token }));
}

/** Only for a service that is off (G1). */
export function start(turn: Turn, service: Service): void {
  const { life } = service;
  if (life.phase !== 'off') throw new Error(`G1: ${life.name} would be started while it is there`);
  enter(turn, service, 'starting');
  life.started = false;
  life.runToken = takeToken(turn);
  turn.effects.push({ type: 'startService', service: life.name, token: life.runToken });
  if (!life.startFollowsFailure) return;
  life.startFollowsFailure = false;
  life.restarts += 1;
  if (!isMarked(life.trouble))
    report(turn, life.name, 'info', 'serviceRestarts', 'started again after a failure');
}

/** Only for a service that runs (G1); what is under way of it is answered before the stop is. */
export function askToStop(turn: Turn, service: Service, kill: boolean): void {
  const { life, settings } = service;
  enter(turn, service, 'stopping');
  life.stopToken = takeToken(turn);
  const deadlineMs = kill ? 0 : settings.stopDeadlineMs;
  life.stuckAt = turn.state.now + deadlineMs + stuckGraceMs;
  turn.effects.push({
    type: 'stopService',
    service: life.name,
    token: life.stopToken,
    kill,
    deadlineMs,
  });
}

export function considerUp(turn: Turn, service: Service): void {
  const { life } = service;
  if (life.phase !== 'starting' || !life.started) return;
  if (!life.checks.every(({ passed }) => passed)) return;
  enter(turn, service, 'up');
  if (!isMarked(life.trouble)) report(turn, life.name, 'info', 'serviceUp', 'up');
}

/** Counted, and tried again after a pause. `left`: what is to be done about what may still be there of it. */
export function fail(
  turn: Turn,
  service: Service,
  text: string,
  left: 'nothing' | 'kill' | 'stop',
): void {
  const { life } = service;
  const before = life.trouble;
  countFailure(turn, service, failedAgain(before, service.settings.restart, turn.state.now, text));
  if (left === 'nothing') enter(turn, service, 'off');
  else askToStop(turn, service, left === 'kill');
  // What fails again while it is marked is no news: the mark says that it is tried again and again.
  if (isMarked(life.trouble)) reportMark(turn, service, isMarked(before));
  else report(turn, life.name, 'warning', 'serviceFailed', text);
  failOrders(turn, life.name, text);
}

function countFailure({ state, draw }: Turn, { life, settings }: Service, trouble: Trouble): void {
  life.trouble = trouble;
  life.notBefore = state.now + pauseMs(trouble, settings.restart, draw);
  life.startFollowsFailure = true;
}

function reportMark(turn: Turn, { life }: Service, isOld: boolean): void {
  if (isOld) return;
  const text = life.trouble.problem ?? '';
  report(turn, life.name, 'error', 'serviceGivenUp', `has failed on this box: ${text}`);
}

export function serviceStarted(turn: Turn, event: Told<'serviceStarted'>): void {
  const service = turn.byName.get(event.service);
  if (service?.life.phase !== 'starting' || service.life.runToken !== event.token) return;
  const { life } = service;
  life.started = true;
  life.checks = life.checks.map((check) => ({ ...check, nextAt: turn.state.now }));
  considerUp(turn, service);
}

export function serviceNotStarted(turn: Turn, event: Told<'serviceNotStarted'>): void {
  const service = turn.byName.get(event.service);
  if (service?.life.phase !== 'starting' || service.life.runToken !== event.token) return;
  if (mustRest(service, turn.state)) endAsWanted(turn, service);
  else fail(turn, service, `not started: ${event.text}`, 'nothing');
}

export function serviceExited(turn: Turn, event: Told<'serviceExited'>): void {
  const service = turn.byName.get(event.service);
  if (service === undefined || !isRunning(service.life)) return;
  if (service.life.runToken !== event.token) return;
  if (mustRest(service, turn.state)) endAsWanted(turn, service);
  else fail(turn, service, event.text, 'nothing');
}

export function limitExceeded(turn: Turn, event: Told<'limitExceeded'>): void {
  const service = turn.byName.get(event.service);
  if (service === undefined || !isRunning(service.life)) return;
  if (service.life.runToken !== event.token || mustRest(service, turn.state)) return;
  // It works, so that it can end in order.
  fail(turn, service, event.text, 'stop');
}

export function serviceStopped(turn: Turn, event: Told<'serviceStopped'>): void {
  const service = turn.byName.get(event.service);
  if (service?.life.phase !== 'stopping' || service.life.stopToken !== event.token) return;
  service.life.stuck = false;
  endAsWanted(turn, service);
}

function endAsWanted(turn: Turn, service: Service): void {
  enter(turn, service, 'off');
  if (mustRest(service, turn.state))
    report(turn, service.life.name, 'info', 'serviceStopped', 'stopped');
}

/** What nothing can end makes the box unfit at once: neither can it be started here again, nor is it known what it does (G12). */
export function noteStuck(turn: Turn, service: Service): void {
  const { life, settings } = service;
  const { now } = turn.state;
  const text = 'cannot be stopped: something of it is still there after it was killed';
  const before = life.trouble;
  life.stuck = true;
  const failed = failedAgain(before, settings.restart, now, text);
  countFailure(turn, service, marked(failed, settings.restart, now));
  reportMark(turn, service, isMarked(before));
  failOrders(turn, life.name, text);
}
