// Starting and stopping. A start writes every generated file first, whatever a rewind, a clone or a
// hand left there, and never brings up a directory that is half old and half new.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { HotpairError } from '../../protocol/hotpairError.ts';
import { finishSwap, removeOldCopies } from './clone.ts';
import { isCleanlyShut, readControlFile } from './controlFile.ts';
import { endOfLog } from './controlLog.ts';
import { assertDataDirectory } from './dataDirectory.ts';
import { deadlineIn, leftOf } from './deadline.ts';
import type { Deadline } from './deadline.ts';
import type { Instance } from './instance.ts';
import { assertNoRewind } from './jobMarker.ts';
import { endOrphans, isAlive } from './postmaster.ts';
import { promote } from './promote.ts';
import { fitSlot } from './slot.ts';

export type StartRequest = {
  readonly role: 'primary' | 'standby';
  readonly synchronous: boolean;
  readonly admitted: boolean;
  /** Until when it must answer; a minute where it is not given. */
  readonly deadlineMs?: number;
};

type Launch = { readonly deadline: Deadline; readonly isWanted: () => boolean };

/** Starts PostgreSQL; resolves when it answers, a primary after its crash recovery. */
export async function start(
  instance: Instance,
  request: StartRequest,
  isWanted: () => boolean,
): Promise<void> {
  const launch = { deadline: deadlineIn(request.deadlineMs ?? 60_000), isWanted };
  const { options, server, user } = instance;
  // The end of our own child may be known to the kernel and not yet to us.
  const found = server.adopt() ? server.pid() : null;
  if (found !== null && !isAlive(found)) await server.waitExit(deadlineIn(500));
  if (server.pid() !== null) {
    throw new HotpairError('DATABASE_RUNNING', `PostgreSQL runs in ${options.dataDirectory}`);
  }
  await finishSwap(instance);
  assertNoRewind(options.dataDirectory);
  const control = assertDataDirectory(options.dataDirectory, user);
  if (request.role === 'standby') {
    await startStandby(instance, launch);
  } else if (wasStandby(options.dataDirectory, control.state)) {
    await startPromoted(instance, request, launch);
  } else {
    await startPrimary(instance, request, launch);
  }
}

async function startPrimary(
  instance: Instance,
  request: StartRequest,
  launch: Launch,
): Promise<void> {
  const synchronous = request.synchronous ? 'peer' : 'off';
  const state = { synchronous, admitted: request.admitted, follows: true } as const;
  await instance.files.writeAll(state, 'primary');
  await run(instance, launch);
  await fitSlot(instance, 'primary', launch.deadline);
}

async function startStandby(instance: Instance, launch: Launch): Promise<void> {
  const state = { synchronous: 'off', admitted: false, follows: true } as const;
  await instance.files.writeAll(state, 'standby');
  await run(instance, launch);
  await fitSlot(instance, 'standby', launch.deadline);
  void removeOldCopies(instance.options.dataDirectory).catch(() => {});
}

// A standby's directory becomes a primary only through a promotion, which begins a timeline of its
// own: two histories on one timeline could never be told apart again.
async function startPromoted(
  instance: Instance,
  request: StartRequest,
  launch: Launch,
): Promise<void> {
  const synchronous = request.synchronous ? 'peer' : 'off';
  const state = { synchronous, admitted: false, follows: false } as const;
  await instance.files.writeAll(state, 'standby');
  await run(instance, launch);
  const { admitted } = request;
  await promote(instance, leftOf(launch.deadline), { alone: !request.synchronous, admitted });
}

function wasStandby(dataDirectory: string, state: string): boolean {
  const isInRecovery = state === 'shutDownInRecovery' || state === 'inArchiveRecovery';
  return isInRecovery || existsSync(join(dataDirectory, 'standby.signal'));
}

async function run(instance: Instance, { deadline, isWanted }: Launch): Promise<void> {
  const binaries = await instance.binaries();
  await instance.server.launch({ binaries, deadline, isWanted });
  instance.main.wake();
  instance.probe.wake();
  await instance.main.ask({ text: 'SELECT 1' }, deadline);
}

/**
 * Stops PostgreSQL: `clean` sends the whole log to a connected standby first, `now` does not.
 * Past the deadline it is ended hard. Resolves when no process of it is left.
 */
export async function stop(
  instance: Instance,
  how: 'clean' | 'now',
  deadlineMs: number,
): Promise<{ clean: boolean; lsn: bigint | null; timeline: number | null }> {
  const { options, server } = instance;
  const deadline = deadlineIn(deadlineMs);
  server.adopt();
  server.expectExit();
  if (server.signal(how === 'clean' ? 'SIGINT' : 'SIGQUIT') && !(await server.waitExit(deadline))) {
    server.signal('SIGKILL');
    await server.waitExit(deadlineIn(2_000));
  }
  if (server.pid() !== null) {
    throw new HotpairError('DATABASE_STOP', 'PostgreSQL does not end, not even when killed');
  }
  await endOrphans(options.dataDirectory, how === 'clean' ? 100 : 20);
  const control = readControlFile(options.dataDirectory);
  return {
    clean: control !== null && isCleanlyShut(control),
    ...(control === null
      ? { lsn: null, timeline: null }
      : endOfLog(options.dataDirectory, control)),
  };
}
