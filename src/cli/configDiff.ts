// `hotpair config diff`: what the other box has otherwise. The agents ask each other; what must differ is told apart from what should
// not.
import type { WrittenValue } from '../config/effective.ts';
import { askAgent } from '../daemon/control/controlClient.ts';
import { readGround } from '../daemon/ground.ts';
import type { ShownConfig, ShownEntry } from '../daemon/shownConfig.ts';
import { configOption, parseCommandLine, refuseExtra } from './commandLine.ts';
import { exitCodes } from './exitCodes.ts';

const usage = 'hotpair config diff [--json] [--config FILE]';
const answerDeadlineMs = 60_000;

/** What is each box's own. */
const ownKeys: ReadonlySet<string> = new Set([
  'node.name',
  'node.preferred',
  'heartbeat.address',
  'heartbeat.peer',
  'arbiter.fence.devices',
  'arbiter.fence.delay',
  'arbiter.etcd.certFile',
  'arbiter.etcd.keyFile',
]);

export type ConfigDifference = {
  readonly key: string;
  readonly own: WrittenValue;
  readonly peer: WrittenValue;
  /** Each box has its own: this is as it should be. */
  readonly isExpected: boolean;
};

/** Runs the command; returns 0, or 1 where something differs that should not. */
export async function diffConfigurations(
  args: readonly string[],
  write: (text: string) => void,
): Promise<number> {
  const options = { ...configOption, json: { type: 'boolean', default: false } } as const;
  const { values, positionals } = parseCommandLine(usage, args, options);
  refuseExtra(usage, positionals);
  const { runDirectory } = readGround(values.config).config.state;
  const asked = await askAgent(runDirectory, { command: 'peerConfiguration' }, answerDeadlineMs);
  const { own, peer } = asked as { readonly own: ShownConfig; readonly peer: ShownConfig };
  const differences = differencesOf(own, peer);
  write(
    values.json
      ? `${JSON.stringify({ own: own.node, peer: peer.node, differences })}\n`
      : diffText(own, peer, differences),
  );
  return differences.every(({ isExpected }) => isExpected) ? exitCodes.ok : exitCodes.failed;
}

/** In the order of the own keys, then those that only the peer has. */
export function differencesOf(own: ShownConfig, peer: ShownConfig): readonly ConfigDifference[] {
  const theirs = new Map(peer.values.map((entry) => [entry.key, entry]));
  const ours = new Map(own.values.map((entry) => [entry.key, entry]));
  const keys = [...new Set([...ours.keys(), ...theirs.keys()])];
  const found = keys.flatMap((key) => differenceOf(key, ours.get(key), theirs.get(key)));
  return own.version === peer.version
    ? found
    : [{ key: 'hotpair', own: own.version, peer: peer.version, isExpected: false }, ...found];
}

function differenceOf(
  key: string,
  own?: ShownEntry,
  peer?: ShownEntry,
): readonly ConfigDifference[] {
  if (own?.digest === peer?.digest) return [];
  return [
    { key, own: own?.value ?? null, peer: peer?.value ?? null, isExpected: ownKeys.has(key) },
  ];
}

/** For people; equal texts that differ are secrets. */
export function diffText(
  own: ShownConfig,
  peer: ShownConfig,
  differences: readonly ConfigDifference[],
): string {
  const unexpected = differences.filter(({ isExpected }) => !isExpected);
  const expected = differences.filter(({ isExpected }) => isExpected);
  const lines = [
    unexpected.length === 0
      ? `${own.node} and ${peer.node} are configured alike`
      : `${own.node} and ${peer.node} differ:`,
    ...unexpected.flatMap((each) => rowsOf(own.node, peer.node, each)),
    ...(expected.length === 0
      ? []
      : [`each its own, as it should be: ${expected.map(({ key }) => key).join(', ')}`]),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function rowsOf(
  own: string,
  peer: string,
  { key, own: ours, peer: theirs }: ConfigDifference,
): readonly string[] {
  const [left, right] = [valueText(ours), valueText(theirs)];
  if (left === right) return [`  ${key}: differs in what is not shown`];
  return [`  ${key}`, `    ${own}: ${left}`, `    ${peer}: ${right}`];
}

function valueText(value: WrittenValue): string {
  if (value === null) return '(not there)';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
