// `hotpair events`: what happened on this box, from its own history; works without the agent unless it follows.
import { followEvents } from '../daemon/control/controlClient.ts';
import { readGround } from '../daemon/ground.ts';
import { readEvents } from '../io/events/eventLog.ts';
import { HotpairError } from '../protocol/hotpairError.ts';
import { configOption, parseCommandLine, refuseExtra, usageError } from './commandLine.ts';
import { exitCodes } from './exitCodes.ts';
import { localTime } from './localTime.ts';

const usage = 'hotpair events [--limit 50] [--follow] [--json] [--config FILE]';
const mostEvents = 10_000;

export const help = `${usage}

Prints the newest events of this box, the newest last.
  --limit N  so many at most (50)
  --follow   goes on with what happens from now on, until Ctrl-C; needs the agent
  --json     one JSON object a line, times in UTC
`;

export async function run(argv: readonly string[]): Promise<number> {
  const options = {
    ...configOption,
    limit: { type: 'string', default: '50' },
    follow: { type: 'boolean' },
    json: { type: 'boolean' },
  } as const;
  const { values, positionals } = parseCommandLine(usage, argv, options);
  refuseExtra(usage, positionals);
  const limit = wholeNumber(values.limit);
  const { directory, runDirectory } = readGround(values.config).config.state;
  const print = (event: unknown): void => {
    process.stdout.write(values.json === true ? `${JSON.stringify(event)}\n` : eventText(event));
  };
  if (values.follow === true) {
    for await (const event of followEvents(runDirectory, limit)) print(event);
    throw new HotpairError('AGENT_NOT_ANSWERING', 'the agent ended', {
      exitCode: exitCodes.notAnswering,
    });
  }
  for (const line of await readOrRefuse(directory, limit)) print(JSON.parse(line));
  return exitCodes.ok;
}

async function readOrRefuse(directory: string, limit: number): Promise<readonly string[]> {
  try {
    return await readEvents(directory, limit);
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new HotpairError('EVENTS_READ', `the history cannot be read: ${why}`, {
      seen: directory,
    });
  }
}

function wholeNumber(text: string): number {
  const number = /^[0-9]{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (number <= mostEvents) return number;
  throw usageError(usage, `${text} is no number up to ${mostEvents}`);
}

/** `2026-11-23 07:10:12 +01:00  transition  from=standby to=takingOver ...`: the sentence last. */
export function eventText(event: unknown): string {
  if (typeof event !== 'object' || event === null) return '';
  const { time, event: name, level, text, ...rest } = event as Readonly<Record<string, unknown>>;
  const when = typeof time === 'string' ? localTime(time) : '';
  const fields = Object.entries(rest).map(([key, value]) => `${key}=${valueText(value)}`);
  const mark = level === 'warning' || level === 'error' ? `${level}: ` : '';
  const sentence = typeof text === 'string' ? text : '';
  return `${[when, ` ${mark}${String(name)} `, ...fields, sentence].filter((part) => part !== '').join(' ')}\n`;
}

function valueText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
