// The keys of the panel: a pure machine, driven with times.
import test from 'ava';
import type { PanelKey } from '../../src/io/panel/panel.ts';
import { finish, firstScreen, linesOf, press, wait } from '../../src/companion/screen.ts';
import type { Screen } from '../../src/companion/screen.ts';
import { pageNames } from '../../src/companion/pages/page.ts';
import type { View } from '../../src/companion/view.ts';
import { aView, silentAgent } from './aView.ts';

const large = { columns: 20, rows: 4 };

/** A person: one key a second. */
class Finger {
  screen: Screen = firstScreen(0);
  at = 0;
  orders = 0;
  readonly view: View;

  constructor(view: View = aView()) {
    this.view = view;
  }

  press(...keys: readonly PanelKey[]): string {
    for (const key of keys) this.after(1_000, key);
    return this.lines();
  }

  after(ms: number, key: PanelKey): string {
    this.hit(ms, key);
    return this.lines();
  }

  hit(ms: number, key: PanelKey): void {
    this.at += ms;
    const { screen, order } = press(this.screen, key, this.view, large, this.at);
    this.screen = screen;
    if (order !== null) this.orders += 1;
  }

  wait(ms: number): string {
    this.at += ms;
    this.screen = wait(this.screen, this.at);
    return this.lines();
  }

  lines(): string {
    return linesOf(this.screen, this.view, large, this.at)
      .map((line) => line.trimEnd())
      .join('\n');
  }
}

const toSwitchover: readonly PanelKey[] = ['up'];

test('the arrows go round the pages, CANCEL to the first one', (t) => {
  const finger = new Finger();
  const first = finger.lines();
  t.regex(finger.press('down'), /^Database/);
  t.regex(finger.press('right'), /^eth0/);
  t.regex(finger.press('left'), /^Database/);
  t.is(finger.press('up'), first);
  t.regex(finger.press('up'), /^Exchange/);
  t.is(finger.press('cancel'), first);
  t.is(finger.press(...pageNames.map(() => 'down' as const)), first);
});

test('ENTER shows the details, arrows scroll them to their ends and no further, ENTER goes back', (t) => {
  const finger = new Finger();
  const top = finger.press('enter');
  t.regex(top, /^box-a is primary,/);
  t.is(finger.press('up', 'left'), top);
  const second = finger.press('down');
  t.is(second.split('\n')[0], top.split('\n')[1]);
  const end = finger.press(...Array.from({ length: 200 }, () => 'right' as const));
  t.is(finger.press('down'), end);
  t.not(finger.press('up'), end);
  t.regex(finger.press('enter'), /^box-a +PRIMARY/);
});

test('details that became shorter while they are read still fill the panel', (t) => {
  const finger = new Finger();
  finger.press('enter', ...Array.from({ length: 200 }, () => 'right' as const));
  const short = { ...finger.view, agent: silentAgent };
  const lines = linesOf(finger.screen, short, { columns: 20, rows: 4 }, finger.at);
  t.true(lines.every((line) => line.trim() !== ''));
});

test('a switchover takes two steps: the question says No first, and only Yes and ENTER order it', (t) => {
  const finger = new Finger();
  t.regex(finger.press(...toSwitchover), /box-a gives up\nbeing the primary\nENTER: next step/);
  t.regex(finger.press('enter'), /^Switch over now\?\nbox-a gives up\n.*\n >No</);
  t.regex(finger.press('enter'), /^Exchange the roles/);
  t.regex(finger.press('enter', 'right'), />Yes<$/);
  t.regex(finger.press('cancel'), /^Exchange the roles/);
  t.is(finger.orders, 0);
  t.regex(finger.press('enter', 'down', 'enter'), /^Switchover \.\.\./);
  t.is(finger.orders, 1);
});

test('while a switchover is under way no key does anything; then its end is shown until it is read', (t) => {
  const finger = new Finger();
  finger.press(...toSwitchover, 'enter', 'right', 'enter');
  t.regex(finger.press('enter', 'right', 'cancel', 'enter'), /^Switchover \.\.\.\nfor \d s/);
  t.is(finger.orders, 1);
  finger.screen = finish(finger.screen, 'Not done: the pair is not in step.', finger.at);
  t.is(finger.lines(), 'Not done: the pair\nis not in step.\n\n');
  t.regex(finger.press('cancel'), /^box-a +PRIMARY/);
});

test('a question that nobody answers is withdrawn, a page that nobody reads gives way to the first', (t) => {
  const finger = new Finger();
  finger.press(...toSwitchover, 'enter', 'right');
  t.regex(finger.wait(29_999), />Yes<$/);
  t.regex(finger.wait(1), /^Exchange the roles/);
  t.regex(finger.wait(60_000), /^box-a +PRIMARY/);
  finger.press(...toSwitchover, 'enter', 'right', 'enter');
  t.regex(finger.wait(120_000), /^Switchover/, 'an order has an end of its own');
});

test('ENTER is not heard before the answer could be read', (t) => {
  const finger = new Finger();
  finger.press(...toSwitchover, 'enter', 'right');
  t.regex(finger.after(499, 'enter'), />Yes<$/);
  t.is(finger.orders, 0);
  finger.after(500, 'enter');
  t.is(finger.orders, 1);
});

test('nothing is ordered of a box without a role, or where the agent does not answer', (t) => {
  const views = [aView({ role: 'none', state: 'starting' }), aView({}, { agent: silentAgent })];
  for (const view of views) {
    const finger = new Finger(view);
    finger.press(...toSwitchover, 'enter', 'right', 'enter', 'enter', 'right', 'enter');
    t.is(finger.orders, 0);
  }
});

test('a broken panel that presses keys without a pause orders nothing', (t) => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
  t.log(`SEED=${seed}`);
  let state = seed;
  const draw = (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
  const keys: readonly PanelKey[] = ['up', 'down', 'left', 'right', 'enter', 'cancel'];
  const finger = new Finger();
  for (let each = 0; each < 100_000; each += 1) finger.hit(draw(80), keys[draw(6)] ?? 'up');
  t.is(finger.orders, 0);
});

test('the dot on the first page goes on and off and moves nothing', (t) => {
  const view = aView();
  const screen = firstScreen(0);
  const off = linesOf(screen, view, large, 0, false);
  const on = linesOf(screen, view, large, 0, true);
  t.is(off[0], 'box-a        PRIMARY');
  t.is(on[0], 'box-a      . PRIMARY');
  t.deepEqual(on.slice(1), off.slice(1));
});

test('on the smallest panel the question shows its answers', (t) => {
  const size = { columns: 8, rows: 1 };
  const view = aView();
  let screen = firstScreen(0);
  const shown: string[] = [];
  for (const [index, key] of (['up', 'enter', 'right'] as const).entries()) {
    ({ screen } = press(screen, key, view, size, 1_000 * (index + 1)));
    shown.push(linesOf(screen, view, size, 0).join('|'));
  }
  t.deepEqual(shown.slice(1), ['>No< Yes', 'No >Yes<']);
});
