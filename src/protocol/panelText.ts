// Text for a panel: printable ASCII of exactly one line. Panels have sets of characters of their own and few have accents, so
// letters lose theirs; whatever else could be a command or nonsense on some panel becomes a question mark.

/** Characters that people write and no panel has; each becomes as many as it replaces, so that columns stay where they are. */
const spelled: Readonly<Record<string, string>> = {
  '–': '-',
  '—': '-',
  '‘': "'",
  '’': "'",
  '“': '"',
  '”': '"',
  '…': '.',
  '→': '>',
  '←': '<',
  '↑': '^',
  '↓': 'v',
  '•': '*',
  '·': '.',
  '°': "'",
  '×': 'x',
  ß: 's',
  ø: 'o',
  Ø: 'O',
  ł: 'l',
  Ł: 'L',
  æ: 'a',
  Æ: 'A',
  đ: 'd',
  Đ: 'D',
};

/** So much is looked at of a line, whatever its length; an accent that stands apart counts for one. */
const unitsPerColumn = 8;

/** `text` as one line of printable ASCII, cut or filled with spaces to `columns`. */
export function panelLine(text: string, columns: number): string {
  // An accent is taken off before the letters are counted, so that `é` is one column however it was written.
  const bare = text
    .slice(0, columns * unitsPerColumn)
    .normalize('NFD')
    .replace(/\p{Mark}/gu, '');
  return [...bare].slice(0, columns).map(printable).join('').padEnd(columns);
}

function printable(letter: string): string {
  if (/^[ -~]$/.test(letter)) return letter;
  if (/^\s$/.test(letter)) return ' ';
  return spelled[letter] ?? '?';
}
