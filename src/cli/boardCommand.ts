// `hotpair board list|show`: which boards this program knows, which one this machine is, and what it settles.
import { stringify } from 'yaml';
import { boardCalled, type BoardProfile, boardProfiles } from '../config/boardProfile.ts';
import { type ChosenBoard, recogniseBoard } from '../config/board.ts';
import { loadConfig } from '../config/load.ts';
import { type Machine, readMachine } from '../config/machine.ts';
import { HotpairError } from '../protocol/hotpairError.ts';
import { configOption, parseCommandLine, refuseExtra, usageError } from './commandLine.ts';
import { exitCodes } from './exitCodes.ts';

const usage = 'hotpair board list|show [NAME] [--json] [--config FILE]';

export const help = `${usage}

  list          the boards that this program knows; an asterisk stands before that of this machine
  show [NAME]   what a board settles as defaults of hotpair.yaml; without a name the one in force here: the configuration
                names it, or the firmware (DMI) or the device tree does
  --json        the same for programs
`;

export async function run(argv: readonly string[]): Promise<number> {
  const options = { ...configOption, json: { type: 'boolean', default: false } } as const;
  const { values, positionals } = parseCommandLine(usage, argv, options);
  const [word, name, ...extra] = positionals;
  refuseExtra(usage, extra);
  switch (word) {
    case 'list':
      refuseExtra(usage, name === undefined ? [] : [name]);
      write(values.json ? listJson(readMachine()) : listText(readMachine()));
      return exitCodes.ok;
    case 'show': {
      const shown = name === undefined ? boardInForce(values.config) : namedBoard(name);
      write(values.json ? `${JSON.stringify(shown, undefined, 2)}\n` : boardText(shown));
      return exitCodes.ok;
    }
    case undefined:
      throw usageError(usage, 'list or show is missing');
    default:
      throw usageError(usage, `${word} is not expected here`);
  }
}

function write(text: string): void {
  process.stdout.write(text);
}

type Shown = BoardProfile & { readonly foundBy: ChosenBoard['foundBy'] };

function namedBoard(name: string): Shown {
  const profile = boardCalled(name);
  if (profile !== undefined) return { ...profile, foundBy: 'name' };
  throw new HotpairError('BOARD_UNKNOWN', 'no board is called so', {
    seen: name,
    allowed: boardProfiles()
      .map((board) => board.name)
      .join(', '),
    exitCode: exitCodes.refusedInput,
  });
}

/** What the configuration says; where there is none that can be used, what the machine says. */
function boardInForce(configPath: string): Shown {
  const machine = readMachine();
  const loaded = loadConfig(configPath);
  const chosen = 'config' in loaded ? loaded.board : recogniseBoard(machine);
  if (chosen !== null) return { ...chosen.profile, foundBy: chosen.foundBy };
  throw new HotpairError('BOARD_UNKNOWN', 'this machine is no board that is known', {
    seen: machineText(machine),
    allowed: 'a name of `hotpair board list` as `board:` of the configuration',
    exitCode: exitCodes.refusedInput,
  });
}

function machineText({ vendor, product, board, compatible }: Machine): string {
  const said = [vendor, product, board, ...compatible].filter((each) => each !== '');
  return said.length === 0 ? 'neither DMI nor a device tree' : said.join(', ');
}

/** One line for each board. */
export function listText(machine: Machine): string {
  const here = recogniseBoard(machine)?.profile.name;
  const width = Math.max(...boardProfiles().map(({ name }) => name.length));
  return boardProfiles()
    .map(({ name, title }) => `${name === here ? '*' : ' '} ${name.padEnd(width)}  ${title}\n`)
    .join('');
}

function listJson(machine: Machine): string {
  const here = recogniseBoard(machine)?.profile.name ?? null;
  return `${JSON.stringify({ machine, here, boards: boardProfiles() }, undefined, 2)}\n`;
}

/** A board as people read it. */
export function boardText({ name, title, about, match, configuration, foundBy }: Shown): string {
  const dmi = match.dmi.map((each) => `DMI ${Object.values(each).join(' / ')}`);
  const tree = match.deviceTree.map((each) => `device tree ${each}`);
  const marks = [...dmi, ...tree].join(', ');
  return `${name}: ${title}${foundBy === 'name' ? '' : ` (found by ${foundBy})`}

${about}

recognised by: ${marks === '' ? 'its name alone' : marks}
defaults of the configuration:
${stringify(configuration).trimEnd().replaceAll(/^/gm, '  ')}
`;
}
