// The companion as the guardian process is told of it: a service of this very program, with everything that it needs to know in
// one variable of its environment, so that it reads no configuration and a change of its settings starts it anew.
import type { Config } from '../config/config.ts';
import { formatInterfaceAddress } from '../config/address.ts';
import { companionName, needsCompanion } from '../config/panelRelations.ts';
import type { LedNames } from '../io/leds/leds.ts';
import type { PanelDescription } from '../io/panel/panel.ts';
import type { ServiceDescription } from '../protocol/guardianMessages.ts';
import { programVersion } from '../protocol/programVersion.ts';

/** The variable that holds the settings, as JSON. */
export const settingsVariable = 'HOTPAIR_COMPANION';

export type CompanionSettings = {
  /** A companion of another version than the agent would not understand what it is told: after an update it is started anew. */
  readonly version: string;
  readonly node: string;
  readonly runDirectory: string;
  readonly servicePort: string;
  readonly heartbeatPort: string;
  readonly heartbeatAddress: string;
  /** With their prefix lengths. */
  readonly serviceAddresses: readonly string[];
  /** Null: this box has none. */
  readonly panel: PanelDescription | null;
  readonly leds: LedNames;
};

/** Null where the box has neither panel nor lights. */
export function companionService(
  config: Config,
  words: readonly string[],
): ServiceDescription | null {
  if (!needsCompanion(config)) return null;
  return {
    name: companionName,
    program: { type: 'process', command: words },
    runs: 'always',
    after: [],
    // A box whose panel shows nothing serves its telephones all the same.
    required: false,
    user: null,
    group: null,
    directory: '/',
    environment: { [settingsVariable]: JSON.stringify(companionSettings(config)) },
    stopSignal: 'SIGTERM',
    // Its heap is bounded when it is built. A limit of the kernel would count what V8 only reserves, and keep it from starting.
    memoryLimitBytes: null,
    openFiles: null,
    logBytes: 256 * 1024,
    startDeadlineMs: 30_000,
    stopDeadlineMs: 2_000,
    restart: {
      firstMs: 200,
      longestMs: 10_000,
      limit: 5,
      windowMs: 60_000,
      steadyMs: 60_000,
      quarantineMs: 60_000,
    },
    checks: [{ type: 'process', intervalMs: 2_000, timeoutMs: 2_000, threshold: 2 }],
  };
}

export function companionSettings(config: Config): CompanionSettings {
  const { node, state, service, heartbeat, leds } = config;
  return {
    version: programVersion,
    node: node.name,
    runDirectory: state.runDirectory,
    servicePort: service.port,
    heartbeatPort: heartbeat.port,
    heartbeatAddress: heartbeat.address.address,
    serviceAddresses: service.addresses.map((each) => formatInterfaceAddress(each)),
    panel: panelDescription(config),
    leds,
  };
}

const fast = 115_200;
const usual = 19_200;

/** What is not written follows from the panel: the speed at which it leaves its factory, and where LCDd listens. */
function panelDescription({ panel }: Config): PanelDescription | null {
  const { driver, device = '', baud } = panel;
  if (driver === undefined) return null;
  if (driver === 'lcdproc')
    return { driver, host: panel.host ?? '127.0.0.1', port: panel.port ?? 13_666 };
  if (driver === 'matrix-orbital') return { driver, device, baud: baud ?? usual };
  const model = panel.model ?? '635';
  return { driver, device, model, baud: baud ?? (model === '635' ? fast : usual) };
}
