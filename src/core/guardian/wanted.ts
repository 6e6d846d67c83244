// Which services are to run here, and in which order they are started and stopped.
import type { ServiceSettings } from './settings.ts';
import type { GuardianState, ServiceLife } from './state.ts';
import type { Service, Turn } from './turn.ts';

type Place = Pick<GuardianState, 'role' | 'shuttingDown'>;

/** It would run here if no operator held it. */
export function belongsHere({ runs }: ServiceSettings, { role, shuttingDown }: Place): boolean {
  return !shuttingDown && (runs === 'always' || role === 'primary');
}

/** May be started (G2). */
export function mayRun({ settings, life }: Service, place: Place): boolean {
  return belongsHere(settings, place) && !life.heldByOperator;
}

/**
 * Must end (G2). Not the opposite of `mayRun`: until the agent has told the role, what was found running goes on, because the agent
 * may only just have been started again on a primary with calls.
 */
export function mustRest({ settings, life }: Service, { role, shuttingDown }: Place): boolean {
  return (
    life.heldByOperator ||
    shuttingDown ||
    (settings.runs === 'primary' && role !== null && role !== 'primary')
  );
}

export function isRunning({ phase }: ServiceLife): boolean {
  return phase === 'starting' || phase === 'up';
}

/** Something of it may be there. What cannot be stopped is waited for by nobody. */
export function isThere({ phase, stuck }: ServiceLife): boolean {
  return phase !== 'off' && !stuck;
}

/** The first thing that keeps a service from being started, in words (G3, G9); null: nothing. */
export function startWaitsFor(turn: Turn, { settings }: Service): string | null {
  const missing = settings.after.find((name) => {
    const needed = turn.byName.get(name);
    return needed?.life.phase !== 'up' || mustRest(needed, turn.state);
  });
  if (missing !== undefined) return missing;
  if (settings.runs === 'always') return null;
  const hook = turn.hooks.find(
    ({ settings: { required, on }, life }) =>
      required && on.includes('primary') && life.progress !== 'done',
  );
  return hook === undefined ? null : `the hook ${hook.settings.name}`;
}

/** The services that something which has to end and is still there needs, directly or through others: they end after it (G3). */
export function neededByEnding(turn: Turn): ReadonlySet<string> {
  const needed = new Set<string>();
  const visit = (names: readonly string[]): void => {
    for (const name of names) {
      if (needed.has(name)) continue;
      needed.add(name);
      visit(turn.byName.get(name)?.settings.after ?? []);
    }
  };
  for (const service of turn.services)
    if (isThere(service.life) && mustRest(service, turn.state)) visit(service.settings.after);
  return needed;
}
