// How late the heartbeats of a box were, as its cable saw them.

import { spawn } from 'node:child_process';
import { executableOptions } from '../../scripts/executableOptions.ts';
import { boxNames, labFile, namespaces, runDirectory, type BoxName } from './layout.ts';
import { endProcess, growingFile } from './lanProcess.ts';

export type SentHeartbeat = { readonly box: BoxName; readonly atMs: number };

export type Lateness = {
  readonly heartbeats: number;
  /** Of a thousand heartbeats one was later than this. */
  readonly p999Ms: number;
  readonly latestMs: number;
};

/** Of the spans between heartbeats that are due every `intervalMs`. A heartbeat that came early is not late. Pure. */
export function latenessOf(instantsMs: readonly number[], intervalMs: number): Lateness {
  const late = instantsMs
    .slice(1)
    .map((atMs, index) => Math.max(0, atMs - (instantsMs[index] ?? atMs) - intervalMs))
    .toSorted((left, right) => left - right);
  return {
    heartbeats: instantsMs.length,
    p999Ms: late[Math.ceil(late.length * 0.999) - 1] ?? 0,
    latestMs: late.at(-1) ?? 0,
  };
}

export type RunningRecorder = {
  /** When each box sent its heartbeats, so far. */
  readonly instants: () => Readonly<Record<BoxName, readonly number[]>>;
  readonly stop: () => Promise<void>;
};

/** Listens between the two Eth1. */
export function startHeartbeatRecorder(): RunningRecorder {
  const path = `${runDirectory}/heartbeats-${process.pid}`;
  const file = growingFile(path, (line): SentHeartbeat => {
    const [box = '', atMs = ''] = line.split(' ');
    return { box: box === 'box-a' ? 'box-a' : 'box-b', atMs: Number(atMs) };
  });
  const script = [...executableOptions, labFile('heartbeatRecorder.ts'), path];
  const child = spawn(
    'nsenter',
    [`--net=/run/netns/${namespaces.eth1}`, process.execPath, ...script],
    { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
  );
  const of = (box: BoxName): readonly number[] =>
    file
      .items()
      .filter((sent) => sent.box === box)
      .map(({ atMs }) => atMs);
  return {
    instants: () => ({ 'box-a': of(boxNames[0]), 'box-b': of(boxNames[1]) }),
    stop: async () => {
      await endProcess('the recorder of heartbeats', child);
      file.remove();
    },
  };
}
