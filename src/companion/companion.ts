// Everything that the companion does, put together: it asks the agent, looks at the box, and tells both by the front.
import type { CompanionSettings } from '../daemon/companionDescription.ts';
import type { Verdict } from '../daemon/commands.ts';
import type { Leds, LedNames } from '../io/leds/leds.ts';
import type { Panel, PanelDescription, PanelEvents } from '../io/panel/panel.ts';
import { watchAgent } from './agentWatch.ts';
import { readBoxFacts } from './boxFacts.ts';
import { openFront } from './front.ts';
import type { Front } from './front.ts';
import { watchInventory } from './inventory.ts';
import type { View } from './view.ts';

export type CompanionOptions = {
  readonly settings: CompanionSettings;
  /** One question for the status; rejects where there is no answer. */
  readonly ask: () => Promise<unknown>;
  readonly order: () => Promise<Verdict>;
  readonly report: (
    level: 'info' | 'warning',
    event: string,
    detail: Readonly<Record<string, unknown>>,
  ) => void;
  /** The panels of io, where nothing else is said. */
  readonly openPanel?: (description: PanelDescription, events: PanelEvents) => Panel;
  readonly ledDirectory?: string;
};

export type Companion = { close(): Promise<void> };

export async function openCompanion(options: CompanionOptions): Promise<Companion> {
  const { settings, ask, order, report } = options;
  // Nothing is drawn before panel and lights are open.
  let front: Front | null = null;
  const inventory = watchInventory((reason) => report('warning', 'inventoryFailed', { reason }));
  let facts = readBoxFacts();
  const agent = watchAgent({
    ask,
    seen: () => {
      facts = readBoxFacts();
      front?.draw();
    },
  });
  const view = (): View => ({
    place: settings,
    agent: agent.view(),
    facts,
    inventory: inventory.last(),
  });
  const panel = await panelOf(options, {
    key: (key) => front?.press(key),
    found: (identity) => {
      report('info', 'panelFound', { identity });
      front?.draw();
    },
    lost: (reason) => report('warning', 'panelLost', { reason }),
  });
  const leds = await ledsOf(options);
  const opened = openFront({
    panel,
    leds,
    view,
    order: async () => {
      const verdict = await order();
      agent.hurry();
      return verdict;
    },
    report: (event, detail) => report('info', event, detail),
  });
  front = opened;
  opened.draw();
  report('info', 'companionStarted', { version: settings.version, pid: process.pid });
  return {
    async close() {
      agent.close();
      inventory.close();
      await opened.close();
    },
  };
}

/** Loaded only where there is one: drivers bring the serial port with them. */
async function panelOf(
  { settings: { panel }, openPanel }: CompanionOptions,
  events: PanelEvents,
): Promise<Panel | null> {
  if (panel === null) return null;
  const open = openPanel ?? (await import('../io/panel/panel.ts')).openPanel;
  return open(panel, events);
}

async function ledsOf({ settings, report, ledDirectory }: CompanionOptions): Promise<Leds | null> {
  const { leds } = settings;
  if (!hasLeds(leds)) return null;
  const { openLeds } = await import('../io/leds/leds.ts');
  return openLeds({
    names: leds,
    failed: (name, reason) => report('warning', 'ledFailed', { name, reason }),
    found: (name) => report('info', 'ledFound', { name }),
    ...(ledDirectory === undefined ? {} : { directory: ledDirectory }),
  });
}

function hasLeds(names: LedNames): boolean {
  return Object.values(names).some((light) =>
    Object.values(light).some((name) => name !== undefined),
  );
}
