// Where a fence agent is, and whether it may be run: it runs as root and decides about the power of the other box.
import { accessSync, constants, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { HotpairError } from '../../protocol/hotpairError.ts';

const ownDirectory = '/usr/sbin';

/**
 * The path of an agent: itself where it is absolute, else the first of `directory` and /usr/sbin that has it. Throws
 * HotpairError FENCE_AGENT_MISSING, or FENCE_AGENT_PERMISSIONS where somebody other than root could exchange it.
 */
export function findAgent(agent: string, directory: string | null): string {
  const candidates = agent.startsWith('/')
    ? [agent]
    : [...(directory === null ? [] : [directory]), ownDirectory].map((each) => `${each}/${agent}`);
  for (const path of candidates) {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) continue;
    check(path, stats);
    return path;
  }
  throw new HotpairError('FENCE_AGENT_MISSING', `The fence agent ${agent} is not installed.`, {
    seen: `none in ${candidates.join(', ')}`,
    allowed: 'an agent of the package fence-agents, or a path to one',
  });
}

function check(path: string, stats: Stats): void {
  if (!stats.isFile() || !isExecutable(path)) {
    throw new HotpairError('FENCE_AGENT_MISSING', `${path} is no program that can be run.`);
  }
  const mode = stats.mode & 0o7777;
  const isOwn = stats.uid === 0 || stats.uid === process.getuid?.();
  if (isOwn && (mode & 0o022) === 0) return;
  throw new HotpairError(
    'FENCE_AGENT_PERMISSIONS',
    `Others may change the fence agent ${path}, which runs as root.`,
    {
      seen: `user ${stats.uid}, mode ${mode.toString(8).padStart(4, '0')}`,
      allowed: 'root as its owner, and nobody else who may write',
    },
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
