// What init and join share: a box may be set up once, nothing of a pair that is there is touched, and a set-up that failed
// can be run again because the record, which makes a box a node, is written last.
import { dirname } from 'node:path';
import { newNodeIdentity, readNodeIdentity, writeNodeIdentity } from '../config/identity.ts';
import type { NodeIdentity } from '../config/identity.ts';
import type { DurableRecord } from '../core/record.ts';
import { agentRuns } from '../daemon/agentLock.ts';
import { makeDirectories } from '../kernel/directories.ts';
import { asInput, asInputLater, makeStateDirectory } from '../daemon/ground.ts';
import type { Ground } from '../daemon/ground.ts';
import { tryStatePartition } from '../daemon/statePartition.ts';
import type { DatabaseOptions } from '../io/database/databaseOptions.ts';
import { assertSetUpPossible } from '../io/database/init.ts';
import { openRecordStore } from '../io/record/recordStore.ts';
import { HotpairError, isHotpairError } from '../protocol/hotpairError.ts';
import { exitCodes } from './exitCodes.ts';

/** Throws AGENT_RUNNING or ALREADY_PAIRED; changes nothing. */
export async function assertUnpaired({ config }: Ground): Promise<void> {
  const { directory, runDirectory } = config.state;
  if (agentRuns(runDirectory)) {
    throw new HotpairError('AGENT_RUNNING', 'an agent runs on this box: stop it first', {
      exitCode: exitCodes.notPossibleNow,
    });
  }
  const reading = await openRecordStore(directory).read();
  if (reading.kind === 'none') return;
  const seen =
    reading.kind === 'corrupt'
      ? 'a record that is damaged'
      : `a record of epoch ${reading.record.epoch}`;
  throw new HotpairError(
    'ALREADY_PAIRED',
    `this box belongs to a pair already: ${directory} holds a record`,
    {
      seen,
      allowed:
        'a state directory without record.a and record.b; remove them only if that pair is gone',
      exitCode: exitCodes.notPossibleNow,
    },
  );
}

/**
 * Refuses what the set-up would fail for later, before anything is made: NOT_ROOT, what assertSetUpPossible refuses. Then
 * makes the state directory and sees that it takes files: STATE_DIRECTORY, STATE_FULL, STATE_READ_ONLY, STATE_WRITE.
 */
export async function prepareBox(
  { config }: Ground,
  options: DatabaseOptions,
  which: 'first' | 'second',
): Promise<void> {
  const { directory } = config.state;
  assertRoot();
  await asInputLater(async () => assertSetUpPossible(options, which, directory));
  makeStateDirectory(directory);
  const problem = await tryStatePartition(directory);
  if (problem === null) return;
  throw new HotpairError(problem.code, problem.text, { exitCode: exitCodes.refusedInput });
}

/** Ports, PostgreSQL's user and the key file all need root. */
export function assertRoot(): void {
  if (process.getuid?.() === 0) return;
  throw new HotpairError('NOT_ROOT', 'this has to be called as root', {
    exitCode: exitCodes.refusedInput,
  });
}

/** A new node of the pair; one that an earlier, failed set-up of the same pair left is used again. */
export function settleIdentity({ config }: Ground, pairId: string): NodeIdentity {
  const { directory } = config.state;
  const left = identityLeft(directory);
  if (left?.pairId === pairId) return left;
  const identity = newNodeIdentity(pairId);
  asInput(() => writeNodeIdentity(directory, identity));
  return identity;
}

function identityLeft(directory: string): NodeIdentity | null {
  try {
    return readNodeIdentity(directory);
  } catch (error) {
    if (isHotpairError(error)) return null;
    throw error;
  }
}

/** Makes the directory of the key file, for root alone. Throws KEY_WRITE. */
export function makeKeyDirectory(keyFile: string): void {
  try {
    makeDirectories(dirname(keyFile), 0o755);
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new HotpairError('KEY_WRITE', `the directory of the pair key cannot be made: ${why}`, {
      seen: keyFile,
    });
  }
}

/** Writes the record that makes the box a node. */
export async function writeFirstRecord({ config }: Ground, record: DurableRecord): Promise<void> {
  await openRecordStore(config.state.directory).write(record);
}
