// Every order of steps, statements that come late or again, and restarts: the boxes always accept what the other one sends with,
// and from everywhere the exchange can be brought to its end.
import test from 'ava';
import { nextKeyStep } from '../../src/daemon/keyExchangeRules.ts';
import type { HeldKeys } from '../../src/daemon/keyExchangeRules.ts';

/** Keys by letters: k is the old one, a and b those that the boxes offer when asked. */
type Box = HeldKeys;
type State = { readonly boxes: readonly [Box, Box]; readonly said: readonly [string, string] };

const start: Box = { sends: 'k', other: null };

function keyOf({ sends, other }: Box): string {
  return other === null ? sends : `${sends} ${other.role} ${other.fingerprint}`;
}

function parse(text: string): Box {
  const [sends = '', role, fingerprint = ''] = text.split(' ');
  const other = role === 'next' || role === 'previous' ? { role, fingerprint } : null;
  return { sends, other } as Box;
}

/** All that a box has ever said stays on its way for ever: it may be heard late, or again. */
function withBox(state: State, index: 0 | 1, box: Box): State {
  const said = [...new Set([...state.said[index].split(','), keyOf(box)])].toSorted();
  const boxes = index === 0 ? [box, state.boxes[1]] : [state.boxes[0], box];
  const words = index === 0 ? [said.join(), state.said[1]] : [state.said[0], said.join()];
  return { boxes, said: words } as unknown as State;
}

function after(box: Box, step: ReturnType<typeof nextKeyStep>, offered: string): Box {
  const { sends, other } = box;
  if (step === 'takeOffer') return { sends, other: { fingerprint: offered, role: 'next' } };
  if (step === 'dropPrevious') return { sends, other: null };
  if (step === 'sendNext' && other !== null)
    return { sends: other.fingerprint, other: { fingerprint: sends, role: 'previous' } };
  return box;
}

function successors(state: State): readonly State[] {
  const found: State[] = [];
  for (const index of [0, 1] as const) {
    const box = state.boxes[index];
    if (box.sends === 'k' && box.other === null) {
      const fingerprint = index === 0 ? 'a' : 'b';
      found.push(withBox(state, index, { ...box, other: { fingerprint, role: 'next' } }));
    }
    for (const text of state.said[index === 0 ? 1 : 0].split(',')) {
      const said = parse(text);
      const offered = said.other?.role === 'next' ? said.other.fingerprint : null;
      // An offer can be opened by whoever still sends with the key that it was sealed under.
      const opened = said.sends === box.sends ? offered : null;
      const step = nextKeyStep(box, said, opened, true);
      if (step !== null) found.push(withBox(state, index, after(box, step, opened ?? '')));
    }
  }
  return found;
}

function accepts(box: Box, key: string): boolean {
  return box.sends === key || box.other?.fingerprint === key;
}

function explore(): Map<string, { readonly state: State; readonly next: readonly string[] }> {
  const first: State = { boxes: [start, start], said: ['k', 'k'] };
  const known = new Map<string, { readonly state: State; readonly next: readonly string[] }>();
  const waiting = [first];
  for (;;) {
    const state = waiting.pop();
    if (state === undefined) return known;
    const name = JSON.stringify(state);
    if (known.has(name)) continue;
    const next = successors(state);
    known.set(name, { state, next: next.map((each) => JSON.stringify(each)) });
    waiting.push(...next);
  }
}

test('E11: in every order each box accepts what the other one sends with', (t) => {
  const known = explore();
  t.log(`${known.size} states`);
  t.true(known.size > 20);
  for (const { state } of known.values()) {
    const [a, b] = state.boxes;
    t.true(accepts(a, b.sends) && accepts(b, a.sends), JSON.stringify(state.boxes));
  }
});

function isEnd({ boxes: [a, b] }: State): boolean {
  return a.other === null && b.other === null && a.sends === b.sends && a.sends !== 'k';
}

test('E11: an exchange that was begun can be ended from everywhere, with one key on both boxes', (t) => {
  const known = explore();
  const good = new Set([...known].filter(([, { state }]) => isEnd(state)).map(([name]) => name));
  let before = -1;
  while (before !== good.size) {
    before = good.size;
    for (const [name, { next }] of known) if (next.some((each) => good.has(each))) good.add(name);
  }
  t.is(good.size, known.size);
  const ends = [...known.values()].filter(({ state }) => isEnd(state)).map(({ state }) => state);
  // Whichever box began, or both: where both did, it is the lower one.
  const ended = new Set(ends.map(({ boxes }) => boxes[0].sends));
  t.deepEqual([...ended].toSorted(), ['a', 'b']);
});

test('E11: a key is not given up while the database does not go by the new one', (t) => {
  const held: HeldKeys = { sends: 'a', other: { fingerprint: 'k', role: 'previous' } };
  const said: HeldKeys = { sends: 'a', other: null };
  t.is(nextKeyStep(held, said, null, false), null);
  t.is(nextKeyStep(held, said, null, true), 'dropPrevious');
  t.is(nextKeyStep(held, null, null, true), null);
});
