// One run of a ClusterLabs fence agent (their FenceAgentAPI): options as name=value lines on its input, no argument, no shell.
// It leads a process group of its own, and whatever is left of that group when it ends or is late is killed.
import { spawn } from 'node:child_process';
import { HotpairError } from '../../protocol/hotpairError.ts';

export type AgentAction = 'on' | 'off' | 'status' | 'monitor' | 'metadata';

export type AgentCall = {
  /** Absolute path. */
  readonly path: string;
  readonly action: AgentAction;
  readonly options: Readonly<Record<string, string>>;
  readonly deadlineMs: number;
  /** Values that must not be seen in what is kept of the output. */
  readonly secrets?: readonly string[];
  /** Open file that the agent inherits and so holds for as long as it lives. */
  readonly heldFd?: number;
  /** Ends the run at once, as the deadline does. */
  readonly signal?: AbortSignal;
  /** Characters that are kept of the output, the last ones. */
  readonly keep?: number;
};

/** `code` is null where the agent did not end by itself: nothing is known then of what it has already asked for. */
export type AgentEnd = {
  readonly code: number | null;
  readonly output: string;
  /** The last line that it said, without secrets. */
  readonly lastLine: string;
};

const usualKeep = 4_000;
const longestLine = 200;
const masked = '(not shown)';

/** Runs an agent to its end or its deadline. Rejects with FENCE_AGENT_RUN where it cannot be started at all. */
export async function runAgentProgram(call: AgentCall): Promise<AgentEnd> {
  const keep = call.keep ?? usualKeep;
  return new Promise((resolve, reject) => {
    const child = spawn(call.path, [], {
      cwd: '/',
      detached: true,
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', LC_ALL: 'C.UTF-8' },
      stdio: ['pipe', 'pipe', 'pipe', call.heldFd ?? 'ignore'],
    });
    let output = '';
    let isOurs = false;
    const take = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-keep);
    };
    const kill = (): void => {
      isOurs = true;
      killGroup(child.pid);
    };
    const timer = setTimeout(kill, call.deadlineMs);
    call.signal?.addEventListener('abort', kill, { once: true });
    if (call.signal?.aborted === true) kill();
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    // An agent that ends before it has read everything is judged by its exit, not by the pipe.
    child.stdin?.on('error', () => {});
    child.stdin?.end(inputOf(call));
    // What it left behind would keep its output open, and may still talk to the device.
    child.on('exit', () => killGroup(child.pid));
    child.on('error', (error) => {
      clearTimeout(timer);
      const text = `${call.path} cannot be run: ${error.message}`;
      reject(new HotpairError('FENCE_AGENT_RUN', text, { cause: error }));
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      call.signal?.removeEventListener('abort', kill);
      const shown = withoutSecrets(output, call.secrets ?? []);
      resolve({ code: isOurs ? null : code, output: shown, lastLine: lastLineOf(shown) });
    });
  });
}

function inputOf({ action, options }: AgentCall): string {
  const lines = Object.entries({ ...options, action }).map(([name, value]) => `${name}=${value}\n`);
  return lines.join('');
}

/** Every process of the group that the agent led. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left.
  }
}

function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((shown, secret) => shown.replaceAll(secret, masked), text);
}

function lastLineOf(text: string): string {
  const lines = text.split(/[\r\n]+/).filter((line) => line.trim() !== '');
  const line = (lines.at(-1) ?? '').replaceAll(/\p{Cc}/gu, ' ').trim();
  return line.slice(0, longestLine);
}
