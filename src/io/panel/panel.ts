// A front panel: lines of text, four lights, keys. Three drivers behind one interface; none ever blocks, throws, or asks for more
// than a little memory, whatever the panel does: it is an ornament of the box, and nothing may depend on it.
import { PanelConversation } from './conversation.ts';
import { crystalfontzDialect } from './crystalfontz.ts';
import type { Dialect } from './dialect.ts';
import { lcdprocDialect } from './lcdproc.ts';
import { matrixOrbitalDialect } from './matrixOrbital.ts';
import { serialLine, socketLine } from './panelLine.ts';
import type { OpenLine } from './panelLine.ts';

/** Colour and rhythm of one light. */
export type Light = {
  readonly colour: 'off' | 'green' | 'amber' | 'red';
  readonly blinks: boolean;
};

export type PanelKey = 'up' | 'down' | 'left' | 'right' | 'enter' | 'cancel';

export type PanelEvents = {
  /** Pressed, not released; at most twenty a second. */
  key(key: PanelKey): void;
  /** Found (what it says of itself). */
  found(identity: string): void;
  /** Lost, or not found in the first place: why, each reason once until it is found. It is sought all the while. */
  lost(reason: string): void;
};

export type Panel = {
  /** What the panel, or LCDd, said when it was found; before that what the model has, of LCDproc 20 by 4. */
  readonly columns: number;
  readonly rows: number;
  /** Of LCDproc: without those that LCDd keeps for itself. */
  readonly keys: readonly PanelKey[];
  /** Shows a page: `rows` lines; what does not change is not sent. Never blocks, never throws; the newest page wins. */
  show(lines: readonly string[]): void;
  /** Four lights, top to bottom: box, role, peer, database. */
  light(lights: readonly Light[]): void;
  close(): Promise<void>;
};

export type PanelDescription =
  | {
      readonly driver: 'crystalfontz';
      readonly device: string;
      readonly model: '635' | '633';
      readonly baud: number;
    }
  | { readonly driver: 'matrix-orbital'; readonly device: string; readonly baud: number }
  | { readonly driver: 'lcdproc'; readonly host: string; readonly port: number };

/** The panel is sought from now on. */
export function openPanel(description: PanelDescription, events: PanelEvents): Panel {
  const [openLine, dialect] = kinds(description);
  const conversation = new PanelConversation(openLine, dialect, events);
  conversation.seek();
  return conversation;
}

function kinds(description: PanelDescription): readonly [OpenLine, Dialect] {
  if (description.driver === 'lcdproc')
    return [socketLine(description.host, description.port), lcdprocDialect()];
  const line = serialLine(description.device, description.baud);
  if (description.driver === 'matrix-orbital') return [line, matrixOrbitalDialect()];
  return [line, crystalfontzDialect(description.model)];
}
