// What belongs together in the descriptions of services, and what is unwise there.
import { dependencyComplaints } from '../core/guardian/dependencies.ts';
import type { DependencyComplaint, ServiceOfOrder } from '../core/guardian/dependencies.ts';
import type { ComplaintCode } from './complaint.ts';
import type { Config } from './config.ts';
import { formatDuration } from './duration.ts';
import type { Finding, Relation } from './relation.ts';
import { entryNameRule, isEntryName } from './serviceValues.ts';

export type ServiceConfig = Config['services'][string];
type CheckConfig = ServiceConfig['checks'][number];

const mostServices = 100;

/** The relations between services. */
export const serviceRelations: readonly Relation[] = [
  { code: 'CONFIG_RANGE', keys: ['services'], find: tooManyServices },
  { code: 'CONFIG_NAME', keys: ['services'], find: ofEach(nameUnsuited) },
  { code: 'CONFIG_RELATION_SERVICE_PROGRAM', keys: ['services'], find: ofEach(programUnclear) },
  dependencyRelation('CONFIG_RELATION_SERVICE_AFTER', 'unknownDependency'),
  dependencyRelation('CONFIG_RELATION_SERVICE_CYCLE', 'dependencyCycle'),
  dependencyRelation('CONFIG_RELATION_SERVICE_RUNS', 'alwaysAfterPrimary'),
  { code: 'CONFIG_RELATION_SERVICE_CHECK', keys: ['services'], find: ofEachCheck(checkUnclear) },
  { code: 'CONFIG_RELATION_SERVICE_RESTART', keys: ['services'], find: ofEach(pausesSwapped) },
];

/** The warnings about services. */
export const serviceWarnings: readonly Relation[] = [
  { code: 'CONFIG_WARNING_SERVICE_CHECK', keys: ['services'], find: ofEachCheck(checkSlow) },
  { code: 'CONFIG_WARNING_SERVICE_UNCHECKED', keys: ['services'], find: ofEach(nothingChecked) },
  { code: 'CONFIG_WARNING_SERVICE_UNIT', keys: ['services'], find: ofEach(unitHasItsOwn) },
];

type Named = { readonly name: string; readonly at: string };

function ofEach(
  find: (service: ServiceConfig, named: Named) => readonly Finding[],
): Relation['find'] {
  return ({ services }) =>
    Object.entries(services).flatMap(([name, service]) =>
      find(service, { name, at: `services.${name}` }),
    );
}

function ofEachCheck(
  find: (check: CheckConfig, at: string, service: ServiceConfig) => readonly Finding[],
): Relation['find'] {
  return ofEach((service, { at }) =>
    service.checks.flatMap((check, index) => find(check, `${at}.checks[${index}]`, service)),
  );
}

function tooManyServices({ services }: Config): readonly Finding[] {
  const seen = Object.keys(services).length;
  if (seen <= mostServices) return [];
  const message = 'services: these are too many';
  return [{ message, seen: String(seen), allowed: `up to ${mostServices} services` }];
}

function nameUnsuited(_service: ServiceConfig, { name, at }: Named): readonly Finding[] {
  if (isEntryName(name)) return [];
  const message = 'services: this cannot be the name of a service';
  return [{ at, message, seen: name, allowed: entryNameRule }];
}

const programKeys = ['command', 'script', 'unit'] as const;

function programUnclear(service: ServiceConfig, { at }: Named): readonly Finding[] {
  const written = programKeys.filter((key) => service[key] !== undefined);
  const needs = programKeys.map((key) => `${at}.${key}`);
  const allowed = 'exactly one of command, script and unit';
  const found: Finding[] = [];
  if (written.length === 0)
    found.push({
      at,
      needs,
      message: `${at}: nothing says how it is started`,
      seen: 'none',
      allowed,
    });
  if (written.length > 1) {
    const message = `${at}: it cannot be started in two ways`;
    found.push({ at, needs, message, seen: written.join(' and '), allowed });
  }
  if (service.pidFile !== undefined && service.script === undefined) {
    const message = `${at}.pidFile: only a script leaves its process id in a file`;
    const pidFile = { at: `${at}.pidFile`, needs, message, seen: service.pidFile };
    found.push({ ...pidFile, allowed: 'together with script' });
  }
  return found;
}

function dependencyRelation(code: ComplaintCode, type: DependencyComplaint['type']): Relation {
  return {
    code,
    keys: ['services'],
    find: ({ services }) => {
      const order = Object.entries(services).map(([name, { runs, after }]): ServiceOfOrder => ({
        name,
        runs,
        after,
      }));
      return dependencyComplaints(order)
        .filter((complaint) => complaint.type === type)
        .map((complaint) => dependencyFinding(complaint, services));
    },
  };
}

