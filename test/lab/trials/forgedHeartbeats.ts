// Somebody without the key sends heartbeats to both boxes, far more than there are true ones.

import { readFileSync } from 'node:fs';
import { nowMs, pause } from '../clock.ts';
import type { Field } from '../field.ts';
import type { ForgeryKind } from '../forgeries.ts';
import { forge, type Forged } from '../forgerProcess.ts';
import { statusOf, type BoxStatus } from '../hotpairCommand.ts';
import { agentOf } from '../insideBox.ts';
import { LabError } from '../labError.ts';
import { boxNames, paths, type BoxName } from '../layout.ts';
import { processorMs } from '../processorTime.ts';
import { atMost, type Trial } from '../trial.ts';

const ratePerBox = 10_000;
const usualMinutes = 1 / 3;
/** Of one processor. */
const processorLimit = 0.2;
const deadIntervalMs = 250;
/** Datagrams of the true peer that may be lost beside the flood. */
const lostShare = 0.01;
/** Forged datagrams that a box has to account for; a part of a large one may get lost. */
const reachedShare = 0.95;
const seedOfRun = 7000;

export const forgedHeartbeatTrials: readonly Trial[] = [
  {
    name: 'E10-forged-heartbeats',
    title: `forged, replayed and foreign heartbeats, ${ratePerBox} a second to each box, for --minutes`,
    expected: {
      text: 'none is obeyed, contact is kept, no change, the agents use below 20 % of a processor each',
      roleChanges: [0],
      outageLimitMs: atMost(300),
      mayOverlap: false,
    },
    act: forgedHeartbeats,
  },
];

type Look = {
  readonly status: BoxStatus;
  readonly record: string;
  readonly agent: number;
  readonly processorMs: number;
  /** Datagrams that the kernel did not put into the agent's socket, because it was full. */
  readonly socketDrops: number;
};

async function forgedHeartbeats(field: Field): Promise<void> {
  const seconds = Math.round((field.options.minutes ?? usualMinutes) * 60);
  const seed = seedOfRun + field.run;
  field.remark(`seed ${seed}`);
  const before = await lookAtBoth(field);
  const beginMs = nowMs();
  field.noteFault(beginMs);
  const forging = forge({ seed, rate: ratePerBox, seconds });
  const silentMs = await longestSilence(field, forging);
  const forged = await forging;
  const tookMs = nowMs() - beginMs;
  const after = await lookAtBoth(field);
  field.noteHealed();
  judgeSender(field, forged, seconds);
  field.remark(`the longest silence that a box told: ${Math.round(silentMs)} ms`);
  if (silentMs >= deadIntervalMs)
    field.object(`a box heard nothing for ${Math.round(silentMs)} ms`);
  for (const box of boxNames) judgeBox(field, box, before[box], after[box], tookMs, forged);
}

function judgeSender(
  field: Field,
  { drawn, taken, frames, tookMs }: Forged,
  seconds: number,
): void {
  const rate = Math.round((taken * 1000) / tookMs / boxNames.length);
  field.remark(
    `${taken} of ${drawn} forged datagrams sent in ${(tookMs / 1000).toFixed(1)} s, ${rate} a second to each box, ${frames} frames`,
  );
  const meant = ratePerBox * seconds * boxNames.length;
  if (taken < meant * 0.99) field.object(`only ${taken} of ${meant} forged datagrams were sent`);
  if (rate < ratePerBox * 0.95) field.object(`only ${rate} a second were sent to each box`);
}

