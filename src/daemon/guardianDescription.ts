// The configuration as the guardian process is told it: services and hooks with everything that their execution needs.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { marksFolder } from '../io/sync/copyMark.ts';
import type {
  CheckDescription,
  HookDescription,
  ServiceDescription,
  ServiceProgram,
  ToGuardian,
} from '../protocol/guardianMessages.ts';
import { companionService } from './companionDescription.ts';
import { wordsOf } from './guardianProcess.ts';
import { syncDescription, syncServer } from './syncDescription.ts';

export type Configure = ToGuardian & { readonly type: 'configure' };

type ServiceConfig = Config['services'][string];
type CheckConfig = ServiceConfig['checks'][number];

/** The first line for the guardian process. */
export function guardianDescription(config: Config): Configure {
  const { node, heartbeat, service, state, services, hooks } = config;
  const serviceAddresses = service.addresses.map(({ address }) => address);
  const [firstAddress = ''] = serviceAddresses;
  const sync = syncDescription(config);
  const companion = companionService(config, wordsOf('companion'));
  return {
    type: 'configure',
    services: [
      ...Object.entries(services).map(([name, each]) =>
        serviceDescription(name, each, firstAddress),
      ),
      ...(sync === null
        ? []
        : [syncServer(heartbeat.address.address, sync.port, state.runDirectory)]),
      ...(companion === null ? [] : [companion]),
    ],
    hooks: hooks.map(hookDescription),
    sync,
    place: {
      node: node.name,
      heartbeatAddress: heartbeat.address.address,
      peerAddress: heartbeat.peer,
      serviceAddresses,
    },
    stateDirectory: state.directory,
    runDirectory: state.runDirectory,
  };
}

/** Whether there is anything for a guardian to do: what is described, or what an earlier one started or marked and has to end. */
export function needsGuardian(configure: Configure): boolean {
  const { services, hooks, runDirectory, stateDirectory } = configure;
  const isLeft =
    existsSync(join(runDirectory, 'services.json')) || existsSync(marksFolder(stateDirectory));
  return services.length > 0 || hooks.length > 0 || isLeft;
}

/** Whether a service or hook can make this box unfit. What an earlier guardian left is only ended. */
export function mayBecomeUnfit({ services, hooks }: Configure): boolean {
  return [...services, ...hooks].some(({ required }) => required);
}

const mostStopMs = 30_000;
const stopMarginMs = 1_000;

/** How long the end of a box waits for its services, one after another at the worst. */
export function stopAllMs({ services }: Pick<Configure, 'services'>): number {
  const sumMs = services.reduce((sum, { stopDeadlineMs }) => sum + stopDeadlineMs, 0);
  return Math.min(mostStopMs, sumMs + stopMarginMs);
}

function serviceDescription(
  name: string,
  service: ServiceConfig,
  serviceAddress: string,
): ServiceDescription {
  const { user, group, limits, checks } = service;
  return {
    name,
    program: programOf(service),
    runs: service.runs,
    after: service.after,
    required: service.required,
    user: user ?? null,
    group: group ?? null,
    directory: service.directory,
    environment: service.environment,
    stopSignal: service.stopSignal,
    memoryLimitBytes: limits.memoryBytes ?? null,
    openFiles: limits.openFiles ?? null,
    logBytes: service.logBytes,
    startDeadlineMs: service.startDeadlineMs,
    stopDeadlineMs: service.stopDeadlineMs,
    restart: service.restart,
    checks: checks.map((check) => checkDescription(check, serviceAddress)),
  };
}

function programOf({ command, script, pidFile, unit }: ServiceConfig): ServiceProgram {
  if (command !== undefined) return { type: 'process', command };
  if (script !== undefined) return { type: 'sysv', script, pidFile: pidFile ?? null };
  if (unit !== undefined) return { type: 'systemd', unit };
  throw new Error('a service without a program passed the check of the configuration');
}

function checkDescription(check: CheckConfig, serviceAddress: string): CheckDescription {
  const { sip, tcp, http, command, process: _process, ...times } = check;
  const at = (address: string): string => (address === 'service' ? serviceAddress : address);
  if (sip !== undefined) return { ...times, type: 'sip', address: at(sip.address), port: sip.port };
  if (tcp !== undefined) return { ...times, type: 'tcp', address: at(tcp.address), port: tcp.port };
  if (http !== undefined) return { ...times, type: 'http', ...http };
  if (command !== undefined) return { ...times, type: 'command', command };
  return { ...times, type: 'process' };
}

function hookDescription({ user, ...hook }: Config['hooks'][number]): HookDescription {
  return { ...hook, user: user ?? null };
}
