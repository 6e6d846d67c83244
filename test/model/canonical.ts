// Two states that differ only in what can never matter again are one: epochs count from the lower record, statements that
// say nothing new are gone, and the boxes have no names. A state then fits into five words.
import type { Node, Pair, Rec, Side, Statement } from './state.ts';
import type { LedgerEntry } from '../../src/core/ledger.ts';
import { Database, Decided, Grant, Mode, Role, Vintage, nodeIds, olderEntry } from './state.ts';

export const wordsOfState = 5;
/** Epochs above the lower record that a word holds; the search says how many states lay beyond. */
const maxEpoch = 7;

export class BeyondBounds extends Error {}

/** Forgets, in place, what no move looks at. */
export function simplify(pair: Pair): void {
  const [a, b] = pair.nodes;
  if (arePaired(a, b) && pair.ledger.epoch <= a.record.epoch) pair.decided = Decided.nothing;
  simplifyNode(a, pair.decided);
  simplifyNode(b, pair.decided);
  const lowest = Math.min(a.record.epoch, b.record.epoch);
  if (pair.ledger.epoch < lowest) pair.ledger = olderEntry(pair.ledger);
}

/** What the operator decided is history: both have the epoch that came of it. */
function arePaired(a: Node, b: Node): boolean {
  return (
    a.record.mode === Mode.paired &&
    b.record.mode === Mode.paired &&
    a.record.epoch === b.record.epoch &&
    a.record.mine !== b.record.mine &&
    a.writing === null &&
    b.writing === null
  );
}

function simplifyNode(node: Node, decided: Decided): void {
  const remembers = decided !== Decided.nothing;
  node.heardEpoch = Math.max(node.heardEpoch, node.record.epoch);
  node.record = simpleRecord(node.record, remembers);
  if (node.writing !== null) node.writing = simpleRecord(node.writing, remembers);
  if (node.mail !== null) node.mail = simpleMail(node, node.mail, decided);
  if (node.laterMail !== null) node.laterMail = simpleMail(node, node.laterMail, decided);
  if (node.mail === null || isSameMail(node.mail, node.laterMail)) {
    node.mail = node.laterMail;
    node.laterMail = null;
  }
  if (node.role !== Role.leaving && node.role !== Role.takingOver) node.phase = 0;
  if (node.role !== Role.serving || node.record.mode !== Mode.paired) {
    node.sure = false;
    node.published = false;
  }
  const pairs = node.role === Role.serving && node.record.mode === Mode.paired;
  if (!pairs || node.published || node.database !== Database.open) node.publishing = false;
}

/** Who held the last common epoch is asked for only after the operator took both boxes. */
function simpleRecord(record: Rec, remembers: boolean): Rec {
  const lastMine = record.mode === Mode.paired ? record.mine : remembers && record.lastMine;
  return record.lastMine === lastMine ? record : { ...record, lastMine };
}

function simpleMail(node: Node, mail: Statement, decided: Decided): Statement | null {
  const acknowledged = decided === Decided.twice && mail.acknowledged;
  if (!mail.fresh) return mail.epoch <= node.heardEpoch ? null : onlyEpoch(mail.epoch);
  if (mail.epoch >= node.record.epoch)
    return mail.acknowledged === acknowledged ? mail : { ...mail, acknowledged };
  return {
    ...onlyEpoch(node.record.epoch - 1),
    mode: mail.mode === Mode.catchup && mail.handed === 0 ? Mode.catchup : Mode.solo,
    vintage: mail.vintage,
    fresh: true,
  };
}

function isSameMail(one: Statement, two: Statement | null): boolean {
  return two !== null && mailCode(one, 0) === mailCode(two, 0);
}

function onlyEpoch(epoch: number): Statement {
  return {
    epoch,
    mode: Mode.paired,
    mine: false,
    handed: 0,
    acknowledged: false,
    grant: Grant.none,
    grantHolds: false,
    vintage: Vintage.old,
    fresh: false,
  };
}

/** Writes the state into `words`; of the two ways to name the boxes the one with the smaller words. */
export function pack(pair: Pair, words: Uint32Array): void {
  const [a, b] = pair.nodes;
  const base = Math.min(a.record.epoch, b.record.epoch) - 1;
  const { ledger } = pair;
  const ledgerEpoch = Math.max(0, ledger.epoch - base);
  checkEpoch(ledgerEpoch);
  const a0 = firstWord(a, base);
  const b0 = firstWord(b, base);
  const a1 = secondWord(a, base) + holderBit(pair, 0);
  const b1 = secondWord(b, base) + holderBit(pair, 1);
  const aLater = a.laterMail === null ? 0 : mailCode(a.laterMail, base);
  const bLater = b.laterMail === null ? 0 : mailCode(b.laterMail, base);
  const swapped = a0 > b0 || (a0 === b0 && (a1 > b1 || (a1 === b1 && aLater > bLater)));
  words[0] = swapped ? b0 : a0;
  const rest = ledger.mode === 'solo' ? 2 ** 30 : 0;
  words[1] = (swapped ? b1 : a1) + ledgerEpoch * 2 ** 27 + rest;
  words[2] = swapped ? a0 : b0;
  words[3] = (swapped ? a1 : b1) + pair.decided * 2 ** 27;
  words[4] = swapped ? bLater + aLater * 65536 : aLater + bLater * 65536;
}

