// Calls the command line as a process of its own, as people and scripts do.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const entry = join(import.meta.dirname, '../../src/main.ts');

export type Outcome = {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
};

/** The words that start the command line from its sources. */
export function hotpairWords(argv: readonly string[]): readonly string[] {
  return [process.execPath, '--disable-warning=ExperimentalWarning', entry, ...argv];
}

/** Two at a time: thirty processes at once would starve the tests of other files. */
const mostAtOnce = 2;
const turns: Promise<unknown>[] = Array.from({ length: mostAtOnce }, () => Promise.resolve());
let calls = 0;

/** Runs `hotpair ...argv` to its end, with nothing on stdin. */
export function callHotpair(...argv: readonly string[]): Promise<Outcome> {
  const turn = calls % mostAtOnce;
  calls += 1;
  const outcome = (turns[turn] ?? Promise.resolve()).then(() => runProgram(hotpairWords(argv)));
  turns[turn] = outcome;
  return outcome;
}

/** Runs a program to its end. */
export function runProgram([program = '', ...argv]: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(program, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (bytes: Buffer) => {
      stdout += bytes.toString();
    });
    child.stderr.on('data', (bytes: Buffer) => {
      stderr += bytes.toString();
    });
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** The stdout of `hotpair ...argv`, read slower than it is written over the socket that a child of Node is given. */
export async function readSlowly(...argv: readonly string[]): Promise<string> {
  const [program = '', ...words] = hotpairWords(argv);
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (bytes: Buffer) => {
    text += bytes.toString();
    child.stdout.pause();
    setTimeout(() => child.stdout.resume(), 50);
  });
  await new Promise((resolve) => child.stdout.on('end', resolve));
  return text;
}

/** Runs `hotpair ...argv` with nobody who reads its stdout. */
export async function callUnread(...argv: readonly string[]): Promise<Omit<Outcome, 'stdout'>> {
  const [program = '', ...words] = hotpairWords(argv);
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  let stderr = '';
  child.stderr.on('data', (bytes: Buffer) => {
    stderr += bytes.toString();
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, stderr };
}

export type Place = {
  readonly directory: string;
  readonly config: string;
  readonly state: string;
  readonly run: string;
};

/** A box's files under a directory of its own, removed afterwards. `lines` replace whole sections of the configuration. */
export function aPlace(
  t: { teardown(end: () => void): void },
  sections: Readonly<Record<string, string>> = {},
): Place {
  const directory = mkdtempSync(join(tmpdir(), 'hotpair-cli-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const place = {
    directory,
    config: join(directory, 'hotpair.yaml'),
    state: join(directory, 'state'),
    run: join(directory, 'run'),
  };
  const all = {
    node: '{ name: box-a }',
    pair: `{ keyFile: ${directory}/pair.key }`,
    heartbeat: '{ port: eth1, address: 169.254.69.1/30, peer: 169.254.69.2 }',
    service: '{ port: eth0, addresses: [192.0.2.10/24], references: [192.0.2.1, 192.0.2.2] }',
    watchdog: '{ policy: off }',
    database: `{ dataDirectory: ${directory}/data, socketDirectory: ${directory}/socket }`,
    state: `{ directory: ${place.state}, runDirectory: ${place.run} }`,
    ...sections,
  };
  writeFileSync(
    place.config,
    Object.entries(all)
      .map(([name, text]) => `${name}: ${text}\n`)
      .join(''),
  );
  return place;
}
