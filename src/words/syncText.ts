// Files that are copied to the standby, in words. Pure functions of what the agent tells.
import type { GuardianJson } from './serviceText.ts';
import { roughly } from './localTime.ts';

type SyncJson = GuardianJson['sync'][number];

/** One row of the status for each set. */
export function syncRows(guardian: GuardianJson | null): readonly (readonly [string, string])[] {
  return (guardian?.sync ?? []).map((set, index) => [index === 0 ? 'sync' : '', syncText(set)]);
}

/** `recordings 3 s behind the primary, 1 file still being written`. */
export function syncText(set: SyncJson): string {
  const { name, heldBack, problem, keptFiles, keptBytes } = set;
  const parts = [
    `${name} ${standingText(set)}`,
    heldBack === 0 ? '' : `${filesText(heldBack)} still being written there`,
    keptFiles === 0
      ? ''
      : `${filesText(keptFiles)} (${bytesText(keptBytes)}) that only this box had put aside in sync-kept/${name}`,
    problem ?? '',
  ];
  return parts.filter((part) => part !== '').join(', ');
}

function standingText({
  state,
  lagMs,
  isBehind,
  isPulling,
  lastFiles,
  lastBytes,
}: SyncJson): string {
  if (state === 'source') return 'handed out to the other box';
  if (state === 'idle' || lagMs === null) return 'not copied while the roles are open';
  const lag = `${isBehind ? 'BEHIND: ' : ''}at most ${roughly(lagMs)} behind the primary`;
  const last = lastFiles === 0 ? '' : `, last ${filesText(lastFiles)} (${bytesText(lastBytes)})`;
  return `${lag}${isPulling && isBehind ? ', being copied' : ''}${last}`;
}

function filesText(files: number): string {
  return `${files} ${files === 1 ? 'file' : 'files'}`;
}

const kilo = 1024;

function bytesText(bytes: number): string {
  if (bytes < 10 * kilo) return `${bytes} bytes`;
  if (bytes < 10 * kilo ** 2) return `${Math.round(bytes / kilo)} kB`;
  if (bytes < 10 * kilo ** 3) return `${Math.round(bytes / kilo ** 2)} MB`;
  return `${Math.round(bytes / kilo ** 3)} GB`;
}
