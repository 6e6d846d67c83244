// What is wrong with an order of services: everything is found at once, and a cycle is told as the way around it.
import test from 'ava';
import { dependencyComplaints } from '../../src/core/guardian/dependencies.ts';
import type { ServiceOfOrder } from '../../src/core/guardian/dependencies.ts';

function service(
  name: string,
  after: readonly string[] = [],
  runs: ServiceOfOrder['runs'] = 'primary',
): ServiceOfOrder {
  return { name, after, runs };
}

test('services in order, a diamond among them, give no complaint', (t) => {
  const services = [
    service('web', ['left', 'right']),
    service('left', ['base']),
    service('right', ['base']),
    service('base', [], 'always'),
  ];
  t.deepEqual(dependencyComplaints(services), []);
  t.deepEqual(dependencyComplaints([]), []);
});

test('a dependency that is no service is named once, with who wants it', (t) => {
  t.deepEqual(dependencyComplaints([service('a', ['b', 'nobody', 'nobody']), service('b')]), [
    { type: 'unknownDependency', service: 'a', dependency: 'nobody' },
  ]);
});

test('a service that always runs cannot wait for one of the primary', (t) => {
  const services = [service('a', ['b'], 'always'), service('b'), service('c', ['a'])];
  t.deepEqual(dependencyComplaints(services), [
    { type: 'alwaysAfterPrimary', service: 'a', dependency: 'b' },
  ]);
});

test('a cycle is the way around it, without what only leads into it', (t) => {
  const services = [
    service('entry', ['a']),
    service('a', ['leaf', 'b']),
    service('b', ['c']),
    service('c', ['a']),
    service('leaf'),
  ];
  t.deepEqual(dependencyComplaints(services), [
    { type: 'dependencyCycle', path: ['a', 'b', 'c', 'a'] },
  ]);
});

test('a service after itself is a cycle, and several cycles are all told', (t) => {
  const services = [
    service('self', ['self']),
    service('x', ['y', 'self']),
    service('y', ['x']),
    service('z', ['missing']),
  ];
  t.deepEqual(dependencyComplaints(services), [
    { type: 'unknownDependency', service: 'z', dependency: 'missing' },
    { type: 'dependencyCycle', path: ['self', 'self'] },
    { type: 'dependencyCycle', path: ['x', 'y', 'x'] },
  ]);
});

test('a knot in which everything waits for everything is told in as few ways as it has pairs', (t) => {
  const names = Array.from({ length: 50 }, (_, index) => `s${index}`);
  const services = names.map((name) =>
    service(
      name,
      names.filter((other) => other !== name),
    ),
  );
  const complaints = dependencyComplaints(services);
  t.is(complaints.length, 25);
  for (const complaint of complaints) t.is(complaint.type, 'dependencyCycle');
});
