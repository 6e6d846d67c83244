// `hotpair service`: what the guardian runs on this box, and orders for one service.
import type { Config } from '../config/config.ts';
import type { ServiceOrder } from '../core/guardian/events.ts';
import { askAgent } from '../daemon/control/controlClient.ts';
import type { Verdict } from '../daemon/commands.ts';
import { readGround } from '../daemon/ground.ts';
import { guardianDescription } from '../daemon/guardianDescription.ts';
import { HotpairError } from '../protocol/hotpairError.ts';
import { configOption, parseCommandLine, refuseExtra, usageError } from './commandLine.ts';
import { exitCodes } from './exitCodes.ts';
import { tellVerdict } from './orderText.ts';
import { servicesText } from '../words/serviceText.ts';
import type { GuardianJson } from '../words/serviceText.ts';

const usage = 'hotpair service list|start|stop|restart|logs [NAME] [--json] [--config FILE]';
const answerDeadlineMs = 3_000;
/** Beyond the deadlines of the service, for its guardian and agent. */
const marginMs = 10_000;

export const help = `${usage}

What the guardian runs on this box, and orders for one service. Returns when the order is carried out or has failed.
  list           name, where it runs, state and since when, process, restarts, last problem; then the hooks
  start NAME     starts it, takes back an earlier stop, and the mark of a service that had failed on this box
  stop NAME      stops it until it is started by an order; a takeover does not start it, a boot does
  restart NAME   stops and starts it
  logs NAME      the same as hotpair logs NAME
  --json         for programs, times in UTC
`;

const orders = ['start', 'stop', 'restart'] as const satisfies readonly ServiceOrder[];

export async function run(argv: readonly string[]): Promise<number> {
  if (argv[0] === 'logs') return (await import('./logsCommand.ts')).run(argv.slice(1));
  const options = { ...configOption, json: { type: 'boolean', default: false } } as const;
  const { values, positionals } = parseCommandLine(usage, argv, options);
  const [word = '', ...names] = positionals;
  const order = orders.find((each) => each === word);
  if (order === undefined && word !== 'list')
    throw usageError(usage, 'list, start, stop, restart or logs is to be named');
  refuseExtra(usage, names.slice(order === undefined ? 0 : 1));
  const [name] = names;
  if (order !== undefined && name === undefined)
    throw usageError(usage, 'a service is to be named');
  const { config } = readGround(values.config);
  return order === undefined || name === undefined
    ? list(config, values.json)
    : give(config, order, name, values.json);
}

async function list({ state }: Config, json: boolean): Promise<number> {
  const request = { command: 'services' } as const;
  // The agent of this very binary made it.
  const said = (await askAgent(
    state.runDirectory,
    request,
    answerDeadlineMs,
  )) as GuardianJson | null;
  const text = json
    ? `${JSON.stringify(said ?? { services: [], hooks: [] }, null, 2)}\n`
    : servicesText(said);
  process.stdout.write(text);
  return exitCodes.ok;
}

async function give(
  config: Config,
  order: ServiceOrder,
  service: string,
  json: boolean,
): Promise<number> {
  // As the agent has them: with those that it adds itself, for panel and copied files.
  const { services } = guardianDescription(config);
  const described = services.find(({ name }) => name === service);
  if (described === undefined) throw unknownService(services, service);
  const deadlineMs = described.startDeadlineMs + described.stopDeadlineMs + marginMs;
  const request = { command: 'serviceOrder', order, service } as const;
  const verdict = (await askAgent(config.state.runDirectory, request, deadlineMs)) as Verdict;
  if (json) process.stdout.write(`${JSON.stringify(verdict)}\n`);
  const status = json ? statusOf(verdict) : tellVerdict(verdict);
  // It was tried: that is another thing than what is not possible now.
  return verdict.code === 'serviceOrderFailed' ? exitCodes.failed : status;
}

function statusOf({ ok }: Verdict): number {
  return ok ? exitCodes.ok : exitCodes.notPossibleNow;
}

function unknownService(
  services: readonly { readonly name: string }[],
  seen: string,
): HotpairError {
  return new HotpairError('SERVICE_UNKNOWN', 'there is no service of this name', {
    seen,
    allowed: services.map(({ name }) => name).join(', ') || 'none: no services are configured',
    exitCode: exitCodes.refusedInput,
  });
}