function holderBit(pair: Pair, side: Side): number {
  return pair.ledger.holder === nodeIds[side] ? 2 ** 26 : 0;
}

function firstWord(node: Node, base: number): number {
  const writing = node.writing === null ? 0 : 1024 + recordCode(node.writing, base);
  return (
    recordCode(node.record, base) +
    writing * 2 ** 10 +
    node.role * 2 ** 21 +
    node.phase * 2 ** 24 +
    node.database * 2 ** 26 +
    (node.waits ? 2 ** 28 : 0) +
    node.tail * 2 ** 29 +
    (node.publishing ? 2 ** 31 : 0)
  );
}

function secondWord(node: Node, base: number): number {
  checkEpoch(node.heardEpoch - base);
  const request = node.request === 0 ? 0 : Math.max(1, node.request - base);
  checkEpoch(request);
  return (
    (node.eligible ? 1 : 0) +
    (node.address ? 2 : 0) +
    (node.sure ? 4 : 0) +
    (node.published ? 8 : 0) +
    (node.heardEpoch - base) * 16 +
    request * 128 +
    (node.mail === null ? 0 : mailCode(node.mail, base)) * 1024
  );
}

function recordCode(record: Rec, base: number): number {
  const epoch = record.epoch - base;
  checkEpoch(epoch);
  return (
    epoch +
    record.mode * 8 +
    (record.mine ? 32 : 0) +
    record.handed * 64 +
    (record.job ? 256 : 0) +
    (record.lastMine ? 512 : 0)
  );
}

function mailCode(mail: Statement, base: number): number {
  const epoch = mail.epoch - base;
  checkEpoch(epoch);
  return (
    1 +
    epoch * 2 +
    mail.mode * 16 +
    (mail.mine ? 64 : 0) +
    mail.handed * 128 +
    (mail.acknowledged ? 512 : 0) +
    mail.grant * 1024 +
    (mail.grantHolds ? 4096 : 0) +
    mail.vintage * 8192 +
    (mail.fresh ? 32768 : 0)
  );
}

function checkEpoch(epoch: number): void {
  if (epoch > maxEpoch) throw new BeyondBounds();
}

/** The state that the words stand for, with the lower record in epoch 1. */
export function unpack(words: Uint32Array, at: number): Pair {
  const w0 = words[at] ?? 0;
  const w1 = words[at + 1] ?? 0;
  const w2 = words[at + 2] ?? 0;
  const w3 = words[at + 3] ?? 0;
  const later = words[at + 4] ?? 0;
  return {
    nodes: [nodeOf(w0, w1, later & 65535), nodeOf(w2, w3, later >>> 16)],
    ledger: ledgerOf(((w1 >>> 27) & 15) + ((w3 >>> 26) & 1) * 16),
    decided: ((w3 >>> 27) & 3) as Decided,
  };
}

function nodeOf(first: number, second: number, later: number): Node {
  const writing = (first >>> 10) & 2047;
  const mail = (second >>> 10) & 65535;
  return {
    record: recordOf(first & 1023),
    writing: writing === 0 ? null : recordOf(writing & 1023),
    role: ((first >>> 21) & 7) as Node['role'],
    phase: ((first >>> 24) & 3) as Node['phase'],
    database: ((first >>> 26) & 3) as Node['database'],
    waits: ((first >>> 28) & 1) === 1,
    tail: ((first >>> 29) & 3) as Node['tail'],
    publishing: first >>> 31 === 1,
    eligible: (second & 1) === 1,
    address: (second & 2) !== 0,
    sure: (second & 4) !== 0,
    published: (second & 8) !== 0,
    heardEpoch: (second >>> 4) & 7,
    request: (second >>> 7) & 7,
    mail: mail === 0 ? null : mailOf(mail),
    laterMail: later === 0 ? null : mailOf(later),
  };
}

const entries: LedgerEntry[] = [];
const records: Rec[] = [];
const mails: Statement[] = [];

/** Entries, records and statements are values: each is made once. */
function ledgerOf(code: number): LedgerEntry {
  return (entries[code] ??= {
    epoch: code & 7,
    mode: (code & 8) !== 0 ? 'solo' : 'paired',
    holder: nodeIds[(code & 16) !== 0 ? 1 : 0],
  });
}

function recordOf(code: number): Rec {
  return (records[code] ??= {
    epoch: code & 7,
    mode: ((code >>> 3) & 3) as Rec['mode'],
    mine: (code & 32) !== 0,
    handed: ((code >>> 6) & 3) as Rec['handed'],
    job: (code & 256) !== 0,
    lastMine: (code & 512) !== 0,
  });
}

function mailOf(code: number): Statement {
  return (mails[code] ??= {
    epoch: (code >>> 1) & 7,
    mode: ((code >>> 4) & 3) as Statement['mode'],
    mine: (code & 64) !== 0,
    handed: ((code >>> 7) & 3) as Statement['handed'],
    acknowledged: (code & 512) !== 0,
    grant: ((code >>> 10) & 3) as Statement['grant'],
    grantHolds: (code & 4096) !== 0,
    vintage: ((code >>> 13) & 3) as Statement['vintage'],
    fresh: (code & 32768) !== 0,
  });
}
