// A guardian that begins takes over from the one before it: what runs goes on, and no failure, mark or hold is forgotten.
import type { FoundService, GuardianEvent, Remembered, Trouble } from './events.ts';
import { dayMs, noTrouble, pauseMs } from './trouble.ts';
import type { Service, Turn } from './turn.ts';

/** Comes once; a second one is passed over. */
export function guardianStarted(
  turn: Turn,
  event: GuardianEvent & { readonly type: 'guardianStarted' },
): void {
  const { state } = turn;
  if (state.begun) return;
  state.begun = true;
  state.hooksDone = event.hooksDone;
  if (event.remembered !== null) recall(turn, event.remembered);
  const found = new Map(event.found.map((one) => [one.service, one]));
  turn.services.forEach((service, index) => {
    const one = found.get(service.life.name);
    service.life.shownSince = state.now;
    if (one === undefined) service.life.phaseSince = state.now;
    else adopt(turn, service, one, index / turn.services.length);
  });
}

function recall(turn: Turn, { services, hooks }: Remembered): void {
  for (const { service: name, heldByOperator, restarts, trouble } of services) {
    const service = turn.byName.get(name);
    if (service === undefined) continue;
    const { life, settings } = service;
    life.heldByOperator = heldByOperator;
    life.restarts = restarts;
    life.trouble = sound(trouble, turn.state.now);
    life.startFollowsFailure = life.trouble.row > 0;
    const failedAt = life.trouble.failedAt.at(-1);
    // A guardian that is started again and again shortens no pause (G6).
    if (failedAt !== undefined && life.trouble.row > 0)
      life.notBefore = failedAt + pauseMs(life.trouble, settings.restart, turn.draw);
  }
  for (const { hook: name, trouble } of hooks) {
    const hook = turn.hooks.find(({ settings }) => settings.name === name);
    if (hook === undefined) continue;
    // What is no longer required marks nothing.
    hook.life.trouble = hook.settings.required ? sound(trouble, turn.state.now) : noTrouble;
  }
}

/** No mark and no failure of the future: nothing holds for more than a day. */
function sound(trouble: Trouble, now: number): Trouble {
  const { failedAt, unfitUntil } = trouble;
  return {
    ...trouble,
    failedAt: failedAt.filter((at) => at <= now),
    unfitUntil: unfitUntil === null ? null : Math.min(unfitUntil, now + dayMs),
  };
}

/** It is up until a check says otherwise; nothing is restarted (G7). */
function adopt(
  { state }: Turn,
  { life, settings }: Service,
  found: FoundService,
  part: number,
): void {
  life.phase = 'up';
  life.phaseSince = state.now;
  life.runToken = 0;
  life.started = true;
  life.outdated = !found.current;
  life.startFollowsFailure = false;
  // Spread over the interval, so that fifty services are not looked at in one moment for ever.
  life.checks = life.checks.map((check, index) => ({
    ...check,
    nextAt: state.now + (settings.checks[index]?.intervalMs ?? 0) * part,
  }));
}
