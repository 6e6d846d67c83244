// Ends the agent with everything that it runs, as before power off, and waits until it is gone: for `hotpair shutdown`, and for
// the commands that take a box out of its pair.
import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '../config/config.ts';
import { agentRuns, takeAgentLock } from '../daemon/agentLock.ts';
import type { AgentLock } from '../daemon/agentLock.ts';
import type { Verdict } from '../daemon/commands.ts';
import { askAgent } from '../daemon/control/controlClient.ts';
import { guardianDescription, stopAllMs } from '../daemon/guardianDescription.ts';
import { HotpairError, isHotpairError } from '../protocol/hotpairError.ts';
import { exitCodes } from './exitCodes.ts';

const handoverMs = 150_000;
const pollMs = 50;
/** An init system starts an agent again that it saw ending: so often it is ended, before that is said. */
const triesForLock = 5;

/** Tells the agent to hand over, stop everything and end. Returns what came of the handover. */
export async function orderShutdown({ state }: Config): Promise<Verdict> {
  return (await askAgent(state.runDirectory, { command: 'shutdown' }, handoverMs)) as Verdict;
}

/** Waits for an agent that was told to. Throws HotpairError SHUTDOWN_DEADLINE. */
export async function untilAgentEnded(config: Config): Promise<void> {
  const servicesMs = stopAllMs(guardianDescription(config));
  const until = Date.now() + servicesMs + config.database.shutdownDeadlineMs + 5_000;
  while (agentRuns(config.state.runDirectory)) {
    if (Date.now() > until) {
      throw new HotpairError('SHUTDOWN_DEADLINE', 'the agent has not ended in time', {
        exitCode: exitCodes.deadline,
      });
    }
    await delay(pollMs);
  }
}

/**
 * Ends the agent, if one runs, and keeps the next one from starting until the lock is released. Throws SHUTDOWN_DEADLINE, or
 * AGENT_RUNNING where it is started again and again in between.
 */
export async function endAgentAndLock(config: Config, tries = triesForLock): Promise<AgentLock> {
  const { runDirectory } = config.state;
  try {
    if (agentRuns(runDirectory)) {
      await orderShutdown(config);
      await untilAgentEnded(config);
    }
    return takeAgentLock(runDirectory);
  } catch (error) {
    const isBack =
      isHotpairError(error, 'AGENT_RUNNING') || isHotpairError(error, 'AGENT_NOT_ANSWERING');
    if (!isBack || tries <= 1) throw error;
    await delay(pollMs);
    return endAgentAndLock(config, tries - 1);
  }
}
