// The records that a node may write next, each from the record it has and what it knows (protocol.md sections 2 and 7).
import type { DurableRecord, Lsn, NodeId } from './record.ts';
import type { Standing } from './standing.ts';
import type { Turn } from './turn.ts';

function present(turn: Turn): DurableRecord {
  const { record } = turn.state;
  if (record === null) throw new Error('a record is needed here');
  return record;
}

function fromDatabase(turn: Turn): Pick<DurableRecord, 'timeline' | 'lsn' | 'databaseSystemId'> {
  const record = present(turn);
  const { database } = turn.state;
  const timeline = database.timeline ?? record.timeline;
  const lsn = database.lsn ?? record.lsn;
  // What was vouched for once stays vouched for: a log that ends earlier now has lost something.
  return {
    databaseSystemId: record.databaseSystemId,
    timeline: Math.max(timeline, record.timeline),
    lsn: timeline > record.timeline || lsn > record.lsn ? lsn : record.lsn,
  };
}

/**
 * It can never equal the epoch that a lone peer may have reached: n+1 from a paired epoch, and n+2 from `catchup(n)`, where
 * the peer may have paired with this node, which died before it wrote that down, and may have left again.
 */
export function operatorEpoch(turn: Turn): number {
  const { record, contact } = turn.state;
  const holdsNothing = record?.mode === 'catchup' && record.handed === 'none';
  return Math.max((record?.epoch ?? 0) + (holdsNothing ? 1 : 0), contact.highestEpoch) + 2;
}

/** I am primary alone from `epoch` on. */
export function soloRecord(turn: Turn, epoch: number): DurableRecord {
  const { settings } = turn;
  const record = present(turn);
  const pairedHolder = record.mode === 'paired' ? record.holder : record.pairedHolder;
  return {
    ...record,
    ...fromDatabase(turn),
    node: settings.self,
    epoch,
    holder: settings.self,
    partner: null,
    mode: 'solo',
    handed: 'none',
    arbiter: settings.arbiter,
    pairedHolder,
    job: 'none',
  };
}

/** I am primary and my commits wait for `partner`. */
export function pairedRecord(turn: Turn, epoch: number, partner: NodeId): DurableRecord {
  const { settings } = turn;
  return {
    ...soloRecord(turn, epoch),
    partner,
    mode: 'paired',
    pairedHolder: settings.self,
  };
}

/** I am the standby of the epoch that the peer says is paired with me. */
export function followerRecord(turn: Turn, said: Standing): DurableRecord {
  const record = present(turn);
  const statement = statementOf(said);
  return {
    ...record,
    ...fromDatabase(turn),
    epoch: statement.epoch,
    holder: statement.holder,
    partner: turn.settings.self,
    mode: 'paired',
    handed: 'none',
    arbiter: statement.arbiter,
    pairedHolder: statement.holder,
    job: 'none',
  };
}

/** I hold nothing of my own in `epoch`. */
export function catchupRecord(
  turn: Turn,
  epoch: number,
  holder: NodeId,
  change: Partial<DurableRecord> = {},
): DurableRecord {
  const record = present(turn);
  const pairedHolder = record.mode === 'paired' ? record.holder : record.pairedHolder;
  return {
    ...record,
    ...fromDatabase(turn),
    node: turn.settings.self,
    epoch,
    holder,
    partner: null,
    mode: 'catchup',
    handed: 'none',
    pairedHolder,
    ...change,
  };
}

/** The log that this record vouched for is to be thrown away: what the new one will hold is not known yet. */
export function rebuiltRecord(turn: Turn, job: DurableRecord['job']): DurableRecord {
  const record = present(turn);
  const said = turn.state.contact.standing;
  return {
    ...record,
    job,
    timeline: 0,
    lsn: 0n,
    databaseSystemId: said?.database.systemId ?? record.databaseSystemId,
  };
}

/** The taker's (n+1) or the giver's (n) record of a handover; the log ends exactly at `lsn`. */
export function handedRecord(turn: Turn, handed: 'handed' | 'handedBack', lsn: Lsn): DurableRecord {
  // The partner stays named: only its own word gives the epoch back.
  const { epoch, partner } = present(turn);
  return catchupRecord(turn, epoch, turn.settings.self, { handed, lsn, partner });
}

function statementOf(said: Standing): NonNullable<Standing['record']> {
  if (said.record === null) throw new Error('the peer said no record');
  return said.record;
}
