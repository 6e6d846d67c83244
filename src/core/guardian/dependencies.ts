// The order in which services need one another: what is wrong with it, for the check of a configuration. The machine counts on
// it that nothing is.
import type { ServiceSettings } from './settings.ts';

export type DependencyComplaint =
  | {
      readonly type: 'unknownDependency';
      readonly service: string;
      readonly dependency: string;
    }
  /** Each service of the path waits for the next one; the last is the first again: [a, b, a]. */
  | { readonly type: 'dependencyCycle'; readonly path: readonly string[] }
  /** `service` runs always, and what it waits for only on the primary: on a standby it would wait for ever. */
  | {
      readonly type: 'alwaysAfterPrimary';
      readonly service: string;
      readonly dependency: string;
    };

export type ServiceOfOrder = Pick<ServiceSettings, 'name' | 'runs' | 'after'>;

/** Everything that is wrong with the order of the services, in their order. Names are taken to be different. */
export function dependencyComplaints(
  services: readonly ServiceOfOrder[],
): readonly DependencyComplaint[] {
  const byName = new Map(services.map((service) => [service.name, service]));
  return [
    ...services.flatMap((service) => complaintsOf(service, byName)),
    ...cyclesAmong(services).map((path) => ({ type: 'dependencyCycle' as const, path })),
  ];
}

function complaintsOf(
  { name, runs, after }: ServiceOfOrder,
  byName: ReadonlyMap<string, ServiceOfOrder>,
): readonly DependencyComplaint[] {
  return [...new Set(after)].flatMap((dependency): readonly DependencyComplaint[] => {
    const needed = byName.get(dependency);
    if (needed === undefined) return [{ type: 'unknownDependency', service: name, dependency }];
    return runs === 'always' && needed.runs === 'primary'
      ? [{ type: 'alwaysAfterPrimary', service: name, dependency }]
      : [];
  });
}

/** Cycles that share no service: as many as there are knots, not one for every way through a knot. */
function cyclesAmong(services: readonly ServiceOfOrder[]): readonly (readonly string[])[] {
  const names = new Set(services.map(({ name }) => name));
  const left = new Map(
    services.map(({ name, after }) => [name, new Set(after.filter((one) => names.has(one)))]),
  );
  const cycles: (readonly string[])[] = [];
  for (;;) {
    dropWhatCanStart(left);
    const first = left.keys().next();
    if (first.done === true) return cycles;
    const cycle = cycleFrom(first.value, left);
    cycles.push([...cycle, ...cycle.slice(0, 1)]);
    for (const name of cycle) drop(left, name);
  }
}

type Needs = Map<string, Set<string>>;

function dropWhatCanStart(left: Needs): void {
  let found = true;
  while (found) {
    found = false;
    for (const [name, needs] of left) {
      if (needs.size > 0) continue;
      drop(left, name);
      found = true;
    }
  }
}

function drop(left: Needs, name: string): void {
  left.delete(name);
  for (const needs of left.values()) needs.delete(name);
}

/** Every service that is left waits for another one that is left, so that a walk comes back to where it was. */
function cycleFrom(first: string, left: Needs): readonly string[] {
  const walked: string[] = [];
  let name: string | undefined = first;
  while (name !== undefined && !walked.includes(name)) {
    walked.push(name);
    name = left.get(name)?.values().next().value;
  }
  return walked.slice(name === undefined ? 0 : walked.indexOf(name));
}
