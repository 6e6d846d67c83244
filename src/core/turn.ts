// One step in progress: a private copy of the state that handlers may change, and the effects asked for so far.
import type { Effect, EffectWithToken, Report } from './effects.ts';
import type { Reason } from './reasons.ts';
import type { DurableRecord } from './record.ts';
import { servesIn } from './roles.ts';
import type { Settings } from './settings.ts';
import type { State } from './state.ts';
import { noPlan } from './state.ts';
import type { StateName } from './stateName.ts';

export type Turn = {
  readonly state: State;
  readonly settings: Settings;
  readonly effects: Effect[];
};

type WithoutToken<E> = E extends { readonly token: number } ? Omit<E, 'token'> : never;

/** Begins a step on a copy: the state given stays as it was. */
export function beginTurn(state: State, settings: Settings, at: number): Turn {
  const copy: State = {
    ...state,
    now: Math.max(state.now, at),
    contact: { ...state.contact },
    sending: { ...state.sending },
    lan: { ...state.lan },
    cable: { ...state.cable },
    eligibility: { ...state.eligibility },
    arbiter: { ...state.arbiter },
    plan: { ...state.plan },
  };
  return { state: copy, settings, effects: [] };
}

/** Asks for an effect whose result will come as an event; a younger one of the same kind makes the older result void. */
export function ask(turn: Turn, effect: WithoutToken<EffectWithToken>): void {
  const token = turn.state.nextToken;
  turn.state.nextToken = token + 1;
  turn.state.pending = { ...turn.state.pending, [effect.type]: token };
  turn.effects.push({ ...effect, token });
}

export function isPending(turn: Turn, type: EffectWithToken['type']): boolean {
  return turn.state.pending[type] !== undefined;
}

/** The result of an effect is no longer waited for; returns whether it was. */
export function settle(turn: Turn, type: EffectWithToken['type'], token: number): boolean {
  if (turn.state.pending[type] !== token) return false;
  const { [type]: _done, ...rest } = turn.state.pending;
  turn.state.pending = rest;
  return true;
}

export function report(turn: Turn, entry: Report): void {
  turn.effects.push({ type: 'report', report: entry });
}

export function note(turn: Turn, reason: Reason): void {
  report(turn, { kind: 'note', reason });
}

/** Changes the state and says why. The plan of the change that ends is forgotten unless it is handed over. */
export function enter(
  turn: Turn,
  name: StateName,
  phase: string,
  reason: Reason,
  plan: Partial<State['plan']> = {},
): void {
  const { state } = turn;
  // A change that nobody carries on is over for whoever ordered it.
  if (state.plan.commandId !== (plan.commandId ?? null)) answerCommand(turn, false, reason);
  if (name !== state.name) {
    report(turn, {
      kind: 'transition',
      from: state.name,
      to: name,
      epoch: state.record?.epoch ?? null,
      reason,
    });
    state.lastChange = { at: state.now, from: state.name, to: name, reason };
    state.since = state.now;
  }
  if (servesIn(name) && !servesIn(state.name)) state.servesSince = state.now;
  state.name = name;
  state.reason = reason;
  state.plan = { ...noPlan, ...plan };
  enterPhase(turn, phase);
}

export function enterPhase(turn: Turn, phase: string): void {
  turn.state.phase = phase;
  turn.state.phaseSince = turn.state.now;
}

/** Milliseconds in the present phase. */
export function inPhaseMs(turn: Turn): number {
  return turn.state.now - turn.state.phaseSince;
}

/** Asks for a record to be written. What follows from it is done when `recordWritten` comes. */
export function write(turn: Turn, record: DurableRecord): void {
  const { state, settings } = turn;
  if (state.record !== null && record.epoch < state.record.epoch)
    throw new Error('I3: a lower record would be written');
  state.writing = record;
  state.writeRetryAt = null;
  ask(turn, { type: 'writeRecord', record, deadlineMs: settings.recordDeadlineMs });
}

/** How often the database is looked at from now on; asked only when it changes. */
export function watchDatabase(turn: Turn, intervalMs: number): void {
  if (turn.state.watchMs === intervalMs) return;
  turn.state.watchMs = intervalMs;
  turn.effects.push({ type: 'watchDatabase', intervalMs });
}

export function answerCommand(turn: Turn, ok: boolean, reason: Reason): void {
  const { plan } = turn.state;
  if (plan.commandId === null) return;
  turn.effects.push({ type: 'answerCommand', commandId: plan.commandId, ok, reason });
  plan.commandId = null;
}
