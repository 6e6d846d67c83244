// Builder of what the agent tells of its guardian.
import type { GuardianJson } from '../../src/words/serviceText.ts';

export type Service = GuardianJson['services'][number];
type Hook = GuardianJson['hooks'][number];

export function aService(name: string, change: Partial<Service> = {}): Service {
  return {
    name,
    runs: 'always',
    state: 'up',
    since: '2026-11-25T06:00:00.000Z',
    pid: 4711,
    restarts: 0,
    heldByOperator: false,
    waitsFor: null,
    problem: null,
    unfitForMs: null,
    required: true,
    ...change,
  };
}

export function aHook(name: string, change: Partial<Hook> = {}): Hook {
  return { name, state: 'done', text: '', unfitForMs: null, required: false, ...change };
}

export function aGuardian(change: Partial<GuardianJson> = {}): GuardianJson {
  const nothing = { services: [], hooks: [], sync: [] };
  return { pid: 99, problem: null, agoMs: 10, role: 'primary', fit: true, ...nothing, ...change };
}
