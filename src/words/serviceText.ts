// Services and hooks in words and as a table. Pure functions of what the agent tells.
import type { StatusJson } from '../daemon/status.ts';
import { localTime, roughly } from './localTime.ts';

export type GuardianJson = NonNullable<StatusJson['guardian']>;
type ServiceJson = GuardianJson['services'][number];
type HookJson = GuardianJson['hooks'][number];
type Row = readonly [string, string];

const heading = ['name', 'runs', 'state', 'since', 'pid', 'restarts', 'problem'];

/** One line a service, under a heading; then the hooks. */
export function servicesText(guardian: GuardianJson | null): string {
  if (guardian === null) return 'no services and no hooks are configured on this box\n';
  const { services, hooks, problem } = guardian;
  const table = services.length === 0 ? '' : tableText([heading, ...services.map(serviceCells)]);
  const listed = hooks.map((hook) => `hook ${hook.name}: ${hookText(hook)}\n`).join('');
  return `${table}${listed}${problem === null ? '' : `the guardian is not running: ${problem}\n`}`;
}

function serviceCells(service: ServiceJson): readonly string[] {
  const { name, runs, since, pid, restarts } = service;
  const process = pid === null ? '-' : String(pid);
  return [
    name,
    runs,
    stateText(service),
    localTime(since),
    process,
    String(restarts),
    problemText(service),
  ];
}

function tableText(rows: readonly (readonly string[])[]): string {
  const widths = heading.map((_word, column) =>
    Math.max(...rows.map((cells) => (cells[column] ?? '').length)),
  );
  const lines = rows.map((cells) => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)));
  return lines.map((cells) => `${cells.join('  ').trimEnd()}\n`).join('');
}

function stateText({ state, heldByOperator, waitsFor }: ServiceJson): string {
  if (state === 'waiting' && waitsFor !== null) return `waiting for ${waitsFor}`;
  return state === 'stopped' && heldByOperator ? 'stopped by an operator' : state;
}

function problemText({ problem, unfitForMs, required }: ServiceJson): string {
  const said = problem ?? '';
  return unfitForMs === null ? said : `${markText(unfitForMs, required)}: ${said}`;
}

/** Failed on this box, and for how long that counts. */
function markText(unfitForMs: number, required: boolean): string {
  const left = unfitForMs === 0 ? 'until it runs' : `for ${roughly(unfitForMs)} more`;
  return required ? `HAS FAILED HERE (unfit ${left})` : 'HAS FAILED HERE';
}

function hookText({ state, text, unfitForMs, required }: HookJson): string {
  const mark = unfitForMs === null ? '' : `${markText(unfitForMs, required)}, `;
  return `${mark}${state}${text === '' ? '' : `: ${text}`}`;
}

/** The rows of the status: how many run, and everything that is not as it should be. */
export function guardianRows(guardian: GuardianJson | null): readonly Row[] {
  if (guardian === null) return [];
  const { services, hooks, problem } = guardian;
  const lines = [
    ...(problem === null ? [] : [`the guardian is not running: ${problem}`]),
    ...(services.length === 0 ? [] : [countText(services)]),
    ...services.filter(needsWords).map((service) => `${service.name} ${serviceSentence(service)}`),
  ];
  const spoken = hooks.filter(({ state, unfitForMs }) => state !== 'done' || unfitForMs !== null);
  return [...rowsOf('services', lines), ...rowsOf('hooks', hookLines(hooks, spoken))];
}

function rowsOf(name: string, lines: readonly string[]): readonly Row[] {
  return lines.map((line, index) => [index === 0 ? name : '', line]);
}

function hookLines(hooks: readonly HookJson[], spoken: readonly HookJson[]): readonly string[] {
  if (hooks.length === 0) return [];
  if (spoken.length === 0) return [`${hooks.map(({ name }) => name).join(', ')} done`];
  return spoken.map((hook) => `${hook.name} ${hookText(hook)}`);
}

function countText(services: readonly ServiceJson[]): string {
  const up = services.filter(({ state }) => state === 'up').length;
  const primaryOnly = services.filter(restsHere).length;
  const rest = primaryOnly === 0 ? '' : `, ${primaryOnly} for the primary only`;
  return `${up} of ${services.length - primaryOnly} up${rest}`;
}

/** Not to run here now, and nothing is wrong with that. */
function restsHere({ state, runs, heldByOperator, unfitForMs }: ServiceJson): boolean {
  return state === 'stopped' && runs === 'primary' && !heldByOperator && unfitForMs === null;
}

function needsWords(service: ServiceJson): boolean {
  return (service.state !== 'up' || service.unfitForMs !== null) && !restsHere(service);
}

function serviceSentence(service: ServiceJson): string {
  const problem = problemText(service);
  const since = localTime(service.since);
  return `${stateText(service)} since ${since}${problem === '' ? '' : `, ${problem}`}`;
}
