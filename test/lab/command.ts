// Runs other programs, always with a deadline, never through a shell.

import { spawn, spawnSync } from 'node:child_process';
import { LabError } from './labError.ts';

export type Outcome = {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
};

/** Runs a short command and gives its output. @throws {LabError} it failed; with what it said. */
export function run(
  command: string,
  commandArguments: readonly string[],
  options: { readonly input?: string; readonly deadlineMs?: number } = {},
): string {
  const done = spawnSync(command, commandArguments, {
    encoding: 'utf8',
    timeout: options.deadlineMs ?? 10_000,
    ...(options.input === undefined ? {} : { input: options.input }),
  });
  if (done.error !== undefined) throw new LabError(`${command}: ${done.error.message}`);
  if (done.status !== 0) {
    const said = done.stderr.trim() || `exit status ${String(done.status)}`;
    throw new LabError(`${command} ${commandArguments.join(' ')}: ${said}`);
  }
  return done.stdout;
}

/** Whether a short command succeeds. */
export function succeeds(command: string, commandArguments: readonly string[]): boolean {
  return spawnSync(command, commandArguments, { stdio: 'ignore', timeout: 10_000 }).status === 0;
}

/** Runs a command without blocking this process; killed at its deadline (exitCode null). */
export async function outcomeOf(
  command: string,
  commandArguments: readonly string[],
  deadlineMs: number,
  onProgress: (text: string) => void = () => undefined,
): Promise<Outcome> {
  const child = spawn(command, commandArguments, { stdio: ['ignore', 'pipe', 'pipe'] });
  const timer = setTimeout(() => child.kill('SIGKILL'), deadlineMs);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    onProgress(text);
  });
  try {
    return await new Promise<Outcome>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
    });
  } finally {
    clearTimeout(timer);
  }
}
