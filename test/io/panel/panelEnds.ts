// A driver and a simulated panel on the two ends of a pseudo terminal, as the tests of the drivers need them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { openPanel } from '../../../src/io/panel/panel.ts';
import type { Light, Panel, PanelDescription, PanelKey } from '../../../src/io/panel/panel.ts';
import { openSimulatedPanel } from '../../../src/io/panel/simulatedPanel.ts';
import type { SimulatedModel, SimulatedPanel } from '../../../src/io/panel/simulatedPanel.ts';
import { until } from '../../kernel/until.ts';

export type HostEnd = {
  readonly panel: Panel;
  readonly keys: PanelKey[];
  /** `found …` and `lost …` in their order. */
  readonly news: string[];
};

export function openHost(t: ExecutionContext, description: PanelDescription): HostEnd {
  const keys: PanelKey[] = [];
  const news: string[] = [];
  const panel = openPanel(description, {
    key: (key) => keys.push(key),
    found: (identity) => news.push(`found ${identity}`),
    lost: (reason) => news.push(`lost ${reason}`),
  });
  t.teardown(async () => panel.close());
  return { panel, keys, news };
}

export function emptyFolder(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'hotpair-panel-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** A panel whose port keeps its name when it is pulled out and put back. */
export function openDevice(
  t: ExecutionContext,
  model: SimulatedModel,
  onBytes?: (bytes: Buffer) => void,
): SimulatedPanel {
  const link = join(emptyFolder(t), 'panel');
  const panel = openSimulatedPanel({ model, link, ...(onBytes === undefined ? {} : { onBytes }) });
  t.teardown(() => panel.close());
  return panel;
}

/** The driver for a model at the port of a simulated panel. */
export function driverFor(model: SimulatedModel, device: string): PanelDescription {
  if (model === 'lk204') return { driver: 'matrix-orbital', device, baud: 19_200 };
  return { driver: 'crystalfontz', device, model, baud: model === '635' ? 115_200 : 19_200 };
}

export function steady(...colours: readonly Light['colour'][]): readonly Light[] {
  return colours.map((colour) => ({ colour, blinks: false }));
}

export async function untilShown(panel: SimulatedPanel, text: string): Promise<void> {
  await until(
    `the panel shows "${text}"`,
    () => panel.picture().lines.some((line) => line.includes(text)),
    15_000,
  );
}
