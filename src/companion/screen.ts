// What the panel shows and what its keys do: a pure machine. Times are monotonic milliseconds and come from outside.
import type { PanelKey } from '../io/panel/panel.ts';
import { filled, fit, wrap } from './pageText.ts';
import type { Size } from './pageText.ts';
import { detailsAt, glanceAt, pages } from './pages/pages.ts';
import { canBeOrdered, switchoverLines } from './pages/switchoverPage.ts';
import type { View } from './view.ts';

export type Screen = {
  readonly shown: Shown;
  /** Of the last key that counted, or of what was shown without one. */
  readonly at: number;
  /** Of the last key at all. */
  readonly keyAt: number;
};

type Shown =
  | { readonly type: 'page'; readonly page: number }
  | { readonly type: 'details'; readonly page: number; readonly top: number }
  /** The second step of a switchover; the answer that is chosen. */
  | { readonly type: 'question'; readonly yes: boolean }
  | { readonly type: 'underWay' }
  | { readonly type: 'outcome'; readonly text: string; readonly top: number };

export type Pressed = { readonly screen: Screen; readonly order: 'switchover' | null };

/** Nobody presses two keys within this time: what comes faster is a broken panel. */
const fastestMs = 80;
/** Nobody has read the question in less. */
const readingMs = 500;
const questionMs = 30_000;
const idleMs = 60_000;

export function firstScreen(at: number): Screen {
  return { shown: { type: 'page', page: 0 }, at, keyAt: -Infinity };
}

/** After a key. */
export function press(screen: Screen, key: PanelKey, view: View, size: Size, at: number): Pressed {
  const isTooFast = at - screen.keyAt < fastestMs;
  const touched = { ...screen, keyAt: at };
  if (isTooFast) return { screen: touched, order: null };
  if (isOrder(screen, key, at))
    return { screen: { shown: { type: 'underWay' }, at, keyAt: at }, order: 'switchover' };
  return { screen: { ...touched, shown: next(screen.shown, key, view, size), at }, order: null };
}

/** A question that nobody answers is withdrawn, and a page that nobody reads gives way to the first one. */
export function wait(screen: Screen, at: number): Screen {
  const { type } = screen.shown;
  if (type === 'question' && at - screen.at >= questionMs)
    return { ...screen, shown: switchover, at };
  const isAway = type !== 'page' || screen.shown.page !== 0;
  if (type === 'underWay' || !isAway || at - screen.at < idleMs) return screen;
  return { ...screen, shown: { type: 'page', page: 0 }, at };
}

/** After the end of an order; `text` says what came of it. */
export function finish(screen: Screen, text: string, at: number): Screen {
  return { ...screen, shown: { type: 'outcome', text, top: 0 }, at };
}

/** The lines of the panel. `beat` changes every second, so that one sees that the panel is alive. */
export function linesOf(
  screen: Screen,
  view: View,
  size: Size,
  at: number,
  beat = false,
): readonly string[] {
  const { shown } = screen;
  if (shown.type === 'page') {
    const lines = glance(shown.page, view, size);
    return shown.page === 0 && beat ? marked(lines) : lines;
  }
  if (shown.type === 'details') return scrolled(detailsOf(shown.page, view, size), shown.top, size);
  if (shown.type === 'question') return questionLines(shown.yes, view, size);
  if (shown.type === 'outcome') return scrolled(wrap(shown.text, size.columns), shown.top, size);
  const seconds = Math.floor((at - screen.at) / 1_000);
  return filled(['Switchover ...', `for ${seconds} s`], size);
}

const switchover: Shown = {
  type: 'page',
  page: pages.findIndex(({ name }) => name === 'switchover'),
};

/** The answer stood there long enough to be read. */
function isOrder({ shown, at: since }: Screen, key: PanelKey, at: number): boolean {
  const isYes = shown.type === 'question' && shown.yes;
  return isYes && key === 'enter' && at - since >= readingMs;
}

function next(shown: Shown, key: PanelKey, view: View, size: Size): Shown {
  if (shown.type === 'page')
    return key === 'enter' ? entered(shown.page, view) : turned(shown.page, key);
  if (shown.type === 'question') return answered(shown.yes, key);
  if (shown.type === 'underWay') return shown;
  const isDetails = shown.type === 'details';
  if (isBack(key)) return { type: 'page', page: isDetails ? shown.page : 0 };
  const lines = isDetails ? detailsOf(shown.page, view, size) : wrap(shown.text, size.columns);
  return { ...shown, top: scrolledTo(shown.top, key, lines.length, size) };
}

/** The first answer is no; an order is none of these. */
function answered(yes: boolean, key: PanelKey): Shown {
  if (key === 'cancel' || (key === 'enter' && !yes)) return switchover;
  return { type: 'question', yes: key === 'enter' ? yes : !yes };
}

/** Panels without a key for it go back with the same key that went in. */
function isBack(key: PanelKey): boolean {
  return key === 'cancel' || key === 'enter';
}

function entered(page: number, { agent }: View): Shown {
  const isSwitchover = pages[page]?.name === 'switchover';
  if (isSwitchover && agent.type === 'answering' && canBeOrdered(agent.status))
    return { type: 'question', yes: false };
  return { type: 'details', page, top: 0 };
}

function turned(page: number, key: PanelKey): Shown {
  if (key === 'cancel') return { type: 'page', page: 0 };
  const step = key === 'down' || key === 'right' ? 1 : -1;
  return { type: 'page', page: (page + step + pages.length) % pages.length };
}

/** A line up or down, or all lines of the panel to either side. */
function scrolledTo(top: number, key: PanelKey, length: number, { rows }: Size): number {
  const steps = { up: -1, down: 1, left: -rows, right: rows, enter: 0, cancel: 0 };
  return Math.max(0, Math.min(top + steps[key], length - rows));
}

function glance(page: number, view: View, size: Size): readonly string[] {
  return glanceAt(pages[page]?.name ?? 'role', view, size);
}

function detailsOf(page: number, view: View, { columns }: Size): readonly string[] {
  return detailsAt(pages[page]?.name ?? 'role', view, columns);
}

/** What is shown may have become shorter since it was scrolled. */
function scrolled(lines: readonly string[], top: number, size: Size): readonly string[] {
  const from = Math.max(0, Math.min(top, lines.length - size.rows));
  return filled(lines.slice(from, from + size.rows), size);
}

function questionLines(yes: boolean, { agent }: View, size: Size): readonly string[] {
  const { columns, rows } = size;
  const answers = yes
    ? fit(columns, '  No     >Yes<', 'No >Yes<')
    : fit(columns, ' >No<     Yes', '>No< Yes');
  const told = agent.type === 'answering' ? switchoverLines(agent.status, columns) : [];
  const lines = rows < 4 ? ['Exchange roles?'] : ['Switch over now?', ...told];
  return filled(rows < 2 ? [answers] : [...lines, answers], size);
}

/** A dot before the last word of the first line, where there is room for it. */
function marked(lines: readonly string[]): readonly string[] {
  const [first = '', ...rest] = lines;
  const end = first.lastIndexOf('  ');
  return end < 0 ? lines : [`${first.slice(0, end)}. ${first.slice(end + 2)}`, ...rest];
}
