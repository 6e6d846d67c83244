// The services and hooks of a simulated box, drawn from a seed: short times, so that minutes hold many failures.
import type {
  CheckSettings,
  GuardianRole,
  GuardianSettings,
  HookSettings,
  ServiceSettings,
} from '../../src/core/guardian/settings.ts';
import type { Random } from '../simulator/random.ts';

export function drawnSettings(random: Random): GuardianSettings {
  const services: ServiceSettings[] = [];
  const count = 1 + random.below(8);
  // A chain has services that need one another only through others.
  const isChain = random.chance(0.3);
  while (services.length < count) services.push(drawnService(random, services, isChain));
  const hooks = Array.from({ length: random.below(5) }, (_, index) => drawnHook(random, index));
  // The order of the configuration is not that of the dependencies.
  return { services: shuffled(random, services), hooks };
}

function drawnService(
  random: Random,
  before: readonly ServiceSettings[],
  isChain: boolean,
): ServiceSettings {
  const runs = random.chance(0.5) ? 'primary' : 'always';
  const possible = before.filter((other) => runs === 'primary' || other.runs === 'always');
  const needed = isChain ? possible.slice(-1) : possible.filter(() => random.chance(0.4));
  const after = needed.map(({ name }) => name);
  const firstMs = Math.round(random.between(50, 500));
  const startDeadlineMs = Math.round(random.between(1500, 6000));
  return {
    name: `s${before.length}`,
    runs,
    after,
    required: random.chance(0.7),
    startDeadlineMs,
    stopDeadlineMs: Math.round(random.between(200, 4000)),
    restart: {
      firstMs,
      longestMs: Math.round(firstMs * random.between(1, 30)),
      limit: 1 + random.below(6),
      windowMs: Math.round(random.between(2000, 60_000)),
      steadyMs: Math.round(random.between(1000, 20_000)),
      quarantineMs: Math.round(random.between(5000, 60_000)),
    },
    checks: Array.from({ length: random.below(3) }, () => drawnCheck(random)),
  };
}

function drawnCheck(random: Random): CheckSettings {
  return {
    intervalMs: Math.round(random.between(100, 3000)),
    timeoutMs: Math.round(random.between(50, 1000)),
    threshold: 1 + random.below(3),
  };
}

const roles: readonly GuardianRole[] = ['primary', 'standby', 'none'];

function drawnHook(random: Random, index: number): HookSettings {
  const on = roles.filter(() => random.chance(0.6));
  return {
    name: `h${index}`,
    on: on.length === 0 ? ['primary'] : on,
    required: random.chance(0.5),
    deadlineMs: Math.round(random.between(500, 5000)),
  };
}

function shuffled<T>(random: Random, values: readonly T[]): readonly T[] {
  return values
    .map((value) => ({ value, key: random.unit() }))
    .toSorted((left, right) => left.key - right.key)
    .map(({ value }) => value);
}
