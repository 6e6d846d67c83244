// What people and programs are told about the guardian: plain data from its state.
import type { GuardianSettings } from './settings.ts';
import type { GuardianState } from './state.ts';
import type { GuardianSummary, HookSummary, ServiceState, ServiceSummary } from './status.ts';
import { isMarked } from './trouble.ts';
import type { Hook, Service, Turn } from './turn.ts';
import { beginTurn, pairs } from './turn.ts';
import { isRunning, mayRun, mustRest, startWaitsFor } from './wanted.ts';

/**
 * No required service and no required hook is marked, and no required service that is not up needs one that is: it would wait
 * for ever (G5). Asked whether or not it is to run here now, so that what cannot be started does not wander between the boxes.
 */
export function guardianFitness(state: GuardianState, settings: GuardianSettings): boolean {
  const services = pairs(settings.services, state.services);
  const byName = new Map(services.map((service) => [service.life.name, service]));
  const hooks = pairs(settings.hooks, state.hooks);
  return ![...services, ...hooks].some(isBroken) && !services.some((each) => waits(each, byName));
}

function isBroken({ settings, life }: Service | Hook): boolean {
  return settings.required && isMarked(life.trouble);
}

function waits({ settings, life }: Service, byName: ReadonlyMap<string, Service>): boolean {
  if (!settings.required || life.heldByOperator || life.phase === 'up') return false;
  return needsMarked(settings.after, byName);
}

/** What is up has what it needs, whatever has become of that since. */
function needsMarked(after: readonly string[], byName: ReadonlyMap<string, Service>): boolean {
  return after.some((name) => {
    const needed = byName.get(name);
    if (needed === undefined || needed.life.phase === 'up') return false;
    return isMarked(needed.life.trouble) || needsMarked(needed.settings.after, byName);
  });
}

/** `now` on the clock of the events. Services and hooks in the order of the settings. */
export function summarizeGuardian(
  state: GuardianState,
  settings: GuardianSettings,
  now: number,
): GuardianSummary {
  const turn = beginTurn(state, settings, { type: 'tick', at: now, draw: 0 });
  return {
    role: state.role ?? 'none',
    services: turn.services.map((service) => summaryOf(turn, service)),
    hooks: turn.hooks.map((hook) => hookSummaryOf(turn, hook)),
    fit: guardianFitness(state, settings),
  };
}

function summaryOf(turn: Turn, service: Service): ServiceSummary {
  const { life, settings } = service;
  return {
    name: life.name,
    runs: settings.runs,
    state: life.shown,
    forMs: turn.state.now - life.shownSince,
    restarts: life.restarts,
    heldByOperator: life.heldByOperator,
    waitsFor: life.shown === 'waiting' ? startWaitsFor(turn, service) : null,
    problem: life.trouble.problem,
    unfitForMs: leftMs(turn, life.trouble.unfitUntil),
    required: settings.required,
  };
}

function leftMs({ state }: Turn, until: number | null): number | null {
  return until === null ? null : Math.max(0, until - state.now);
}

function hookSummaryOf(turn: Turn, { life, settings }: Hook): HookSummary {
  const isOfRole = life.progress !== 'idle';
  return {
    name: life.name,
    state: hookStateOf(life),
    text: isOfRole ? life.text : `run on ${settings.on.join(' and ')}`,
    unfitForMs: leftMs(turn, life.trouble.unfitUntil),
    required: settings.required,
  };
}

function hookStateOf(life: Hook['life']): HookSummary['state'] {
  if (life.token !== null && life.cancelledAt === null) return 'running';
  if (life.failed) return 'failed';
  return life.progress === 'done' ? 'done' : 'waiting';
}

/** Since when a service is in the state that is shown is known only where its changes are seen: at the end of each step. */
export function noteShown(turn: Turn): void {
  for (const service of turn.services) {
    const { life } = service;
    const shown = shownOf(turn, service);
    if (shown === life.shown) continue;
    life.shown = shown;
    life.shownSince = turn.state.now;
  }
}

function shownOf({ state }: Turn, service: Service): ServiceState {
  const { phase, notBefore } = service.life;
  if (isRunning(service.life) && mustRest(service, state)) return 'stopping';
  if (phase !== 'off') return phase;
  if (!mayRun(service, state)) return 'stopped';
  return state.now < notBefore ? 'pausing' : 'waiting';
}
