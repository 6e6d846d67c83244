// Files outside the database: what of them a takeover costs, and that nothing half-written is used and nothing is lost.

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { nowMs, pause, until } from '../clock.ts';
import { cutPower } from '../faults.ts';
import { untilEvent, untilTakenOver, type Field } from '../field.ts';
import { statusOf } from '../hotpairCommand.ts';
import { agentOf, boxProcesses } from '../insideBox.ts';
import { LabError } from '../labError.ts';
import { boxNames, paths, recordingsDirectory, type BoxName } from '../layout.ts';
import {
  isWhole,
  keptRecordingsOf,
  recordingsOf,
  startRecording,
  wholeRecording,
} from '../recordings.ts';
import { takeoverGoal, type Trial } from '../trial.ts';

export const syncTrials: readonly Trial[] = [
  {
    name: 'F05-sync-takeover',
    title: 'power loss of the primary while recordings are written; the old primary comes back',
    expected: {
      text: 'all that was complete before the lag is there, nothing half-written; what only the old primary had is kept',
      roleChanges: [1],
      outageLimitMs: takeoverGoal,
      mayOverlap: false,
    },
    act: syncTakeover,
  },
];

const callEveryMs = 150;
const piecesOfCall = 20;
const recordedMs = 20_000;
/** Between an answer of a box and its reading here. */
const readingMs = 100;

async function syncTakeover(field: Field): Promise<void> {
  for (const box of boxNames) clear(box);
  const withoutSets = await configure(field);
  try {
    await untilCopied(field);
    await takeOver(field);
  } finally {
    await putBack(withoutSets);
  }
}

async function takeOver(field: Field): Promise<void> {
  const { primary, standby } = field;
  const recordings = startRecording(primary, callEveryMs, piecesOfCall);
  await pause(recordedMs);
  const askedMs = nowMs();
  const { lagMs, heldBack } = await copyOf(field, standby);
  const going = recordings.stop();
  const atMs = await cutPower(primary);
  field.noteFault(atMs, standby);
  await untilTakenOver(field, standby, atMs);
  await untilEvent(field, standby, 'the age of the copy', 5000, isCalled('syncAtTakeover'));

  const copied = recordingsOf(standby);
  const promisedMs = askedMs - (lagMs ?? Infinity) - readingMs;
  const whole = recordings.whole();
  const missing = [...whole].filter(([name, endedMs]) => endedMs < promisedMs && !copied.has(name));
  if (missing.length > 0)
    field.object(`${missing.length} recordings older than the lag are missing`);
  const halves = [...copied].filter(([, content]) => !isWhole(content));
  if (halves.length > 0) field.object(`half-written: ${halves.map(([name]) => name).join(', ')}`);
  const lagText = `lag ${lagMs} ms, ${heldBack} held back`;
  field.remark(`${whole.size} whole, ${going} going on, ${copied.size} copied; ${lagText}`);
  await comeBack(field);
}

/** Old primary: what only it had is put aside, the rest is as on the new one. */
async function comeBack(field: Field): Promise<void> {
  const { primary, standby } = field;
  const before = recordingsOf(primary);
  writeFileSync(`${paths.recordings(standby)}/call-new.wav`, wholeRecording);
  const there = recordingsOf(standby);
  const own = [...before].filter(([name]) => !there.has(name));
  if (own.length === 0) throw new LabError('the old primary had nothing of its own');
  await field.powerOn(primary);
  await untilEvent(field, primary, 'files kept', 60_000, isCalled('syncKept'));
  await until('the old primary has the files of the new one', 60_000, () =>
    isSame(recordingsOf(primary), there),
  );
  const kept = keptRecordingsOf(primary);
  const lost = own.filter(([name, content]) => kept.get(name) !== content);
  if (lost.length > 0) field.object(`${lost.length} files of the old primary are lost`);
  if (kept.size !== own.length) field.object(`${kept.size} files kept, ${own.length} were its own`);
  const { keptFiles } = await copyOf(field, primary);
  if (keptFiles !== own.length) field.object(`the status tells of ${keptFiles} files kept`);
  field.remark(`${own.length} files only on the old primary, all kept`);
}

/** Puts the set into both configurations; returns these as they were. */
async function configure(field: Field): Promise<Readonly<Record<BoxName, string>>> {
  const before = { 'box-a': configText('box-a'), 'box-b': configText('box-b') };
  const section = `sync:\n  recordings: { directory: ${recordingsDirectory} }\n`;
  for (const box of boxNames) {
    writeFileSync(configOf(box), `${before[box]}${section}`);
    reload(box);
  }
  for (const box of boxNames) {
    await untilEvent(field, box, 'the sets in force', 10_000, isCalled('configReloaded'));
  }
  return before;
}

async function putBack(before: Readonly<Record<BoxName, string>>): Promise<void> {
  for (const box of boxNames) {
    writeFileSync(configOf(box), before[box]);
    reload(box);
    clear(box);
  }
  // The guardians end the daemon and themselves; nothing of it is left for the next trial.
  await until('nothing is handed out any more', 20_000, () =>
    boxNames.every((box) => !isHandingOut(box)),
  );
}

/** A first recording has arrived, so that the lag is one of a copy. */
async function untilCopied({ primary, standby }: Field): Promise<void> {
  writeFileSync(`${paths.recordings(primary)}/call-first.wav`, wholeRecording);
  await until(`${standby} has the first recording`, 30_000, () =>
    recordingsOf(standby).has('call-first.wav'),
  );
}

async function copyOf({ site }: Field, box: BoxName) {
  const status = await statusOf(site.binary, box);
  if (typeof status === 'string') throw new LabError(`${box}: ${status}`);
  const copy = status.guardian?.sync.find(({ name }) => name === 'recordings');
  if (copy === undefined) throw new LabError(`${box} copies no recordings`);
  return copy;
}

function isSame(left: ReadonlyMap<string, string>, right: ReadonlyMap<string, string>): boolean {
  return left.size === right.size && [...left].every(([name, text]) => right.get(name) === text);
}

function isCalled(name: string): ({ event }: { readonly event: string }) => boolean {
  return ({ event }) => event === name;
}

function configOf(box: BoxName): string {
  return `${paths.etc(box)}/hotpair.yaml`;
}

function configText(box: BoxName): string {
  return readFileSync(configOf(box), 'utf8');
}

function reload(box: BoxName): void {
  const agent = agentOf(box);
  if (agent !== undefined) process.kill(agent.pid, 'SIGHUP');
}

function isHandingOut(box: BoxName): boolean {
  return boxProcesses(box).some(({ command }) => command.includes('--daemon'));
}

/** Of trials before this one. */
function clear(box: BoxName): void {
  const folder = paths.recordings(box);
  for (const name of readdirSync(folder)) rmSync(`${folder}/${name}`, { recursive: true });
  for (const name of ['sync', 'sync-kept']) {
    rmSync(`${paths.lib(box)}/${name}`, { recursive: true, force: true });
  }
}
