// `hotpair health`: is the pair well, for scripts and for updaters that keep or drop what they installed. With --wait it watches until
// that has been true for a while.
import { setTimeout as delay } from 'node:timers/promises';
import { parseDuration } from '../config/duration.ts';
import { askAgent } from '../daemon/control/controlClient.ts';
import { readGround } from '../daemon/ground.ts';
import type { StatusJson } from '../daemon/status.ts';
import { isHotpairError } from '../protocol/hotpairError.ts';
import { configOption, parseCommandLine, refuseExtra, usageError } from './commandLine.ts';
import { exitCodes } from './exitCodes.ts';
import { boxTroubles, pairTroubles, remarks } from './healthText.ts';

const usage =
  'hotpair health [--wait [--for 30s] [--timeout 10m]] [--local] [--json] [--config FILE]';
const answerDeadlineMs = 3_000;
const lookMs = 500;
const longestMs = 24 * 3_600_000;

export const help = `${usage}

Says whether the pair is well: both boxes are heard and fit, every commit is on both, either could lose power now. What is
missing is printed, a sentence a line.
  --wait     until it is so, and has been for the time of --for without a break
  --for      30s where nothing is said; a look every half second
  --timeout  how long to wait at most, 10m where nothing is said
  --local    this box alone: it has a role, its database answers, its services run. For an updater that must not drop a good
             system because the other box is away
  --json     {"healthy":..., "missing":[...], "remarks":[...]}
Exit status 0 where it is well; 4 where not (without --wait); 3 where the agent does not answer; 5 where it was not in time.
`;

/** One look: null where the agent does not answer. */
type Look = { readonly missing: readonly string[]; readonly remarks: readonly string[] } | null;

export async function run(argv: readonly string[]): Promise<number> {
  const options = {
    ...configOption,
    wait: { type: 'boolean', default: false },
    for: { type: 'string' },
    timeout: { type: 'string' },
    local: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  } as const;
  const { values, positionals } = parseCommandLine(usage, argv, options);
  refuseExtra(usage, positionals);
  if (!values.wait && (values.for !== undefined || values.timeout !== undefined))
    throw usageError(usage, '--for and --timeout belong to --wait');
  const steadyMs = durationOf('--for', values.for ?? '30s');
  const timeoutMs = durationOf('--timeout', values.timeout ?? '10m');
  if (steadyMs > timeoutMs) throw usageError(usage, '--for is longer than --timeout');
  const { runDirectory } = readGround(values.config).config.state;
  const look = async (): Promise<Look> => lookAt(runDirectory, values.local);
  const tell = values.json ? jsonText : plainText;
  if (!values.wait) {
    const seen = await look();
    process.stdout.write(tell(seen, 0));
    if (seen === null) return exitCodes.notAnswering;
    return seen.missing.length === 0 ? exitCodes.ok : exitCodes.notPossibleNow;
  }
  const { seen, isWell } = await untilWell(look, steadyMs, timeoutMs);
  process.stdout.write(tell(seen, isWell ? steadyMs : 0));
  return isWell ? exitCodes.ok : exitCodes.deadline;
}

function durationOf(option: string, text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms <= longestMs) return ms;
  throw usageError(usage, `${option}: ${text} is no duration such as 30s or 10m, up to 24h`);
}

async function lookAt(runDirectory: string, local: boolean): Promise<Look> {
  try {
    const asked = await askAgent(runDirectory, { command: 'status' }, answerDeadlineMs);
    const status = asked as StatusJson;
    const missing = local ? boxTroubles(status) : pairTroubles(status);
    return { missing, remarks: remarks(status) };
  } catch (error) {
    const isDown =
      isHotpairError(error, 'AGENT_NOT_ANSWERING') || isHotpairError(error, 'COMMAND_DEADLINE');
    if (isDown) return null;
    throw error;
  }
}

async function untilWell(
  look: () => Promise<Look>,
  steadyMs: number,
  timeoutMs: number,
): Promise<{ readonly seen: Look; readonly isWell: boolean }> {
  const endsAt = performance.now() + timeoutMs;
  let wellSince: number | null = null;
  for (;;) {
    const seen = await look();
    const now = performance.now();
    wellSince = seen?.missing.length === 0 ? (wellSince ?? now) : null;
    if (wellSince !== null && now - wellSince >= steadyMs) return { seen, isWell: true };
    if (now >= endsAt) return { seen, isWell: false };
    await delay(lookMs);
  }
}

function plainText(seen: Look, steadyMs: number): string {
  if (seen === null) return 'not well: the agent does not run or does not answer\n';
  const { missing, remarks: also } = seen;
  const lines =
    missing.length > 0
      ? missing.map((text) => `not well: ${text}`)
      : [steadyMs > 0 ? `well, for ${Math.round(steadyMs / 1000)} s without a break` : 'well'];
  return [...lines, ...also.map((text) => `remark: ${text}`)].map((line) => `${line}\n`).join('');
}

function jsonText(seen: Look, steadyMs: number): string {
  const healthy = seen !== null && seen.missing.length === 0;
  const { missing, remarks: also } = seen ?? {
    missing: ['the agent does not run or does not answer'],
    remarks: [],
  };
  return `${JSON.stringify({ healthy, steadyMs, missing, remarks: also })}\n`;
}
