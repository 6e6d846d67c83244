// A counterexample as it is read: what each node did, one line a move, and how the pair stood afterwards. The packed path
// has no names and counts epochs anew in each state; the moves are made again from the beginning to get both back.
import { pack, simplify, wordsOfState } from './canonical.ts';
import type { ArbiterName, Move } from './move.ts';
import { eachMove } from './moves.ts';
import type { Rules } from './rules.ts';
import type { Finding } from './search.ts';
import type { Node, Pair, Rec, Side, Statement } from './state.ts';
import { Mode, installed, nodeIds } from './state.ts';

const roleWords = [
  'starts',
  'serves',
  'leaves',
  'hands over',
  'follows',
  'takes over',
  'steps down',
];
const databaseWords = ['stopped', 'standby', 'primary behind the gate', 'primary'];
const tailWords = ['', ', log has something of its own', ', log has promised writes of its own'];
const modeWords = ['paired', 'solo', 'catchup'];
const handedWords = ['', ' handed', ' handedBack'];

export function storyOf(finding: Finding, arbiter: ArbiterName, rules: Rules): readonly string[] {
  const lines = [finding.what, `     ${describe(installed())}`];
  let pair = installed();
  finding.path.slice(1).forEach((target, step) => {
    const found = movesTo(pair, target, arbiter, rules);
    if (found === null) throw new Error('the story cannot be told again');
    pair = found.next;
    lines.push(
      `${String(step + 1).padStart(3)}. ${nodeIds[found.move.side]}: ${inWords(found.move.name)}`,
    );
    lines.push(`     ${describe(pair)}`);
  });
  return lines;
}

function movesTo(
  pair: Pair,
  target: Uint32Array,
  arbiter: ArbiterName,
  rules: Rules,
): { readonly move: Move; readonly next: Pair } | null {
  const words = new Uint32Array(wordsOfState);
  let found: { readonly move: Move; readonly next: Pair } | null = null;
  const take = (move: Move, next: Pair): void => {
    if (found !== null) return;
    simplify(next);
    pack(next, words);
    if (words.every((word, index) => word === target[index])) found = { move, next };
  };
  eachMove({ arbiter, rules, twoUnderWay: true, take }, pair);
  return found;
}

function inWords(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function describe(pair: Pair): string {
  const { epoch, mode, holder } = pair.ledger;
  const ledger = epoch === 0 ? '' : `; ledger ${mode}(${epoch}) of ${holder}`;
  return `${describeNode(pair, 0)}; ${describeNode(pair, 1)}${ledger}`;
}

function describeNode(pair: Pair, side: Side): string {
  const node = pair.nodes[side];
  const parts = [
    `${nodeIds[side]} ${recordText(node.record)} ${roleWords[node.role]}`,
    `${databaseWords[node.database]}${node.waits ? ', commits wait' : ''}${tailWords[node.tail]}`,
    ...details(node),
  ];
  return parts.join(', ');
}

function details(node: Node): string[] {
  const list: string[] = [];
  if (node.writing !== null) list.push(`writing ${recordText(node.writing)}`);
  if (node.eligible) list.push('eligible');
  if (node.address) list.push('address on');
  if (node.request !== 0) list.push('request under way');
  if (node.heardEpoch > node.record.epoch) list.push(`heard of ${node.heardEpoch}`);
  if (node.mail !== null) list.push(`may hear "${statementText(node.mail)}"`);
  return list;
}

function recordText(record: Rec): string {
  const job = record.job ? ' rebuilding' : '';
  return `${modeWords[record.mode]}(${record.epoch})${handedWords[record.handed]}${job}`;
}

function statementText(said: Statement): string {
  const role = said.mode === Mode.paired ? (said.mine ? ' as primary' : ' as standby') : '';
  const grant = ['', ', eligible', ', yours'][said.grant] ?? '';
  const old = said.fresh ? '' : ', old';
  return `${modeWords[said.mode]}(${said.epoch})${handedWords[said.handed]}${role}${grant}${said.grant !== 0 && !said.grantHolds ? ' of before' : ''}${old}`;
}
