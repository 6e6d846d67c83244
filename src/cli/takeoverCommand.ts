// `hotpair takeover --accept-loss`: a person decides that this box serves, although the other one may have acknowledged
// rows that are not here. What is known about the loss is shown first.
import { createInterface } from 'node:readline/promises';
import { askAgent } from '../daemon/control/controlClient.ts';
import type { Verdict } from '../daemon/commands.ts';
import { readGround } from '../daemon/ground.ts';
import type { StatusJson } from '../daemon/status.ts';
import { configOption, parseCommandLine, refuseExtra, usageError } from './commandLine.ts';
import { exitCodes } from './exitCodes.ts';
import { localTime, roughly } from '../words/localTime.ts';
import { tellVerdict } from './orderText.ts';

const usage = 'hotpair takeover --accept-loss [--peer-is-off] [--yes] [--config FILE]';
const statusDeadlineMs = 5_000;
const takeoverDeadlineMs = 150_000;

export const help = `${usage}

Makes this box primary by the decision of a person. Rows that the other box acknowledged alone are then not served; they
are kept on that box when it comes back. Make sure that the other box is off: nothing here can.
  --accept-loss  says that you know this
  --peer-is-off  says that the other box is off and stays off until it hears this one: needed where the arbiter etcd does not
                 answer, or gave that box the right to go on; otherwise etcd makes sure that it cannot go on as well
  --yes          does not ask again (needed where there is no terminal)
`;

export async function run(argv: readonly string[]): Promise<number> {
  const options = {
    ...configOption,
    'accept-loss': { type: 'boolean' },
    'peer-is-off': { type: 'boolean' },
    yes: { type: 'boolean' },
  } as const;
  const { values, positionals } = parseCommandLine(usage, argv, options);
  refuseExtra(usage, positionals);
  if (values['accept-loss'] !== true) {
    throw usageError(usage, 'rows may be lost by this: --accept-loss says that you accept it');
  }
  const { runDirectory } = readGround(values.config).config.state;
  const status = (await askAgent(
    runDirectory,
    { command: 'status' },
    statusDeadlineMs,
  )) as StatusJson;
  process.stdout.write(lossText(status));
  if (values.yes !== true && !(await isConfirmed())) {
    process.stdout.write('nothing was changed\n');
    return exitCodes.failed;
  }
  const peerIsOff = values['peer-is-off'] === true;
  const order = { command: 'takeover', peerIsOff } as const;
  const result = await askAgent(runDirectory, order, takeoverDeadlineMs);
  return tellVerdict(result as Verdict);
}

/** What may be lost, as far as this box can know. */
export function lossText(status: StatusJson): string {
  const { lastContact, silentMs, database, peerStatus, mode, epoch, peerHeard } = status;
  const contact =
    lastContact === null || silentMs === null
      ? 'The other box was never heard since this agent started: what it has done since is unknown.'
      : `The other box was last heard at ${localTime(lastContact)}, ${roughly(silentMs)} ago; what it acknowledged alone since then is lost.`;
  const own = `This box: ${mode ?? 'no record'}${epoch === null ? '' : ` in epoch ${epoch}`}, its log ends at ${position(database.lsn)}.`;
  const theirs = `The other box said last that its log ends at ${position(peerStatus?.lsn ?? null)}${behind(status)}.`;
  const warning = peerHeard
    ? 'The other box is heard at this moment: a switchover loses nothing.\n'
    : '';
  return `${contact}\n${own}\n${theirs}\n${warning}`;
}

function behind({ database, peerStatus }: StatusJson): string {
  if (database.lsn === null || peerStatus === null || peerStatus.lsn === null) return '';
  const bytes = BigInt(peerStatus.lsn) - BigInt(database.lsn);
  return bytes > 0n ? `: ${bytes} bytes of log are not on this box` : '';
}

/** PostgreSQL's way to write a log position. */
function position(lsn: string | null): string {
  if (lsn === null) return 'an unknown position';
  const value = BigInt(lsn);
  return `${(value >> 32n).toString(16)}/${(value & 0xffff_ffffn).toString(16)}`.toUpperCase();
}

async function isConfirmed(): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw usageError(usage, 'there is no terminal to ask at: --yes is needed');
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await terminal.question(
      'Is the other box off, and shall this one take over? Type yes: ',
    );
    return answer.trim() === 'yes';
  } finally {
    terminal.close();
  }
}
