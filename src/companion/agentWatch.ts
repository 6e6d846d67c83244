// Asks the agent again and again how it is. One that is not there, hangs or was not understood is a state like any other, with
// the time of its last answer: a panel that shows an old state would be worse than none.
import type { StatusJson } from '../daemon/status.ts';
import { monotonicMs } from '../kernel/clock.ts';
import { isHotpairError } from '../protocol/hotpairError.ts';
import type { AgentView } from './view.ts';

export type AgentWatchOptions = {
  /** One question for the status; rejects where there is no answer in time. */
  readonly ask: () => Promise<unknown>;
  /** Called after every question. */
  readonly seen: (view: AgentView) => void;
  readonly intervalMs?: number;
};

export type AgentWatch = {
  view(): AgentView;
  /** Asks at once, where no question is under way. */
  hurry(): void;
  close(): void;
};

const usualIntervalMs = 1_000;

export function watchAgent(options: AgentWatchOptions): AgentWatch {
  const { ask, seen, intervalMs = usualIntervalMs } = options;
  let view: AgentView = { type: 'asked' };
  let answeredAt = monotonicMs();
  let timer: NodeJS.Timeout | undefined;
  let isAsking = false;
  let isClosed = false;

  async function look(): Promise<void> {
    clearTimeout(timer);
    isAsking = true;
    view = await agentAnswer(ask(), answeredAt);
    if (view.type === 'answering') answeredAt = monotonicMs();
    isAsking = false;
    if (isClosed) return;
    timer = setTimeout(() => void look(), intervalMs);
    seen(view);
  }

  void look();
  return {
    view: () => view,
    hurry() {
      if (!isAsking && !isClosed) void look();
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}

/** What one question tells. `lastAt`: of the last answer, or of the first question, in monotonic milliseconds. */
export async function agentAnswer(
  asked: Promise<unknown>,
  lastAt = monotonicMs(),
): Promise<AgentView> {
  try {
    const status = understood(await asked);
    if (status !== null) return { type: 'answering', status };
    return silent('its answer was not understood', lastAt);
  } catch (error) {
    return silent(isHotpairError(error) ? error.message : String(error), lastAt);
  }
}

function silent(reason: string, lastAt: number): AgentView {
  // By the monotonic clock: the time of day may have been set meanwhile.
  const since = new Date(Date.now() - (monotonicMs() - lastAt)).toISOString();
  return { type: 'silent', reason, since };
}

/** The agent is of the same version, so that the rest of an object that says this much is taken as it is. */
function understood(answer: unknown): StatusJson | null {
  if (typeof answer !== 'object' || answer === null) return null;
  const { node, state, role } = answer as Partial<StatusJson>;
  const isStatus = [node, state, role].every((each) => typeof each === 'string');
  return isStatus ? (answer as StatusJson) : null;
}
