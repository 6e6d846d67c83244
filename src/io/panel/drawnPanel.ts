// A simulated panel as text: a frame around the display, a lamp at the end of each line. For terminals, documents and tests.
import type { LampColour, PanelPicture } from './simulatedScreen.ts';

/** Lamps are told by their letter, so that a picture without colours says the same. */
const letters: Readonly<Record<LampColour, string>> = {
  off: '.',
  green: 'G',
  amber: 'A',
  red: 'R',
};
const colours: Readonly<Record<LampColour, string>> = {
  off: '\u001B[2m',
  green: '\u001B[1;32m',
  amber: '\u001B[1;33m',
  red: '\u001B[1;31m',
};
const plain = '\u001B[0m';

/** Lines of one width; `coloured` with escape sequences of a terminal. */
export function drawPanel(picture: PanelPicture, coloured: boolean): readonly string[] {
  const width = picture.lines[0]?.length ?? 0;
  const edge = '─'.repeat(width + 2);
  const rows = Math.max(picture.lines.length, picture.lamps.length);
  return [
    `┌${edge}┐`,
    ...Array.from({ length: rows }, (_, row) => {
      const line = picture.lines[row] ?? ' '.repeat(width);
      const lamp = picture.lamps[row];
      const shown = lamp === undefined ? '' : ` (${drawLamp(lamp, coloured)})`;
      return `│ ${picture.isLit || !coloured ? line : `\u001B[2m${line}${plain}`} │${shown}`;
    }),
    `└${edge}┘`,
  ];
}

function drawLamp(colour: LampColour, coloured: boolean): string {
  return coloured ? `${colours[colour]}${letters[colour]}${plain}` : letters[colour];
}
