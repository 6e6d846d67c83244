// A slower and wider look at the database than the one that decides: room, the log kept for the standby,
// checksums, commits that go unprotected, settings that a takeover would trip over. What it finds are alarms; on
// a standby some of them say that its data or its server is of no use for a takeover.
import { readdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { findCommitsUnprotected, settingsUndoneByHand } from './commitProtection.ts';
import { holdConnection } from './connection.ts';
import type { HeldConnection } from './connection.ts';
import { readControlFile } from './controlFile.ts';
import { slotName } from './databaseOptions.ts';
import { deadlineIn } from './deadline.ts';
import type { Deadline } from './deadline.ts';
import type { Instance } from './instance.ts';
import { findDifferences } from './peerDifferences.ts';
import { openRoomWatch, sizeText, spanText } from './room.ts';
import type { Stage } from './room.ts';
import type { Row } from './session.ts';
import { openSlotCare } from './slotCare.ts';

export type FindingName =
  | 'diskFilling'
  | 'diskAlmostFull'
  | 'standbyLogShort'
  | 'standbyLogAlmostLost'
  | 'standbyLogLost'
  | 'checksumErrors'
  | 'commitsUnprotected'
  | 'settingsDiffer'
  | 'versionsDiffer'
  | 'collationsDiffer'
  | 'replayHeld';

export type Finding = {
  readonly name: FindingName;
  readonly text: string;
  /** Set on a standby that is of no use for a takeover because of it. */
  readonly unfit: { readonly code: string } | null;
};

export type CareLook = {
  readonly findings: readonly Finding[];
  readonly freeBytes: number;
  /** So little that PostgreSQL may end for want of it at any moment. */
  readonly isNearlyOut: boolean;
  /** What the primary may still write before the standby's log is given up; null where nothing limits it. */
  readonly standbyLogLeftBytes: number | null;
  readonly slotBudgetMb: number;
};

export type Care = {
  /** Looks once; rejects where PostgreSQL does not answer. */
  readonly look: (deadlineMs: number) => Promise<CareLook>;
  readonly close: () => void;
};

const mb = 1024 * 1024;
const leastBudgetMb = 64;
const mostBudgetMb = 16 * 1024;
const minuteSeconds = 60;

const diskLimits = {
  low: { fraction: 0.15, bytes: 4096 * mb, seconds: 6 * 60 * minuteSeconds },
  almostGone: { fraction: 0.07, bytes: 1024 * mb, seconds: 30 * minuteSeconds },
} as const;

const nearlyOut = { fraction: 0.05, bytes: 256 * mb } as const;

const question = `
SELECT pg_is_in_recovery() AS in_recovery,
  (SELECT sum(checksum_failures)::text FROM pg_stat_database) AS checksum_failures,
  (SELECT string_agg(coalesce(datname, 'shared'), ', ') FROM pg_stat_database
    WHERE checksum_failures > 0) AS checksum_databases,
  pg_is_in_recovery() AND pg_is_wal_replay_paused() AS paused,
  current_setting('server_version_num')::int AS version,
  l.wal_status, l.safe_wal_size::text, l.active, l.restart_lsn::text
FROM (SELECT 1) one LEFT JOIN pg_replication_slots l ON l.slot_name = $1`;

export function openCare(instance: Instance, setBudget: (budgetMb: number) => Promise<void>): Care {
  const { options, server } = instance;
  const connection = holdConnection({
    options,
    name: 'hotpair care',
    synchronousCommit: 'local',
    mayConnect: () => server.isReady(),
  });
  const disk = openRoomWatch(diskLimits);
  const slot = openSlotCare();
  const differences = findDifferences(instance, connection);
  return {
    look: async (deadlineMs) => {
      const deadline = deadlineIn(deadlineMs);
      const name = slotName(options.peerName);
      const { rows } = await connection.ask(
        { name: 'hotpair_care', text: question, values: [name] },
        deadline,
      );
      const row = rows[0] ?? {};
      const isStandby = row['in_recovery'] === true;
      const room = await roomOf(options.dataDirectory);
      const stage = disk.note({ at: performance.now(), left: room.free, whole: room.whole });
      const budgetMb = fittingBudget(room, options.slotDiskBudgetMb);
      if (budgetMb !== options.slotDiskBudgetMb) await setBudget(budgetMb);
      const logLeft = Number.parseFloat(textOf(row['safe_wal_size']));
      const findings = [
        ...diskFindings(stage, room, disk.secondsLeft()),
        ...checksumFindings(row, isStandby),
        ...(isStandby
          ? [...heldFindings(row, options.dataDirectory), ...(await differences(deadline))]
          : [
              ...slot.note(row, budgetMb),
              ...(await commitFindings(instance, connection, deadline)),
            ]),
      ];
      return {
        findings,
        freeBytes: room.free,
        isNearlyOut: room.free < Math.min(nearlyOut.bytes, room.whole * nearlyOut.fraction),
        standbyLogLeftBytes: isStandby || Number.isNaN(logLeft) ? null : logLeft,
        slotBudgetMb: options.slotDiskBudgetMb,
      };
    },
    close: connection.close,
  };
}

type Room = { readonly free: number; readonly whole: number; readonly log: number };

async function roomOf(dataDirectory: string): Promise<Room> {
  const wal = join(dataDirectory, 'pg_wal');
  const { bavail, blocks, bsize } = await statfs(wal);
  const segments = (await readdir(wal)).filter((name) => /^[0-9A-F]{24}$/.test(name)).length;
  const segmentSize = readControlFile(dataDirectory)?.walSegmentSize ?? 16 * mb;
  return { free: bavail * bsize, whole: blocks * bsize, log: segments * segmentSize };
}

/**
 * A quarter of what the log could have at most. What it has already counts as room: otherwise the budget would shrink while
 * it is being used. A change is made only where it is worth a reload.
 */
export function fittingBudget({ free, log }: Omit<Room, 'whole'>, nowMb: number): number {
  const quarter = Math.floor((free + log) / 4 / mb);
  const wanted = Math.min(mostBudgetMb, Math.max(leastBudgetMb, quarter));
  return Math.abs(wanted - nowMb) > nowMb / 4 ? wanted : nowMb;
}

function diskFindings(stage: Stage, { free, whole }: Room, seconds: number | null): Finding[] {
  if (stage === 'ample') return [];
  const percent = Math.round((free / whole) * 100);
  const until =
    seconds === null ? '' : `, full in ${spanText(seconds)} at the rate of the last minutes`;
  const text = `${sizeText(free)} (${percent} %) of the database's disk are free${until}`;
  return [{ name: stage === 'low' ? 'diskFilling' : 'diskAlmostFull', text, unfit: null }];
}

function checksumFindings(row: Row, isStandby: boolean): Finding[] {
  const failures = Number(row['checksum_failures'] ?? 0);
  if (failures === 0) return [];
  const where = textOf(row['checksum_databases']);
  const next = isStandby
    ? 'it is made anew from the primary'
    : 'hand over to the other box, which then makes this one anew';
  const text = `${failures} pages of this box's database (${where}) do not have their checksum: ${next}`;
  return [
    { name: 'checksumErrors', text, unfit: isStandby ? { code: 'DATABASE_CHECKSUM' } : null },
  ];
}

/** The control file has what the primary had; the server what it was started with. */
function heldFindings(row: Row, dataDirectory: string): Finding[] {
  if (row['paused'] !== true) return [];
  const limits = readControlFile(dataDirectory)?.limits ?? {};
  const said = Object.entries(limits).map(([name, value]) => `${name} ${value}`);
  const text = `the standby receives the log and does not replay it: it was paused by hand, or the primary's ${said.join(', ')} are more than it was started with`;
  return [{ name: 'replayHeld', text, unfit: { code: 'DATABASE_REPLAY_HELD' } }];
}

async function commitFindings(
  instance: Instance,
  connection: HeldConnection,
  deadline: Deadline,
): Promise<Finding[]> {
  await settingsUndoneByHand(instance, connection, deadline);
  const text = await findCommitsUnprotected(connection, deadline);
  return text === null ? [] : [{ name: 'commitsUnprotected', text, unfit: null }];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
