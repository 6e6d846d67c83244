// When the guardian has to be asked again although nothing happened.
import { isAskable, isChecked } from './checks.ts';
import { cancelGraceMs } from './hooks.ts';
import type { GuardianSettings } from './settings.ts';
import type { GuardianState } from './state.ts';
import { dayMs, isMarked } from './trouble.ts';
import type { Hook, Service } from './turn.ts';
import { pairs } from './turn.ts';
import { mayRun, mustRest } from './wanted.ts';

/**
 * When the next tick is needed at the latest, on the clock of the events; Infinity: not before something happens. Always later
 * than the last step, and a tick before it does nothing (G13).
 */
export function nextGuardianWakeAt(state: GuardianState, settings: GuardianSettings): number {
  const times = [
    ...pairs(settings.services, state.services).flatMap((service) => timesOf(state, service)),
    ...pairs(settings.hooks, state.hooks).flatMap(timesOfHook),
    ...state.orders.map(({ until }) => until),
  ];
  return times.reduce((next, at) => (at > state.now && at < next ? at : next), Infinity);
}

function timesOf(state: GuardianState, service: Service): readonly number[] {
  const { life } = service;
  const mark = life.trouble.unfitUntil ?? Infinity;
  if (life.phase === 'off') return [mayRun(service, state) ? life.notBefore : mark];
  if (life.phase === 'stopping') return [life.stuckAt];
  const ownTimes = life.phase === 'up' ? upTimes(service) : startTimes(state, service);
  return [...ownTimes, ...checkTimes(state, service)];
}

function startTimes(state: GuardianState, service: Service): readonly number[] {
  if (mustRest(service, state)) return [];
  return [service.life.phaseSince + service.settings.startDeadlineMs];
}

function upTimes({ life, settings }: Service): readonly number[] {
  const { row, quarantines } = life.trouble;
  const times: number[] = [];
  if (row > 0 || isMarked(life.trouble)) times.push(life.phaseSince + settings.restart.steadyMs);
  if (quarantines > 0) times.push(life.phaseSince + dayMs);
  return times;
}

function checkTimes(state: GuardianState, service: Service): readonly number[] {
  if (!isChecked({ state }, service)) return [];
  return service.life.checks
    .filter((check) => isAskable(service, check))
    .map(({ nextAt }) => nextAt);
}

function timesOfHook({ life }: Hook): readonly number[] {
  const times: number[] = [];
  if (life.cancelledAt !== null) times.push(life.cancelledAt + cancelGraceMs);
  if (life.progress === 'waiting') times.push(life.notBefore);
  else times.push(life.trouble.unfitUntil ?? Infinity);
  return times;
}