function judgeBox(
  field: Field,
  box: BoxName,
  before: Look,
  after: Look,
  tookMs: number,
  { sent }: Forged,
): void {
  const share = (after.processorMs - before.processorMs) / tookMs;
  const [was] = before.status.paths;
  const [is] = after.status.paths;
  if (was === undefined || is === undefined) throw new LabError(`${box} has no heartbeat path`);
  const dropped = difference(reasonsOf(is), reasonsOf(was));
  const told = Object.entries({ ...dropped, socketFull: after.socketDrops - before.socketDrops });
  const received = is.received - was.received;
  const lost = is.lost - was.lost;
  field.remark(`${box}: ${(share * 100).toFixed(1)} % of a processor`);
  field.remark(`${box}: ${received} true heartbeats heard, ${lost} lost`);
  field.remark(
    `${box} dropped ${told.map(([reason, count]) => `${count} ${reason}`).join(', ')} of ${sumOf(sent[box])}`,
  );
  const reached = told.reduce((sum, [, count]) => sum + count, 0);
  if (reached < sumOf(sent[box]) * reachedShare)
    field.object(`${box} knows of ${reached} forged datagrams only`);
  if (share >= processorLimit) field.object(`${box}: ${(share * 100).toFixed(1)} % of a processor`);
  if (lost > received * lostShare) field.object(`${box}: ${lost} true heartbeats are lost`);
  for (const [what, one, other] of [
    ['state', before.status.state, after.status.state],
    ['role', before.status.role, after.status.role],
    ['mode', before.status.mode, after.status.mode],
    ['epoch', before.status.epoch, after.status.epoch],
    ['record', before.record, after.record],
    ['agent', before.agent, after.agent],
  ] as const)
    if (one !== other) field.object(`${box}: the ${what} changed from ${one} to ${other}`);
  const events = field.events[box].all();
  const moves = events.filter(({ event }) => event === 'transition' || event === 'roleChanged');
  if (moves.length > 0) field.object(`${box} moved: ${JSON.stringify(moves)}`);
  const names = [...new Set(events.map(({ event, reason }) => `${event} ${reason ?? ''}`.trim()))];
  field.remark(`${box} told: ${names.join(', ') || 'nothing'}`);
}

type PathStatus = BoxStatus['paths'][number];

function reasonsOf(path: PathStatus): Readonly<Record<string, number>> {
  const { repeated, looped, foreign, tooLong, garbage } = path;
  return { repeated, looped, foreign, tooLong, ...garbage };
}

function difference(
  after: Readonly<Record<string, number>>,
  before: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(after).map(([reason, count]) => [reason, count - (before[reason] ?? 0)]),
  );
}

function sumOf(sent: Readonly<Record<ForgeryKind, number>>): number {
  return Object.values(sent).reduce((sum, count) => sum + count, 0);
}

/** Asks both boxes again and again, rarely enough not to be what loads the machine. */
async function longestSilence(field: Field, forging: Promise<unknown>): Promise<number> {
  let longestMs = 0;
  const over = new AbortController();
  const end = (): void => over.abort();
  const ended = forging.then(end, end);
  while (!over.signal.aborted) {
    for (const box of boxNames)
      longestMs = Math.max(longestMs, (await statusAt(field, box)).silentMs ?? Infinity);
    await Promise.race([ended, pause(1000)]);
  }
  return longestMs;
}

async function lookAtBoth(field: Field): Promise<Readonly<Record<BoxName, Look>>> {
  return { 'box-a': await lookAt(field, 'box-a'), 'box-b': await lookAt(field, 'box-b') };
}

async function lookAt(field: Field, box: BoxName): Promise<Look> {
  const status = await statusAt(field, box);
  const agent = agentOf(box)?.pid;
  if (agent === undefined) throw new LabError(`no agent runs on ${box}`);
  const record = readFileSync(`${paths.lib(box)}/record.a`).toString('base64');
  return { status, record, agent, processorMs: processorMs(agent), socketDrops: dropsOf(agent) };
}

/** The last column of the line of UDP port 694. */
function dropsOf(agent: number): number {
  const lines = readFileSync(`/proc/${agent}/net/udp`, 'latin1').split('\n');
  const line = lines.find((text) => /:02B6 [0-9A-F]{8}:/u.test(text));
  return Number(line?.trim().split(/\s+/u).at(-1));
}

async function statusAt({ site }: Field, box: BoxName): Promise<BoxStatus> {
  const status = await statusOf(site.binary, box);
  if (typeof status === 'string') throw new LabError(`${box} does not answer: ${status}`);
  return status;
}
