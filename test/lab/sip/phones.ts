// The phones of the lab: sipp in the client's network namespace. Some answer whatever comes, others call them.

import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { nowMs, until } from '../clock.ts';
import { outcomeOf } from '../command.ts';
import { LabError } from '../labError.ts';
import { addresses, labFile, namespaces, runDirectory } from '../layout.ts';
import { callsOf, shortMessageOf, type Call } from './calls.ts';
import { endProcess, growingFile } from '../lanProcess.ts';
import type { RtpEnd } from './rtpGaps.ts';

/** Before the path of a file of this site, in the command line of every phone; what removes a site knows them by it. */
export const phonesWord = '-shortmessage_file';

const answeringPort = 5070;
/** Where the audio of the first call comes from; each further call takes the second port after it. */
const firstAudioPort = { answering: 20_000, calling: 10_000 } as const;
const audioPortStep = 2;
/** Ports that sipp opens for audio, although it has none of its own: somewhere else. */
const unusedAudioPort = 40_000;
const answeringLines = 1000;

const firstNumber = 1000;

let started = 0;

/** Registers so many phones, all at once where the answering ones are. @throws {LabError} one was refused or got no answer */
export async function registerPhones(count: number): Promise<void> {
  const files = phoneFiles('register', count, 0);
  const words = [...files.words, '-p', '5080', '-r', '200', '-m', String(count), '-timeout', '30s'];
  const { exitCode } = await outcomeOf('nsenter', inLan(words), 40_000);
  files.remove();
  if (exitCode !== 0) throw new LabError(`not all of ${count} phones could register`);
}

export type AnsweringPhones = {
  /** The ends of the calls answered so far, for their audio. */
  readonly ends: () => readonly RtpEnd[];
  readonly stop: () => Promise<void>;
};

/** Starts the phones that answer, and waits until they do. */
export async function startAnswering(): Promise<AnsweringPhones> {
  const files = phoneFiles('callee', answeringLines, firstAudioPort.answering);
  const child = startPhones([
    ...files.words,
    '-p',
    String(answeringPort),
    // A request that comes a second time by another way is no reason to hang up.
    '-default_behaviors',
    'all,-abortunexp',
  ]);
  await until('the answering phones', 5000, () => listens(child, answeringPort));
  return {
    ends: () => files.audio.items().map(endOf),
    stop: async () => {
      await endProcess('the answering phones', child);
      files.remove();
    },
  };
}

export type CallingOptions = {
  /** How many registered phones there are to be called, one after the other. */
  readonly phones: number;
  /** Once so many calls are over no more are begun; and never are there more at once. */
  readonly calls: number;
  /** Calls begun a second. */
  readonly rate: number;
  /** From the answer until the caller hangs up. */
  readonly holdMs: number;
  readonly port: number;
};

export type RunningCalls = {
  /** All calls begun so far, in the order of their beginning, with instants of CLOCK_MONOTONIC. */
  readonly all: () => readonly Call[];
  readonly ends: () => readonly RtpEnd[];
  /** Begins no more calls. */
  readonly beginNoMore: () => void;
  /** Resolves when every call has ended or failed. @throws {LabError} not within the deadline */
  readonly untilOver: (deadlineMs: number) => Promise<void>;
  readonly stop: () => Promise<void>;
};

export function startCalls({ phones, calls, rate, holdMs, port }: CallingOptions): RunningCalls {
  const files = phoneFiles('caller', phones, firstAudioPort.calling);
  const child = startPhones([
    ...files.words,
    '-p',
    String(port),
    '-r',
    String(rate),
    '-m',
    String(calls),
    '-l',
    String(calls),
    '-d',
    String(holdMs),
  ]);
  return {
    all: () => callsOf(files.messages.items()),
    ends: () => files.audio.items().map(endOf),
    // Whoever calls already goes on until his call is over.
    beginNoMore: () => child.kill('SIGUSR1'),
    untilOver: async (deadlineMs) => {
      await until('the end of all calls', deadlineMs, () => child.exitCode !== null, 20);
    },
    stop: async () => {
      await endProcess('the calling phones', child);
      files.remove();
    },
  };
}

/** Whether a UDP port is open in the network of a process. */
function listens({ pid }: ChildProcess, port: number): boolean {
  const word = `:${port.toString(16).toUpperCase().padStart(4, '0')} `;
  return readFileSync(`/proc/${pid ?? 0}/net/udp`, 'latin1').includes(word);
}

function startPhones(words: readonly string[]): ChildProcess {
  const child = spawn('nsenter', inLan(words), { stdio: 'ignore' });
  child.on('error', () => undefined);
  return child;
}

function inLan(words: readonly string[]): string[] {
  return [`--net=/run/netns/${namespaces.client}`, 'sipp', ...words];
}

/** What every phone is started with, and the files that it writes. */
function phoneFiles(scenario: 'register' | 'caller' | 'callee', lines: number, firstPort: number) {
  started += 1;
  const base = `${runDirectory}/phones-${process.pid}-${started}`;
  const numbers = Array.from({ length: lines }, (_unused, index) => {
    const audioPort = firstPort + audioPortStep * index;
    return `${firstNumber + index};${addresses.client}:${answeringPort};${audioPort};`;
  });
  writeFileSync(`${base}.csv`, ['SEQUENTIAL', ...numbers, ''].join('\n'));
  const offsetMs = nowMs() - Date.now();
  const messages = growingFile(`${base}.messages`, (line) => {
    const message = shortMessageOf(line);
    return { ...message, atMs: message.atMs + offsetMs };
  });
  const audio = growingFile(`${base}.audio`, (line) => line);
  return {
    words: [
      `${addresses.service}:5060`,
      '-sf',
      labFile(`sip/${scenario}.xml`),
      '-inf',
      `${base}.csv`,
      '-i',
      addresses.client,
      '-mi',
      addresses.client,
      '-nostdin',
      '-mp',
      String(unusedAudioPort + 10 * started),
      '-trace_shortmsg',
      phonesWord,
      `${base}.messages`,
      '-trace_logs',
      '-log_file',
      `${base}.audio`,
      '-trace_err',
      '-error_file',
      `${base}.errors`,
    ],
    messages,
    audio,
    remove: () => {
      messages.remove();
      audio.remove();
      for (const name of ['csv', 'errors']) rmSync(`${base}.${name}`, { force: true });
    },
  };
}

/** `audio CALL-ID OWN-PORT HOST PORT`: where the audio of this end comes from and has to go. */
function endOf(line: string): RtpEnd {
  const [, , port = '', toHost = '', toPort = ''] = line.split(' ');
  return { host: addresses.client, port: Number(port), toHost, toPort: Number(toPort) };
}
