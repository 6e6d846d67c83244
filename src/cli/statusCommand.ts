// `hotpair status`: what this box is, does and waits for. When the agent is down it says so and tells what the record says.
import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '../config/config.ts';
import type { DurableRecord } from '../core/record.ts';
import { askAgent } from '../daemon/control/controlClient.ts';
import { readGround } from '../daemon/ground.ts';
import type { StatusJson } from '../daemon/status.ts';
import { openRecordStore } from '../io/record/recordStore.ts';
import type { RecordReading } from '../io/record/recordStore.ts';
import { isHotpairError } from '../protocol/hotpairError.ts';
import { configOption, parseCommandLine, refuseExtra, usageError } from './commandLine.ts';
import { exitCodes } from './exitCodes.ts';
import { localTime } from '../words/localTime.ts';
import { readerGone } from './reader.ts';
import { peerStateText, statusText } from '../words/statusText.ts';

const usage = 'hotpair status [--json | --watch] [--config FILE]';
const answerDeadlineMs = 3_000;
const redrawMs = 1_000;

export const help = `${usage}

Says in plain words what this box is, since when and why, and what it waits for.
  --json   the same for programs, times in UTC
  --watch  drawn again every second, with what the other box says of itself, until Ctrl-C
Exit status 3 where the agent does not answer; then the record on disk is shown.
`;

export async function run(argv: readonly string[]): Promise<number> {
  const options = {
    ...configOption,
    json: { type: 'boolean' },
    watch: { type: 'boolean' },
  } as const;
  const { values, positionals } = parseCommandLine(usage, argv, options);
  refuseExtra(usage, positionals);
  if (values.json === true && values.watch === true) {
    throw usageError(usage, '--json and --watch do not go together');
  }
  const { config } = readGround(values.config);
  if (values.watch === true) return watch(config);
  return once(config, values.json === true);
}

async function once(config: Config, json: boolean): Promise<number> {
  const status = await statusOrNull(config);
  if (status !== null) {
    process.stdout.write(json ? `${JSON.stringify(status, null, 2)}\n` : statusText(status));
    return exitCodes.ok;
  }
  const found = await recordOnDisk(config);
  process.stdout.write(
    json ? `${JSON.stringify(downJson(config, found), null, 2)}\n` : downText(config, found),
  );
  return exitCodes.notAnswering;
}

async function statusOrNull(config: Config): Promise<StatusJson | null> {
  try {
    const result = await askAgent(
      config.state.runDirectory,
      { command: 'status' },
      answerDeadlineMs,
    );
    // The agent of this very binary made it.
    return result as StatusJson;
  } catch (error) {
    if (isHotpairError(error, 'AGENT_NOT_ANSWERING') || isHotpairError(error, 'COMMAND_DEADLINE'))
      return null;
    throw error;
  }
}

async function watch(config: Config): Promise<number> {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => interrupted.abort());
  const ended = AbortSignal.any([interrupted.signal, readerGone]);
  while (!ended.aborted) {
    const status = await statusOrNull(config);
    const text =
      status === null
        ? downText(config, await recordOnDisk(config))
        : `${statusText(status)}\n${peerView(status)}`;
    const now = localTime(new Date().toISOString());
    // Home and clear: the picture stays in its place.
    process.stdout.write(`\u001b[H\u001b[J${now}, every second, Ctrl-C ends\n\n${text}`);
    await delay(redrawMs, undefined, { signal: ended }).catch(() => undefined);
  }
  return exitCodes.ok;
}

function peerView({ peerStatus, peerHeard }: StatusJson): string {
  if (peerStatus === null) return 'The other box has not been heard.\n';
  const { state, epoch, mode, fitness, receiving } = peerStatus;
  const unfit = Object.entries(fitness).filter(([name, good]) =>
    name === 'maintenance' ? good : !good,
  );
  const fit = unfit.length === 0 ? 'fit' : `unfit: ${unfit.map(([name]) => name).join(', ')}`;
  const when = peerHeard ? 'says' : 'said last';
  const follows = receiving ? ', receives the log' : '';
  return `The other box ${when}: ${peerStateText[state]}, ${mode ?? 'no record'}${epoch === null ? '' : ` in epoch ${epoch}`}, ${fit}${follows}\n`;
}

type OnDisk =
  | RecordReading
  | { readonly kind: 'unreadable'; readonly code: string; readonly text: string };

async function recordOnDisk(config: Config): Promise<OnDisk> {
  try {
    return await openRecordStore(config.state.directory).read();
  } catch (error) {
    if (!isHotpairError(error)) throw error;
    return { kind: 'unreadable', code: error.code, text: error.message };
  }
}

function downText(config: Config, found: OnDisk): string {
  return `The agent of ${config.node.name} does not run or does not answer: nobody decides on this box.\n  ${recordText(found)}\n`;
}

function recordText(found: OnDisk): string {
  if (found.kind === 'valid') return validText(found.record);
  if (found.kind === 'unreadable') return `${found.code}: ${found.text}`;
  if (found.kind === 'corrupt') return 'RECORD_CORRUPT: no copy of its record is valid.';
  return 'This box was never paired: run hotpair init or hotpair join, then start the agent.';
}

function validText({ mode, epoch, holder, node }: DurableRecord): string {
  const whose = holder === node ? 'this box' : 'the other box';
  return `Its record says: ${mode} in epoch ${epoch}, held by ${whose}. PostgreSQL and the service addresses are as the agent left them. Start the agent.`;
}

/** The keys of the running agent's status that mean something without it. */
function downJson(config: Config, found: OnDisk) {
  const record = found.kind === 'valid' ? found.record : null;
  return {
    node: config.node.name,
    nodeId: record?.node ?? null,
    pair: record?.pairId ?? null,
    state: 'down',
    role: 'none',
    mode: record?.mode ?? null,
    epoch: record?.epoch ?? null,
    holder: record?.holder ?? null,
    peer: null,
    peerHeard: false,
    eligible: false,
    reason: recordText(found),
    reasonCode: 'agentDown',
    since: null,
    lastChange: null,
    waitingFor: 'the agent must be started',
    alarms: ['agentDown'],
    paths: [],
    database: null,
    port: null,
    record: record === null ? null : { ...record, lsn: record.lsn.toString() },
  };
}
