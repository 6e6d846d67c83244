// Every scenario tells the story that its file expects; and the runner itself is held to what it promises, because a
// comparison that cannot fail compares nothing.
import test from 'ava';
import { difference } from './difference.ts';
import { playScenario } from './play.ts';
import { scenarioFiles } from './scenarioFiles.ts';

for (const { name, text } of scenarioFiles()) {
  const title = text.slice(0, text.indexOf('\n'));
  test(`${name.replace('.txt', '')}: ${title}`, (t) => {
    const played = playScenario(name, text);
    t.is(played.failure, null, played.text);
    t.is(played.text, text, difference(text, played.text));
  });
}

test('a scenario begins with its fault, its arbiter, what is expected and why that is safe', (t) => {
  for (const { name, text } of scenarioFiles()) {
    const id = name.slice(0, 3);
    t.regex(
      text,
      new RegExp(`^${id} .+\n\nArbiter: .+\nExpected: (.|\n)+\nWhy it is safe: (.|\n)+\n\n> `),
      name,
    );
  }
});

test('an expectation that is not met fails the scenario, whatever story its file expects', (t) => {
  const script = '> a healthy pair\n> A loses power\n> expect A serves within 1 s\n';
  const { failure, text } = playScenario('Z01.txt', script);
  t.is(failure, 'Z01.txt:3: within 1 s it was never so that A serves');
  t.true(text.includes('B  takes over'));
  t.is(playScenario('Z01.txt', text).failure?.endsWith('it was never so that A serves'), true);
});

test('a word that nobody knows is an error with its file, its line and what is near', (t) => {
  const act = playScenario('Z02.txt', 'Prose.\n\n> a healthy pair\n> A looses power\n');
  t.is(
    act.failure?.startsWith('Z02.txt:4: nobody knows what "A looses power" means; nearest:'),
    true,
  );
  t.true(act.failure?.includes('"BOX loses power"'));
  const claim = playScenario('Z03.txt', '> a healthy pair\n> expect A is happy\n');
  t.regex(
    claim.failure ?? '',
    /^Z03\.txt:2: nobody knows when "A is happy" is so; nearest: "BOX is /,
  );
});

test('an invariant that is broken fails the scenario', (t) => {
  const script = '> a healthy pair\n> eth1 goes silent\n> the LAN is split\n> wait 20 s\n';
  const { failure } = playScenario('Z04.txt', script);
  t.regex(failure ?? '', /^Z04\.txt:4: the invariant I[1-4] is broken: /);
});

test('the same scenario tells the same story twice', (t) => {
  const [first] = scenarioFiles(['A01']);
  t.is(playScenario('A01', first?.text ?? '').text, playScenario('A01', first?.text ?? '').text);
});

test('a story that differs is shown with its neighbours and nothing else', (t) => {
  const expected = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].join('\n');
  const told = ['a', 'b', 'c', 'd', 'x', 'f', 'g'].join('\n');
  t.is(difference(expected, told), '  ...\n  c\n  d\n- e\n+ x\n  f\n  g');
  t.is(difference(expected, expected), '');
});
