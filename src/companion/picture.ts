// A panel as text, drawn like a simulated one: its lines in a frame, its lights beside them. For people at a distance, and for the
// documents.
import { drawPanel } from '../io/panel/drawnPanel.ts';
import { lightNames, lightsOf, lightText } from './lights.ts';
import type { Size } from './pageText.ts';
import type { PageName } from './pages/page.ts';
import { glanceAt } from './pages/pages.ts';
import type { View } from './view.ts';

/** The page of a panel of this size; one with fewer lines than lights has its lights elsewhere. */
export function pagePicture(page: PageName, view: View, size: Size): string {
  const lights = lightsOf(view);
  const lamps = size.rows < lightNames.length ? [] : lightNames.map((name) => lights[name].colour);
  const picture = { lines: glanceAt(page, view, size), lamps, isLit: true };
  return drawPanel(picture, false)
    .map((line) => `${line}\n`)
    .join('');
}

/** `box green   role green   peer green   database green` */
export function lightsLine(view: View): string {
  const lights = lightsOf(view);
  return lightNames.map((name) => `${name} ${lightText(lights[name])}`).join('   ');
}