function dependencyFinding(complaint: DependencyComplaint, services: Config['services']): Finding {
  if (complaint.type === 'dependencyCycle') return cycleFinding(complaint.path, services);
  const { service, dependency } = complaint;
  const at = dependencyPlace(services, service, dependency);
  if (complaint.type === 'unknownDependency') {
    const message = `${at}: there is no service of this name`;
    return { at, message, seen: dependency, allowed: otherNames(services, service) };
  }
  return {
    at,
    needs: [`services.${service}.runs`, `services.${dependency}.runs`],
    message: `${at}: ${service} runs always and would wait for ever on a standby, where ${dependency} does not run`,
    seen: `${dependency} (runs: primary)`,
  };
}

function cycleFinding(path: readonly string[], services: Config['services']): Finding {
  const [first = '', second = ''] = path;
  const at = dependencyPlace(services, first, second);
  const needs = path.map((name) => `services.${name}.after`);
  const message = `${at}: these services wait for one another, so that none is ever started`;
  return { at, needs, message, seen: path.join(' after ') };
}

function dependencyPlace(
  services: Config['services'],
  service: string,
  dependency: string,
): string {
  const index = services[service]?.after.indexOf(dependency) ?? 0;
  return `services.${service}.after[${index}]`;
}

function otherNames(services: Config['services'], than: string): string {
  const names = Object.keys(services).filter((name) => name !== than);
  return names.length === 0 ? 'none: it is the only service' : names.join(', ');
}

const checkKinds = ['sip', 'tcp', 'http', 'command', 'process'] as const;

function checkUnclear(check: CheckConfig, at: string, service: ServiceConfig): readonly Finding[] {
  const written = checkKinds.filter((kind) => check[kind] !== undefined);
  if (written.length !== 1) {
    const message = `${at}: one check checks one thing`;
    const seen = written.length === 0 ? 'none' : written.join(' and ');
    return [{ at, message, seen, allowed: `exactly one of ${checkKinds.join(', ')}` }];
  }
  return [...processUnknown(check, at, service), ...addressUnsuited(check, at, service)];
}

/** Without a pid file nobody knows which process to look at: the check would fail for ever. */
function processUnknown(
  { process: isProcess }: CheckConfig,
  at: string,
  { script, pidFile }: ServiceConfig,
): readonly Finding[] {
  if (isProcess === undefined || script === undefined || pidFile !== undefined) return [];
  const message = `${at}: which process is meant is not known, so that this check would always fail`;
  const needs = [at.replace(/\.checks\[\d+\]$/, '.script')];
  return [
    { at, needs, message, seen: 'a script without pidFile', allowed: 'together with pidFile' },
  ];
}

function addressUnsuited(
  check: CheckConfig,
  at: string,
  { runs }: ServiceConfig,
): readonly Finding[] {
  const address = check.sip?.address ?? check.tcp?.address;
  if (address !== 'service' || runs === 'primary') return [];
  return [
    {
      at,
      needs: [at.replace(/\.checks\[\d+\]$/, '.runs')],
      message: `${at}: a standby does not have the service address, so that this check would fail there`,
      seen: 'address: service, runs: always',
      allowed: 'runs: primary, or another address',
    },
  ];
}

function pausesSwapped({ restart }: ServiceConfig, { at }: Named): readonly Finding[] {
  if (restart.firstMs <= restart.longestMs) return [];
  const message = `${at}.restart: pause must not exceed longestPause`;
  const seen = formatDuration(restart.firstMs);
  return [
    { at: `${at}.restart`, message, seen, allowed: `up to ${formatDuration(restart.longestMs)}` },
  ];
}

/** Longer than this a telephone system that hangs is a telephone system that people complain about. */
const longDetectionMs = 20_000;

function checkSlow(check: CheckConfig, at: string, { runs }: ServiceConfig): readonly Finding[] {
  const { intervalMs, timeoutMs, threshold } = check;
  const detectionMs = threshold * Math.max(intervalMs, timeoutMs);
  if (runs !== 'primary' || detectionMs <= longDetectionMs) return [];
  return [
    {
      at,
      message: `${at}: a service that hangs is noticed only after threshold × interval`,
      seen: formatDuration(detectionMs),
      allowed: `up to ${formatDuration(longDetectionMs)} is wise`,
    },
  ];
}

function nothingChecked(service: ServiceConfig, { at }: Named): readonly Finding[] {
  const { runs, required, checks } = service;
  if (runs !== 'primary' || !required || checks.length > 0) return [];
  return [
    {
      at,
      needs: [`${at}.checks`],
      message: `${at}.checks: without a check a service that hangs is not noticed`,
      seen: 'none',
      allowed: 'a check of what callers need is wise',
    },
  ];
}

function unitHasItsOwn(service: ServiceConfig, { at }: Named): readonly Finding[] {
  if (service.unit === undefined) return [];
  const isWritten = {
    user: service.user !== undefined,
    group: service.group !== undefined,
    environment: Object.keys(service.environment).length > 0,
    'limits.openFiles': service.limits.openFiles !== undefined,
  };
  return Object.entries(isWritten).flatMap(([key, written]): readonly Finding[] =>
    written
      ? [
          {
            at: `${at}.${key}`,
            message: `${at}.${key}: systemd starts the unit and does not read this`,
            allowed: `a line in ${service.unit ?? 'the unit'} has this effect`,
          },
        ]
      : [],
  );
}
