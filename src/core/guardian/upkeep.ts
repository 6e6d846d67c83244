// What every step does for each service, whatever happened: deadlines, marks, then who has to end and who may begin.
import { askToStop, fail, noteStuck, start } from './service.ts';
import { dayMs, fitAgain, isMarked } from './trouble.ts';
import type { Service, Turn } from './turn.ts';
import { report } from './turn.ts';
import { isRunning, mayRun, mustRest, neededByEnding, startWaitsFor } from './wanted.ts';

export function keepTime(turn: Turn, service: Service): void {
  const { life, settings } = service;
  const { now } = turn.state;
  // Compared as `nextGuardianWakeAt` adds: a difference may round to less than the deadline that was woken for.
  if (life.phase === 'starting') {
    const isLate = now >= life.phaseSince + settings.startDeadlineMs;
    if (isLate && !mustRest(service, turn.state)) fail(turn, service, lateText(service), 'kill');
  } else if (life.phase === 'stopping') {
    if (!life.stuck && now >= life.stuckAt) noteStuck(turn, service);
  } else if (life.phase === 'up') {
    noteSteadyRun(turn, service);
  } else expireMark(turn, service);
}

function lateText({ life }: Service): string {
  const text = 'was not up within its start deadline';
  const index = life.checks.findIndex(({ passed }) => !passed);
  const why = life.checks[index]?.text ?? '';
  return why === '' ? text : `${text}: check ${index + 1}: ${why}`;
}

/** Also looked at before an event is taken in: a run that was steady when it ended was a steady one. */
export function noteSteadyRun(turn: Turn, service: Service): void {
  const { life, settings } = service;
  if (life.phase !== 'up') return;
  if (turn.state.now >= life.phaseSince + settings.restart.steadyMs) endRow(turn, service);
  if (turn.state.now >= life.phaseSince + dayMs) life.trouble = withoutQuarantines(service);
}

/** A steady run proves that it works here. Failures further back count only within the window. */
function endRow(turn: Turn, service: Service): void {
  const { life } = service;
  if (isMarked(life.trouble)) endMark(turn, service, 'it runs steadily again');
  else if (life.trouble.row > 0) life.trouble = { ...life.trouble, row: 0 };
}

function withoutQuarantines({ life }: Service): Service['life']['trouble'] {
  return life.trouble.quarantines === 0 ? life.trouble : { ...life.trouble, quarantines: 0 };
}

/** Time alone ends a mark only where the service is not being tried: where it is, it is known to be broken (G5). */
function expireMark(turn: Turn, service: Service): void {
  const { unfitUntil } = service.life.trouble;
  if (unfitUntil === null || turn.state.now < unfitUntil || mayRun(service, turn.state)) return;
  endMark(turn, service, 'its quarantine is over');
}

function endMark(turn: Turn, { life }: Service, text: string): void {
  life.trouble = fitAgain(life.trouble);
  report(turn, life.name, 'info', 'serviceFitAgain', text);
}

/** Dependents first (G3): what is needed by something that ends waits for it. */
export function endServices(turn: Turn): void {
  const ending = turn.services.filter(
    (service) => isRunning(service.life) && mustRest(service, turn.state),
  );
  const needed = ending.length === 0 ? new Set<string>() : neededByEnding(turn);
  for (const service of ending) if (!needed.has(service.life.name)) askToStop(turn, service, false);
}

/** Once it is known that it is to run here, so that it is not away for longer than its new start takes. */
export function renewOutdated(turn: Turn): void {
  for (const service of turn.services)
    if (isRunning(service.life) && service.life.outdated && mayRun(service, turn.state))
      askToStop(turn, service, false);
}

/** Whatever may begin begins in the step in which nothing is in its way any more (G14). */
export function beginServices(turn: Turn): void {
  for (const service of turn.services) {
    const { phase, notBefore } = service.life;
    if (phase !== 'off' || turn.state.now < notBefore || !mayRun(service, turn.state)) continue;
    if (startWaitsFor(turn, service) === null) start(turn, service);
  }
}
