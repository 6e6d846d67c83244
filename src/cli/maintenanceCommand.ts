// `hotpair maintenance`: pauses takeovers for a while, so that somebody can work on the cables.
import { formatDuration, parseDuration } from '../config/duration.ts';
import { askAgent } from '../daemon/control/controlClient.ts';
import { longestMaintenanceMs } from '../daemon/control/messages.ts';
import { readGround } from '../daemon/ground.ts';
import type { Verdict } from '../daemon/commands.ts';
import { configOption, parseCommandLine, refuseExtra, usageError } from './commandLine.ts';
import { exitCodes } from './exitCodes.ts';
import { localTime } from '../words/localTime.ts';
import { tellVerdict } from './orderText.ts';

const usage = 'hotpair maintenance on|off [--for 2h] [--config FILE]';
const deadlineMs = 10_000;

export const help = `${usage}

Pauses takeovers of this box, or lets them go on. It ends by itself after the given time (2h where none is given, ${formatDuration(longestMaintenanceMs)} at
most) and survives a restart of the agent.
  --for   30m, 2h, 1d
`;

export async function run(argv: readonly string[]): Promise<number> {
  const options = { ...configOption, for: { type: 'string' } } as const;
  const { values, positionals } = parseCommandLine(usage, argv, options);
  const [word, ...extra] = positionals;
  refuseExtra(usage, extra);
  const forMs = wantedMs(word, values.for);
  const { config } = readGround(values.config);
  const result = await askAgent(
    config.state.runDirectory,
    { command: 'maintenance', forMs },
    deadlineMs,
  );
  const verdict = result as Verdict & { readonly until: string | null };
  const status = tellVerdict(verdict);
  if (status === exitCodes.ok && verdict.until !== null)
    process.stdout.write(`until ${localTime(verdict.until)}\n`);
  return status;
}

function wantedMs(word: string | undefined, duration: string | undefined): number | null {
  if (word === 'off' && duration === undefined) return null;
  if (word !== 'on')
    throw usageError(usage, word === 'off' ? '--for belongs to on' : 'on or off is missing');
  const ms = parseDuration(duration ?? '2h');
  if (ms === undefined) throw usageError(usage, `${duration} is no duration such as 30m or 2h`);
  if (ms > 0 && ms <= longestMaintenanceMs) return ms;
  throw usageError(
    usage,
    `${duration} is out of range: up to ${formatDuration(longestMaintenanceMs)}`,
  );
}
