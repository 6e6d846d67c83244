// `hotpair update`: what an A/B updater asks before it takes a box out, and which formats this executable has in common with another.
import { accessSync, constants } from 'node:fs';
import { resolve } from 'node:path';
import { askAgent } from '../daemon/control/controlClient.ts';
import { readGround } from '../daemon/ground.ts';
import type { StatusJson } from '../daemon/status.ts';
import { runProgram } from '../kernel/programRun.ts';
import { formatTroubles, ownFormats, parseFormats } from '../daemon/formats.ts';
import { HotpairError } from '../protocol/hotpairError.ts';
import { configOption, parseCommandLine, refuseExtra, usageError } from './commandLine.ts';
import { exitCodes } from './exitCodes.ts';
import { remarks, updateTroubles } from './healthText.ts';

const usage =
  'hotpair update precheck [--with FILE] [--json] [--config FILE], hotpair update formats';
const answerDeadlineMs = 5_000;
/** An executable of a slow flash, read for the first time. */
const programDeadlineMs = 30_000;

export const help = `${usage}

precheck says whether this box may be taken out now to be updated: it is a standby that is in step, the other box serves and is
fit. What speaks against it is printed, a sentence a line. See docs/updates.md for the whole way.
  --with FILE  also whether the new executable FILE understands this one, the other box, and the configuration
  --json       {"ready":..., "against":[...], "remarks":[...]}
Exit status 0 where it may; 4 where not; 3 where the agent does not answer.
formats prints which formats this executable writes and reads.
`;

export async function run(argv: readonly string[]): Promise<number> {
  const options = {
    ...configOption,
    with: { type: 'string' },
    json: { type: 'boolean', default: false },
  } as const;
  const { values, positionals } = parseCommandLine(usage, argv, options);
  const [word, ...extra] = positionals;
  refuseExtra(usage, extra);
  if (word === 'formats') {
    process.stdout.write(`${JSON.stringify(ownFormats)}\n`);
    return exitCodes.ok;
  }
  if (word !== 'precheck') throw usageError(usage, 'precheck or formats is to be named');
  const { config } = readGround(values.config);
  const { runDirectory } = config.state;
  const asked = await askAgent(runDirectory, { command: 'status' }, answerDeadlineMs);
  const status = asked as StatusJson;
  const other =
    values.with === undefined ? [] : await executableTroubles(values.with, values.config);
  const against = [...updateTroubles(status), ...other];
  process.stdout.write(values.json ? jsonText(status, against) : plainText(status, against));
  return against.length === 0 ? exitCodes.ok : exitCodes.notPossibleNow;
}

/** What the new executable cannot read of what is here. */
async function executableTroubles(file: string, configPath: string): Promise<readonly string[]> {
  const program = resolve(file);
  try {
    accessSync(program, constants.X_OK);
  } catch {
    throw new HotpairError('UPDATE_PROGRAM', 'the new executable cannot be run', {
      seen: program,
      exitCode: exitCodes.refusedInput,
    });
  }
  const printed = parseFormats(await outputOf([program, 'update', 'formats']));
  if (printed === null)
    return ['the new executable does not say which formats it has: is it an older hotpair?'];
  const check = await runProgram(runOf([program, 'config', 'check', resolve(configPath)]));
  const isAccepted = check.type === 'ended' && check.code === 0;
  return [
    ...formatTroubles(ownFormats, printed),
    ...(isAccepted
      ? []
      : ['the new executable refuses the configuration: its hotpair config check says why']),
  ];
}

async function outputOf(words: readonly string[]): Promise<string> {
  const end = await runProgram(runOf(words));
  return end.type === 'ended' && end.code === 0 ? end.output : '';
}

function runOf(words: readonly string[]): Parameters<typeof runProgram>[0] {
  const { PATH = '/usr/sbin:/usr/bin:/sbin:/bin' } = process.env;
  return {
    command: words,
    directory: '/',
    environment: { PATH, LANG: 'C.UTF-8' },
    user: null,
    openFiles: null,
    deadlineMs: programDeadlineMs,
  };
}

function plainText(status: StatusJson, against: readonly string[]): string {
  const lines =
    against.length === 0
      ? [`${status.node} may be updated: the other box serves and is fit`]
      : against.map((text) => `not now: ${text}`);
  return [...lines, ...remarks(status).map((text) => `remark: ${text}`)]
    .map((line) => `${line}\n`)
    .join('');
}

function jsonText(status: StatusJson, against: readonly string[]): string {
  return `${JSON.stringify({ ready: against.length === 0, against, remarks: remarks(status) })}\n`;
}
