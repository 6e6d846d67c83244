// The text of a scenario: prose, commands (`> ...`) and under each the story that it is expected to tell, indented.
// Rewriting keeps prose and commands and puts another story in place.

export type ScriptLine =
  | { readonly kind: 'prose'; readonly text: string; readonly number: number }
  | { readonly kind: 'command'; readonly text: string; readonly number: number };

const storyIndent = '    ';
const commandMark = '> ';

/** Prose and commands with their line numbers, from 1; the story that is there already is left out. */
export function scriptLines(text: string): readonly ScriptLine[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line, index) => ({ line, number: index + 1 }))
    .filter(({ line }) => !line.startsWith(storyIndent))
    .map(({ line, number }) =>
      line.startsWith(commandMark)
        ? { kind: 'command', text: line.slice(commandMark.length).trim(), number }
        : { kind: 'prose', text: line, number },
    );
}

export function commandText(line: ScriptLine): string {
  return line.kind === 'command' ? `${commandMark}${line.text}` : line.text;
}

export function storyText(line: string): string {
  return `${storyIndent}${line}`.trimEnd();
}
