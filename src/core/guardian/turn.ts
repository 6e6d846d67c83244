// One step of the guardian in progress: a private copy of its state, and the effects asked for so far.
import type { GuardianEffect, GuardianReport } from './effects.ts';
import type { GuardianEvent } from './events.ts';
import type { GuardianSettings, HookSettings, ServiceSettings } from './settings.ts';
import type { GuardianState, HookLife, ServiceLife } from './state.ts';

export type Service = { readonly settings: ServiceSettings; readonly life: ServiceLife };
export type Hook = { readonly settings: HookSettings; readonly life: HookLife };

export type Turn = {
  readonly state: GuardianState;
  readonly settings: GuardianSettings;
  readonly services: readonly Service[];
  readonly byName: ReadonlyMap<string, Service>;
  readonly hooks: readonly Hook[];
  readonly draw: number;
  readonly effects: GuardianEffect[];
  /** Come last: what is remembered of hooks has to be on disk before what follows it, and services wait for no disk (G9). */
  readonly hookEffects: GuardianEffect[];
};

/** Begins a step on a copy: the state given stays as it was. */
export function beginTurn(
  state: GuardianState,
  settings: GuardianSettings,
  { at, draw }: GuardianEvent,
): Turn {
  const lives = state.services.map((life) => ({ ...life }));
  const hookLives = state.hooks.map((life) => ({ ...life }));
  const services = pairs(settings.services, lives);
  return {
    state: { ...state, now: Math.max(state.now, at), services: lives, hooks: hookLives },
    settings,
    services,
    byName: new Map(services.map((service) => [service.life.name, service])),
    hooks: pairs(settings.hooks, hookLives),
    draw,
    effects: [],
    hookEffects: [],
  };
}

/** Throws where the state is not one of these settings. */
export function pairs<S extends { readonly name: string }, L extends { readonly name: string }>(
  settings: readonly S[],
  lives: readonly L[],
): readonly { readonly settings: S; readonly life: L }[] {
  return settings.map((one, index) => {
    const life = lives[index];
    if (life?.name !== one.name || lives.length !== settings.length)
      throw new Error(`the guardian's state is not of these settings: ${one.name}`);
    return { settings: one, life };
  });
}

export function takeToken({ state }: Turn): number {
  const token = state.nextToken;
  state.nextToken = token + 1;
  return token;
}

export function report(
  turn: Turn,
  name: string,
  level: 'info' | 'warning' | 'error',
  what: GuardianReport,
  text: string,
): void {
  turn.effects.push({ type: 'report', report: what, level, name, text });
}
