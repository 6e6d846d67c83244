// The parts of docs/panel.md that are made by the code of the panel: the table of lights and a picture of each page.
import { join } from 'node:path';
import { lightTable } from '../../src/companion/lights.ts';
import { pageNames } from '../../src/companion/pages/page.ts';
import { pagePicture } from '../../src/companion/picture.ts';
import type { View } from '../../src/companion/view.ts';
import { aView, silentAgent } from './aView.ts';

// The pictures show times of the day.
process.env['TZ'] = 'UTC';

export const panelDocument = join(import.meta.dirname, '../../docs/panel.md');

const large = { columns: 20, rows: 4 };
const small = { columns: 16, rows: 2 };

/** The document with everything between the marks made anew. */
export function rewritten(text: string): string {
  const parts: Readonly<Record<string, string>> = {
    lights: lightsTable(),
    pages: pageNames.map((name) => pictureOf(name, aView())).join('\n\n'),
    silent: pictureOf('role', aView({}, { agent: silentAgent })),
    solo: pictureOf('role', soloView()),
  };
  return Object.entries(parts).reduce((whole, [name, part]) => {
    const [begin, end] = [`<!-- ${name}: made by a test -->\n`, `<!-- end of ${name} -->`];
    const [before, rest] = split(whole, begin);
    const [, after] = split(rest, end);
    return `${before}${begin}\n${part}\n\n${end}${after}`;
  }, text);
}

function split(text: string, mark: string): readonly [string, string] {
  const at = text.indexOf(mark);
  if (at < 0) throw new Error(`docs/panel.md has no mark ${mark}`);
  return [text.slice(0, at), text.slice(at + mark.length)];
}

function soloView(): View {
  return aView({
    state: 'solo',
    mode: 'solo',
    alarms: ['unprotected', 'pathSilent'],
    peerHeard: false,
    silentMs: 12_000,
  });
}

function lightsTable(): string {
  const rows = lightTable().map(({ light, shown, means }) => `| ${light} | ${shown} | ${means} |`);
  return ['| Light | Shows | Means |', '| --- | --- | --- |', ...rows].join('\n');
}

/** Both sizes beside one another, so that the document stays short. */
function pictureOf(name: (typeof pageNames)[number], view: View): string {
  const [left, right] = [large, small].map((size) => pagePicture(name, view, size).split('\n'));
  const width = Math.max(...(left ?? []).map((line) => line.length)) + 3;
  const lines = (left ?? []).map((line, row) =>
    `${line.padEnd(width)}${right?.[row] ?? ''}`.trimEnd(),
  );
  return `\`${name}\`\n\n\`\`\`text\n${lines.join('\n').trimEnd()}\n\`\`\``;
}
