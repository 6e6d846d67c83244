// The checks of services (G10): asked for in time, one at a time each, and what their results say.
import type { GuardianEvent } from './events.ts';
import { considerUp, fail } from './service.ts';
import type { CheckLife } from './state.ts';
import type { Service, Turn } from './turn.ts';
import { takeToken } from './turn.ts';
import { mustRest } from './wanted.ts';

/** While a service is started it is looked at this often, so that what waits for it does not wait for its usual interval. */
const startingIntervalMs = 200;

/** A service that has to end, and only waits for its turn, is not judged any more. */
export function isChecked(turn: Pick<Turn, 'state'>, service: Service): boolean {
  const { phase, started } = service.life;
  const runs = phase === 'up' || (phase === 'starting' && started);
  return runs && !mustRest(service, turn.state);
}

/** While a service is starting, a check that has passed is not asked again. */
export function isAskable({ life }: Service, check: CheckLife): boolean {
  return check.token === null && !(life.phase === 'starting' && check.passed);
}

export function runDueChecks(turn: Turn, service: Service): void {
  if (!isChecked(turn, service)) return;
  const { life, settings } = service;
  const { now } = turn.state;
  life.checks.forEach((check, index) => {
    const checkSettings = settings.checks[index];
    if (checkSettings === undefined || !isAskable(service, check) || now < check.nextAt) return;
    const { intervalMs, timeoutMs } = checkSettings;
    const pause = life.phase === 'starting' ? Math.min(startingIntervalMs, intervalMs) : intervalMs;
    const token = takeToken(turn);
    life.checks = life.checks.with(index, { ...check, token, nextAt: now + pause });
    turn.effects.push({ type: 'runCheck', service: life.name, token, check: index, timeoutMs });
  });
}

export function checkDone(turn: Turn, event: GuardianEvent & { readonly type: 'checkDone' }): void {
  const service = turn.byName.get(event.service);
  const check = service?.life.checks[event.check];
  if (service === undefined || check === undefined || check.token !== event.token) return;
  const { life } = service;
  const free = { ...check, token: null };
  life.checks = life.checks.with(event.check, free);
  // What was asked of an earlier run says nothing of this one.
  if (event.token < life.runToken || !isChecked(turn, service)) return;
  const passed = check.passed || event.ok;
  const failed = event.ok || life.phase !== 'up' ? 0 : check.failed + 1;
  life.checks = life.checks.with(event.check, { ...free, passed, failed, text: event.text });
  if (life.phase === 'starting') considerUp(turn, service);
  else if (failed >= (service.settings.checks[event.check]?.threshold ?? Infinity))
    // What hangs does not end when it is asked to.
    fail(turn, service, `check ${event.check + 1}: ${event.text}`, 'kill');
}
