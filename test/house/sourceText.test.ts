// The splitter that the house rules stand on: what it calls code, comment and string.

import test from 'ava';
import { lineAt, splitSource } from './sourceText.ts';

function code(text: string): string {
  return splitSource(text).code.replace(/\s+/g, ' ').trim();
}

test('comments and strings are not code', (t) => {
  t.is(code('a(\'b\'); // c\n/* d */ e("f");'), 'a( ); e( );');
});

test('a quote in a comment and a comment in a string change nothing behind them', (t) => {
  t.is(code("// don't\na('//'); b();"), 'a( ); b();');
});

test('an escaped quote does not end its string', (t) => {
  t.is(code(String.raw`a('it\'s', b);`), 'a( , b);');
});

test('what stands in the hole of a template is code, with holes and braces inside it', (t) => {
  t.is(code('x(`one ${a({ b: `two ${c} two` })} one`, d);'), 'x( a({ b: c }) , d);');
});

test('a regular expression with quotes is no string; a division is no regular expression', (t) => {
  t.is(code(String.raw`a(/['"\/]/g, b); c = d / e / f;`), 'a( g, b); c = d / e / f;');
});

test('comments are kept apart, and everything keeps its line', (t) => {
  const text = "a();\n// say 'why'\nb('c');\n";
  const parts = splitSource(text);
  t.is(parts.comments.trim(), "// say 'why'");
  t.is(parts.codeAndStrings.replace(/\s+/g, ' ').trim(), "a(); b('c');");
  t.is(lineAt(parts.code, parts.code.indexOf('b')), 3);
  t.is(parts.code.length, text.length);
});
