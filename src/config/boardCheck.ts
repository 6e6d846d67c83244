// What is wrong with a profile: keys that are none of the hardware's, and values that the configuration would refuse.
// Asked by the build and by a test, so that no box meets a board that is not in order.
import { withBoard } from './board.ts';
import { boardKeys, type BoardProfile } from './boardProfile.ts';
import { completeConfig } from './config.ts';
import { isWarning } from './complaint.ts';
import { findingsOf } from './relations.ts';
import { isValues, type Values } from './repair.ts';
import { configSchema } from './schema.ts';
import { dottedName } from './source.ts';

/** Sentences that name the board and the key; none where all is well. */
export function checkBoard(board: BoardProfile): readonly string[] {
  const strangers = strangeKeys(board.configuration, '');
  const said = strangers.length > 0 ? strangers.map(notOurs) : refusals(board);
  return said.map((sentence) => `board/${board.name}/board.yaml: ${sentence}`);
}

function notOurs(key: string): string {
  return `${key} is no key that a board settles`;
}

function strangeKeys(values: Values, prefix: string): readonly string[] {
  return Object.entries(values).flatMap(([name, value]): readonly string[] => {
    const key = prefix + name;
    if (boardKeys.includes(key)) return [];
    return isValues(value) ? strangeKeys(value, `${key}.`) : [key];
  });
}

/** The least that a file has to say beside the board. */
const site: Values = {
  node: { name: 'box-a' },
  board: 'none',
  heartbeat: { address: '169.254.69.1/30', peer: '169.254.69.2' },
  service: { addresses: ['192.0.2.10/24'], references: ['192.0.2.1', '192.0.2.2'] },
};

function refusals(board: BoardProfile): readonly string[] {
  const read = configSchema().safeParse(withBoard(site, board));
  if (!read.success) {
    return read.error.issues.map(({ path, message }) => `${dottedName(path)}: ${message}`);
  }
  return findingsOf(completeConfig(read.data), () => true)
    .filter(({ code }) => !isWarning({ code, line: 0, column: 0, key: '', message: '' }))
    .map(({ code, message }) => `${code}: ${message}`);
}
