// `hotpair events`: what happened on this box, from its own history; works without the agent unless it follows.
import { followEvents } from '../daemon/control/controlClient.ts';
import { readGround } from '../daemon/ground.ts';
import { readEvents } from '../io/events/eventLog.ts';
import { HotpairError } from '../protocol/hotpairError.ts';
import { configOption, parseCommandLine, refuseExtra, usageError } from './commandLine.ts';
import { exitCodes } from './exitCodes.ts';
import { localTime } from '../words/localTime.ts';
import { readerGone } from './reader.ts';

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
    // The next event may be hours away, and nothing is under way that an end could harm.
    readerGone.addEventListener('abort', () => process.exit(exitCodes.ok));
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

type Fields = Readonly<Record<string, unknown>>;

/** `2026-11-23 07:10:12.345 +01:00  standby -> takingOver, epoch 2: nothing was heard ...`: one line an event. */
export function eventText(event: unknown): string {
  if (typeof event !== 'object' || event === null) return '';
  const { time, ...said } = event as Fields;
  const when = typeof time === 'string' ? localTime(time, 'milliseconds') : '';
  return `${when}  ${whatHappened(said)}\n`;
}

/** What people read most often in words; everything else by its name and fields, the sentence last. */
function whatHappened({ event, level, text, ...fields }: Fields): string {
  const { from, to, epoch, alarm } = fields;
  const sentence = typeof text === 'string' ? text : '';
  const inEpoch = typeof epoch === 'number' ? `, epoch ${epoch}` : '';
  switch (event) {
    case 'transition':
      return `${String(from)} -> ${String(to)}${inEpoch}: ${sentence}`;
    case 'roleChanged':
      return `ROLE ${String(from)} -> ${String(to)}${inEpoch}: ${sentence}`;
    case 'alarmRaised':
      return `ALARM ${String(alarm)}: ${sentence}`;
    case 'alarmCleared':
      return `alarm over: ${String(alarm)} (${sentence})`;
    case 'note':
      return `${markOf(level)}${sentence}`;
    default: {
      const shown = Object.entries(fields).filter(([name]) => !hiddenFields.includes(name));
      const words = shown.map(([name, value]) => `${name}=${valueText(value)}`);
      return [`${markOf(level)}${String(event)}`, ...words, sentence]
        .filter((part) => part !== '')
        .join(' ');
    }
  }
}

/** Long numbers that only programs compare. */
const hiddenFields: readonly string[] = ['nodeId', 'pairId'];

function markOf(level: unknown): string {
  return level === 'warning' || level === 'error' ? `${level}: ` : '';
}

function valueText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
