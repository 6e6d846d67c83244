// Which board a configuration is for, and what that board settles where the file says nothing.
import { boardCalled, boardKeys, type BoardProfile, boardProfiles } from './boardProfile.ts';
import type { Machine } from './machine.ts';
import { isValues, type Values } from './repair.ts';

/** A board and why it is this one. */
export type ChosenBoard = {
  readonly profile: BoardProfile;
  readonly foundBy: 'name' | 'DMI' | 'device tree';
};

/** The board that `board:` means; null where it means none or where no such board is known. */
export function chooseBoard(word: unknown, machine: Machine): ChosenBoard | null {
  if (word === undefined || word === null || word === 'auto') return recogniseBoard(machine);
  const profile = typeof word === 'string' ? boardCalled(word) : undefined;
  return profile === undefined ? null : { profile, foundBy: 'name' };
}

/** The first board that the machine says it is. */
export function recogniseBoard(
  machine: Machine,
  profiles: readonly BoardProfile[] = boardProfiles(),
): ChosenBoard | null {
  const byDmi = profiles.find(({ match }) => match.dmi.some((each) => isSaid(each, machine)));
  if (byDmi !== undefined) return { profile: byDmi, foundBy: 'DMI' };
  // The device tree names the board first and then what it is like: an exact match wins.
  for (const name of machine.compatible) {
    const byTree = profiles.find(({ match }) => match.deviceTree.includes(name));
    if (byTree !== undefined) return { profile: byTree, foundBy: 'device tree' };
  }
  return null;
}

function isSaid(
  { vendor, product, board }: BoardProfile['match']['dmi'][number],
  machine: Machine,
): boolean {
  return (
    product === machine.product &&
    (vendor === undefined || vendor === machine.vendor) &&
    (board === undefined || board === machine.board)
  );
}

/** The file's values, and under them those of the board. */
export function withBoard(values: unknown, { configuration }: BoardProfile): unknown {
  const file = values ?? {};
  return isValues(file) ? merged(file, configuration, '') : values;
}

/** The keys that the board settles because the file does not write them, by their dotted names. */
export function keysFromBoard(
  values: unknown,
  { configuration }: BoardProfile,
): ReadonlySet<string> {
  return new Set(unwritten(isValues(values) ? values : {}, configuration, ''));
}

// A panel or its lights are described as a whole: half of one driver and half of another make none.
function isWhole(name: string, value: unknown): boolean {
  return boardKeys.includes(name) || !isValues(value);
}

/** A section that is written and holds nothing says that there is none, with braces or without. */
function hasKeys(written: unknown): written is Values {
  return isValues(written) && Object.keys(written).length > 0;
}

function merged(file: Values, board: Values, prefix: string): Values {
  return Object.entries(board).reduce<Values>((rest, [name, value]) => {
    const written = rest[name];
    // Also where nothing stands behind the key: that is how a file says that there is no panel.
    if (!Object.hasOwn(rest, name)) return { ...rest, [name]: value };
    if (isWhole(prefix + name, value) || !isValues(value) || !hasKeys(written)) return rest;
    return { ...rest, [name]: merged(written, value, `${prefix}${name}.`) };
  }, file);
}

function unwritten(file: Values, board: Values, prefix: string): readonly string[] {
  return Object.entries(board).flatMap(([name, value]): readonly string[] => {
    const key = prefix + name;
    if (!Object.hasOwn(file, name)) return leavesOf(value, key);
    const written = file[name];
    if (isWhole(key, value) || !isValues(value) || !hasKeys(written)) return [];
    return unwritten(written, value, `${key}.`);
  });
}

function leavesOf(value: unknown, key: string): readonly string[] {
  if (!isValues(value)) return [key];
  return Object.entries(value).flatMap(([name, inner]) => leavesOf(inner, `${key}.${name}`));
}
