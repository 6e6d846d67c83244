// The front of the box: draws what is known on the panel and its lights, and carries out what its keys ask for. Panel and lights
// come from outside; each may be missing, hang or break without anything else being later for it.
import type { Verdict } from '../daemon/commands.ts';
import type { Leds } from '../io/leds/leds.ts';
import type { Panel, PanelKey } from '../io/panel/panel.ts';
import { monotonicMs } from '../kernel/clock.ts';
import { isHotpairError } from '../protocol/hotpairError.ts';
import { allDark, lightNames, lightsOf } from './lights.ts';
import type { Lights } from './lights.ts';
import { filled, fit } from './pageText.ts';
import type { Size } from './pageText.ts';
import { finish, firstScreen, linesOf, press, wait } from './screen.ts';
import type { View } from './view.ts';

export type FrontOptions = {
  readonly panel: Panel | null;
  readonly leds: Leds | null;
  /** What is known now. */
  readonly view: () => View;
  /** Orders a switchover; resolves with what came of it. */
  readonly order: () => Promise<Verdict>;
  readonly report: (event: string, detail: Readonly<Record<string, unknown>>) => void;
};

export type Front = {
  /** Something else may be known now. */
  draw(): void;
  press(key: PanelKey): void;
  /** The last page says that nobody tells any more: an old state must not stand there as if it were true. */
  close(): Promise<void>;
};

const beatMs = 1_000;
/** So long the last page may take on its way to a panel. */
const farewellMs = 300;

export function openFront(options: FrontOptions): Front {
  const { panel, leds, view, order, report } = options;
  let screen = firstScreen(monotonicMs());
  let beat = false;

  const timer = setInterval(() => {
    beat = !beat;
    screen = wait(screen, monotonicMs());
    draw();
  }, beatMs);

  function draw(): void {
    const known = view();
    panel?.show(linesOf(screen, known, panel, monotonicMs(), beat));
    light(lightsOf(known));
  }

  function light(lights: Lights): void {
    panel?.light(lightNames.map((name) => lights[name]));
    leds?.show(lights);
  }

  async function switchOver(): Promise<void> {
    report('panelSwitchover', {});
    const text = await outcome(order);
    report('panelSwitchoverEnded', { text });
    screen = finish(screen, text, monotonicMs());
    draw();
  }

  return {
    draw,
    press(key) {
      if (panel === null) return;
      const pressed = press(screen, key, view(), panel, monotonicMs());
      screen = pressed.screen;
      if (pressed.order !== null) void switchOver();
      draw();
    },
    async close() {
      clearInterval(timer);
      const { node } = view().place;
      if (panel !== null) panel.show(farewellPage(node, panel));
      light(allDark);
      const farewell = new Promise<void>((resolve) => {
        setTimeout(resolve, panel === null ? 0 : farewellMs);
      });
      await Promise.all([leds?.close(), farewell]);
      await panel?.close();
    },
  };
}

function farewellPage(node: string, size: Size): readonly string[] {
  const { columns } = size;
  const off = fit(columns, 'panel switched off', 'panel is off');
  return filled([node, off, fit(columns, 'hotpair status tells', 'hotpair status')], size);
}

/** In a sentence; what is not known is said to be so. */
async function outcome(order: () => Promise<Verdict>): Promise<string> {
  try {
    const { ok, text } = await order();
    return ok ? `Done: ${text}.` : `Not done: ${text}.`;
  } catch (error) {
    const why = isHotpairError(error) ? error.message : String(error);
    return `Not known how it ended: ${why}. The first page tells what is.`;
  }
}
