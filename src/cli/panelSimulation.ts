// A front panel drawn on a terminal, with the keys of the keyboard: a simulated panel on a pseudo terminal, so that everything
// between the pages and the bytes on the line is what a real panel gets.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCompanion } from '../companion/companion.ts';
import type { Config } from '../config/config.ts';
import { companionSettings } from '../daemon/companionDescription.ts';
import type { CompanionSettings } from '../daemon/companionDescription.ts';
import type { Verdict } from '../daemon/commands.ts';
import { askAgent } from '../daemon/control/controlClient.ts';
import { drawPanel } from '../io/panel/drawnPanel.ts';
import { openSimulatedPanel } from '../io/panel/simulatedPanel.ts';
import type { SimulatedModel, SimulatedPanel } from '../io/panel/simulatedPanel.ts';
import type { PanelDescription, PanelKey } from '../io/panel/panel.ts';
import { HotpairError } from '../protocol/hotpairError.ts';
import { exitCodes } from './exitCodes.ts';

export type SimulationOptions = {
  readonly model: SimulatedModel;
  /** A name for the port; a companion that is configured for it draws. Null: this process draws what the agent tells. */
  readonly link: string | null;
  readonly config: () => Config;
};

const answerDeadlineMs = 3_000;
const orderDeadlineMs = 150_000;
const redrawMs = 50;

/** Runs until q, Ctrl-C or SIGTERM; returns the exit status. */
export async function simulatePanel(options: SimulationOptions): Promise<number> {
  const { model, link } = options;
  const config = link === null ? options.config() : null;
  // A name of its own, always: the number of the terminal may be another program's when the panel is plugged in again.
  const folder = link === null ? mkdtempSync(join(tmpdir(), 'hotpair-panel-')) : null;
  const name = link ?? join(folder ?? '', 'panel');
  let isDue = true;
  const panel = openNamed(model, name, () => {
    isDue = true;
  });
  let note = '';
  const drawing = setInterval(() => {
    if (!isDue) return;
    isDue = false;
    process.stdout.write(pictureText(panel, note));
  }, redrawMs);
  const companion = config === null ? null : await beside(panel, model, config);
  try {
    await untilEnded((text) => {
      const key = keys[text];
      if (key !== undefined) panel.press(key);
      if (text === 'u') note = note === '' ? pullOut(panel) : plugIn(panel);
      isDue = true;
    });
  } finally {
    await companion?.close();
    clearInterval(drawing);
    panel.close();
    if (folder !== null) rmSync(folder, { recursive: true, force: true });
  }
  return exitCodes.ok;
}

function openNamed(model: SimulatedModel, link: string, onChange: () => void): SimulatedPanel {
  try {
    return openSimulatedPanel({ model, link, onChange });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new HotpairError('USAGE', `the port cannot get this name: ${why}`, {
      seen: link,
      allowed: 'a name that is not taken, in a folder that exists',
      exitCode: exitCodes.refusedInput,
    });
  }
}

/** A companion of its own, for this panel alone: that of the box, if there is one, goes on as it is. */
async function beside(panel: SimulatedPanel, model: SimulatedModel, config: Config) {
  const none = {};
  const settings: CompanionSettings = {
    ...companionSettings(config),
    panel: description(panel.path, model),
    leds: { box: none, role: none, peer: none, database: none },
  };
  const { runDirectory } = settings;
  return openCompanion({
    settings,
    ask: () => askAgent(runDirectory, { command: 'status' }, answerDeadlineMs),
    order: async () =>
      (await askAgent(runDirectory, { command: 'switchover' }, orderDeadlineMs)) as Verdict,
    // The picture says it.
    report: () => undefined,
  });
}

function description(device: string, model: SimulatedModel): PanelDescription {
  if (model === 'lk204') return { driver: 'matrix-orbital', device, baud: 19_200 };
  return { driver: 'crystalfontz', device, model, baud: model === '635' ? 115_200 : 19_200 };
}

function pictureText(panel: SimulatedPanel, note: string): string {
  const isTerminal = process.stdout.isTTY;
  const lines = drawPanel(panel.picture(), isTerminal);
  const text = `${lines.join('\n')}\nport ${panel.path}${note === '' ? '' : `, ${note}`}\n`;
  if (!isTerminal) return text;
  // Home and clear: the picture stays in its place.
  return `\u001b[H\u001b[J${text}\narrows, Enter, Esc: keys of the panel   u: its plug   q: ends\n`;
}

const keys: Readonly<Record<string, PanelKey>> = {
  '\u001b[A': 'up',
  '\u001b[B': 'down',
  '\u001b[C': 'right',
  '\u001b[D': 'left',
  '\r': 'enter',
  '\n': 'enter',
  '\u001b': 'cancel',
  '\u007f': 'cancel',
};

/** Both return what is to be said of it. */
function pullOut(panel: SimulatedPanel): string {
  panel.unplug();
  return 'unplugged';
}

function plugIn(panel: SimulatedPanel): string {
  panel.plug();
  return '';
}

const ends = ['q', '\u0003', '\u0004'];

/** Calls `struck` with each key of the keyboard until one of them ends it, or a signal does. */
async function untilEnded(struck: (text: string) => void): Promise<void> {
  const { stdin } = process;
  const isKeyboard = stdin.isTTY;
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
    if (!isKeyboard) return;
    stdin.setRawMode(true);
    stdin.setEncoding('utf8');
    stdin.on('data', (text: string) => {
      if (ends.includes(text)) resolve();
      else struck(text);
    });
    stdin.once('end', () => resolve());
  });
  if (!isKeyboard) return;
  stdin.setRawMode(false);
  stdin.pause();
}
