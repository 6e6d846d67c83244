// Hooks: run in order at each change of role, at least once, until they are done or the role is over.
import type { GuardianEvent } from './events.ts';
import { failedAgain, fitAgain, hookRestart, isMarked, noTrouble, pauseMs } from './trouble.ts';
import type { Hook, Turn } from './turn.ts';
import { report, takeToken } from './turn.ts';
import { isThere } from './wanted.ts';

/** Hooks of a new role wait this long for those of the old one to be gone; an unkillable one holds up nothing but itself. */
export const cancelGraceMs = 1000;

/** A new role, or a new epoch of the same one, which hooks are not run for again (G8). */
export function roleChanged(
  turn: Turn,
  { role, epoch }: GuardianEvent & { readonly type: 'roleChanged' },
): void {
  const { state } = turn;
  const known = state.hooksDone;
  const isSameRole = state.role === role;
  if (isSameRole && state.epoch === epoch) return;
  state.role = role;
  state.epoch = epoch;
  state.hooksDone = null;
  if (!isSameRole) {
    const goesOn = known?.role === role && known.epoch === epoch;
    cancelHooks(turn);
    for (const hook of turn.hooks) beginRole(turn, hook, goesOn ? known.done : []);
  }
  remember(turn);
}

function beginRole({ state }: Turn, { settings, life }: Hook, done: readonly string[]): void {
  const isOfRole = state.role !== null && settings.on.includes(state.role);
  const first = done.includes(settings.name) ? 'done' : 'waiting';
  life.progress = isOfRole ? first : 'idle';
  life.failed = false;
  life.text = '';
  life.notBefore = state.now;
}

/** Killed; they are waited for in `mayBegin`. */
export function cancelHooks(turn: Turn): void {
  for (const { settings, life } of turn.hooks) {
    if (life.token === null || life.cancelledAt !== null) continue;
    life.cancelledAt = turn.state.now;
    turn.hookEffects.push({ type: 'cancelHook', hook: settings.name, token: life.token });
  }
}

function remember({ state, hooks, hookEffects }: Turn): void {
  if (state.role === null || hooks.length === 0) return;
  const done = hooks.filter(({ life }) => life.progress === 'done');
  hookEffects.push({
    type: 'rememberHooks',
    role: state.role,
    epoch: state.epoch,
    done: done.map(({ settings }) => settings.name),
  });
}

export function beginHooks(turn: Turn): void {
  if (turn.state.role === null || turn.state.shuttingDown || !servicesAreQuiet(turn)) return;
  turn.hooks.forEach((hook, index) => {
    if (mayBegin(turn, hook, turn.hooks.slice(0, index))) run(turn, hook);
  });
}

/** Where this box does not serve, the services of the primary end before hooks are run (G8). */
function servicesAreQuiet({ state, services }: Turn): boolean {
  if (state.role === 'primary') return true;
  return !services.some(({ settings, life }) => settings.runs === 'primary' && isThere(life));
}

function mayBegin(turn: Turn, hook: Hook, before: readonly Hook[]): boolean {
  const { settings, life } = hook;
  const { now } = turn.state;
  if (life.progress !== 'waiting' || life.token !== null || now < life.notBefore) return false;
  if (turn.hooks.some((other) => isDying(other, now))) return false;
  // A required hook waits for no optional one (G9).
  return before.every(
    (other) => (settings.required && !other.settings.required) || other.life.progress !== 'waiting',
  );
}

function isDying({ life }: Hook, now: number): boolean {
  return life.cancelledAt !== null && now < life.cancelledAt + cancelGraceMs;
}

function run(turn: Turn, { settings, life }: Hook): void {
  const { role, epoch } = turn.state;
  if (role === null) return;
  const token = takeToken(turn);
  const { name, deadlineMs } = settings;
  life.token = token;
  turn.hookEffects.push({ type: 'runHook', hook: name, token, role, epoch, deadlineMs });
}

export function hookDone(turn: Turn, event: GuardianEvent & { readonly type: 'hookDone' }): void {
  const hook = turn.hooks.find(({ settings }) => settings.name === event.hook);
  if (hook === undefined || hook.life.token !== event.token) return;
  const { life } = hook;
  const isOver = life.cancelledAt !== null;
  life.token = null;
  life.cancelledAt = null;
  // Whatever it did was for a role that is over.
  if (isOver) return;
  life.text = event.text;
  life.failed = !event.ok;
  if (event.ok) succeed(turn, hook);
  else if (hook.settings.required) tryAgainLater(turn, hook);
  else passOver(turn, hook);
}

function succeed(turn: Turn, { settings, life }: Hook): void {
  life.progress = 'done';
  life.trouble = { ...noTrouble, quarantines: life.trouble.quarantines };
  report(turn, settings.name, 'info', 'hookDone', life.text);
  remember(turn);
}

function passOver(turn: Turn, { settings, life }: Hook): void {
  life.progress = 'passedOver';
  report(turn, settings.name, 'warning', 'hookFailed', life.text);
}

function tryAgainLater(turn: Turn, { settings, life }: Hook): void {
  const before = life.trouble;
  life.trouble = failedAgain(before, hookRestart, turn.state.now, life.text);
  life.notBefore = turn.state.now + pauseMs(life.trouble, hookRestart, turn.draw);
  if (isMarked(before)) return;
  const level = isMarked(life.trouble) ? 'error' : 'warning';
  report(turn, settings.name, level, 'hookFailed', life.text);
}

/** The mark of a hook that is not being tried ends with its quarantine (G5). */
export function expireHookMark(turn: Turn, { settings, life }: Hook): void {
  const { unfitUntil } = life.trouble;
  if (unfitUntil === null || life.progress === 'waiting' || turn.state.now < unfitUntil) return;
  life.trouble = fitAgain(life.trouble);
  report(turn, settings.name, 'info', 'hookFitAgain', 'its quarantine is over');
}
