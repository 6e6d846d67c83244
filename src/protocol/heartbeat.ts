// The heartbeat datagram: a node's standing as a fixed number of bytes, big-endian, signed with the pair's key.
//
// | offset | size | field |
// |---|---|---|
// | 0 | 4 | magic, "hpHB" |
// | 4 | 2 | version, 1 |
// | 6 | 2 | length of the datagram, 268 |
// | 8 | 16 | pairId |
// | 24 | 16 | sender |
// | 40 | 8 | agentStart |
// | 48 | 8 | seq |
// | 56 | 16 | echo: agentStart, seq |
// | 72 | 16 | heard: agentStart, seq |
// | 88 | 4 | flags, see `flag` |
// | 92 | 1 | stateName, its place in the list |
// | 93 | 1 | record: mode (paired, solo, catchup) |
// | 94 | 1 | record: handed (none, handed, handedBack) |
// | 95 | 1 | grant: 0 none, 1 eligibility, 2 handover |
// | 96 | 8 | record: epoch |
// | 104 | 16 | record: holder |
// | 120 | 16 | record: partner |
// | 136 | 16 | record: pairedHolder |
// | 152 | 4 | record: timeline |
// | 156 | 8 | record: lsn |
// | 164 | 8 | lossCounter |
// | 172 | 8 | grant: epoch |
// | 180 | 8 | grant: toStart |
// | 188 | 8 | grant: lossCounter (eligibility) or lsn (handover) |
// | 196 | 8 | switchoverEpoch |
// | 204 | 8 | database: systemId |
// | 212 | 4 | database: majorVersion |
// | 216 | 4 | database: timeline |
// | 220 | 8 | database: lsn |
// | 228 | 6 | serviceMac |
// | 234 | 1 | record: arbiter (lan, manual) |
// | 235 | 1 | zero |
// | 236 | 32 | HMAC-SHA-256 with the pair's key over everything before it |
//
// What is absent has its flag off and its bytes zero, so that one heartbeat has exactly one encoding. Counters are eight
// bytes wide and at most 2^53 - 1.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { ArbiterName, Handed, Mode } from '../core/record.ts';
import type {
  DatabaseStatement,
  Echo,
  Fitness,
  Grant,
  Heartbeat,
  RecordStatement,
  Standing,
} from '../core/standing.ts';
import { stateNames } from '../core/stateName.ts';
import { ByteReader } from './byteReader.ts';
import { ByteWriter } from './byteWriter.ts';

/** Length of every heartbeat datagram in bytes. */
export const heartbeatLength = 268;

export type HeartbeatProblem = 'truncated' | 'version' | 'foreignPair' | 'badKey' | 'malformed';
export type DecodedHeartbeat =
  | { readonly ok: true; readonly heartbeat: Heartbeat }
  | { readonly ok: false; readonly problem: HeartbeatProblem };

const magic = 0x68_70_48_42;
/** Of what is sent and understood. */
export const heartbeatVersion = 1;
const headerLength = 8;
const pairIdLength = 16;
const signedLength = heartbeatLength - 32;

const modes: readonly [Mode, ...Mode[]] = ['paired', 'solo', 'catchup'];
const handedValues: readonly [Handed, ...Handed[]] = ['none', 'handed', 'handedBack'];
const arbiters: readonly [ArbiterName, ...ArbiterName[]] = ['lan', 'manual', 'etcd', 'fence'];
const grantTypes: readonly ['none', ...Grant['type'][]] = ['none', 'eligibility', 'handover'];
const systemIdDigits = /^(0|[1-9][0-9]{0,19})$/;
const macDigits = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;

/** The bits of the flags field; all others are zero. */
const flag = {
  echo: 1 << 0,
  heard: 1 << 1,
  record: 1 << 2,
  partner: 1 << 3,
  pairedHolder: 1 << 4,
  switchoverEpoch: 1 << 5,
  systemId: 1 << 6,
  majorVersion: 1 << 7,
  databaseTimeline: 1 << 8,
  databaseLsn: 1 << 9,
  serviceMac: 1 << 10,
  leaving: 1 << 11,
  eligible: 1 << 12,
  handingOver: 1 << 13,
  acknowledgedAlone: 1 << 14,
  receiving: 1 << 15,
  rewindable: 1 << 16,
  fitCarrier: 1 << 17,
  fitLan: 1 << 18,
  fitDatabase: 1 << 19,
  fitDisk: 1 << 20,
  maintenance: 1 << 21,
  replicationCut: 1 << 22,
  fitServices: 1 << 23,
  preferred: 1 << 24,
} as const;
const allFlags = (1 << 25) - 1;

/**
 * Encodes and signs a heartbeat.
 * @param pairId 32 lower-case hexadecimal digits
 * @param key the pair's key, 32 bytes
 * @returns 268 bytes
 * @throws RangeError when a value does not fit its field (ids that are no hex, negative counters)
 */
export function encodeHeartbeat(heartbeat: Heartbeat, pairId: string, key: Buffer): Buffer {
  const writer = new ByteWriter(heartbeatLength);
  writer.uint32(magic);
  writer.uint16(heartbeatVersion);
  writer.uint16(heartbeatLength);
  writer.hex(pairId, pairIdLength);
  writer.hex(heartbeat.sender, 16);
  writer.hex(heartbeat.agentStart, 8);
  writer.safeInteger(heartbeat.seq);
  writeEcho(writer, heartbeat.echo);
  writeEcho(writer, heartbeat.heard);
  writeStanding(writer, heartbeat, heartbeat.standing);
  signature(writer.bytes, key).copy(writer.bytes, signedLength);
  return writer.bytes;
}

/**
 * Checks and decodes a datagram; never throws. Length, magic and version are looked at first, then whether it belongs to
 * this pair, then the signature, and only then is anything believed.
 * @param pairId 32 lower-case hexadecimal digits
 * @param key the pair's key, 32 bytes
 */
export function decodeHeartbeat(bytes: Buffer, pairId: string, key: Buffer): DecodedHeartbeat {
  if (bytes.length < headerLength) return refused('truncated');
  if (bytes.readUInt32BE(0) !== magic) return refused('malformed');
  if (bytes.readUInt16BE(4) !== heartbeatVersion) return refused('version');
  if (bytes.length < heartbeatLength) return refused('truncated');
  if (bytes.length > heartbeatLength || bytes.readUInt16BE(6) !== heartbeatLength)
    return refused('malformed');
  if (bytes.toString('hex', headerLength, headerLength + pairIdLength) !== pairId)
    return refused('foreignPair');
  if (!timingSafeEqual(signature(bytes, key), bytes.subarray(signedLength)))
    return refused('badKey');
  const reader = new ByteReader(bytes, headerLength + pairIdLength);
  const heartbeat = readHeartbeat(reader, bytes.readUInt32BE(88));
  return reader.sound ? { ok: true, heartbeat } : refused('malformed');
}

/**
 * Who a datagram says it is from, its sender and agent start in one, and its number: not to be believed before the signature
 * was checked. Null for what is too short.
 */
export function speakerOf(bytes: Buffer): { readonly id: string; readonly seq: number } | null {
  if (bytes.length < heartbeatLength) return null;
  const seq = bytes.readUInt32BE(48) * 0x1_0000_0000 + bytes.readUInt32BE(52);
  return { id: bytes.toString('latin1', headerLength + pairIdLength, 48), seq };
}

function refused(problem: HeartbeatProblem): DecodedHeartbeat {
  return { ok: false, problem };
}

function signature(bytes: Buffer, key: Buffer): Buffer {
  return createHmac('sha256', key).update(bytes.subarray(0, signedLength)).digest();
}

function writeEcho(writer: ByteWriter, echo: Echo | null): void {
  if (echo === null) return writer.skip(16);
  writer.hex(echo.agentStart, 8);
  return writer.safeInteger(echo.seq);
}

function writeStanding(writer: ByteWriter, heartbeat: Heartbeat, standing: Standing): void {
  const { record, grant, database } = standing;
  writer.uint32(flagsOf(heartbeat));
  writer.uint8(stateNames.indexOf(standing.stateName));
  writer.uint8(record === null ? 0 : modes.indexOf(record.mode));
  writer.uint8(record === null ? 0 : handedValues.indexOf(record.handed));
  writer.uint8(grantTypes.indexOf(grant === null ? 'none' : grant.type));
  writeRecord(writer, record);
  writer.safeInteger(standing.lossCounter);
  writeGrant(writer, grant);
  writer.safeInteger(standing.switchoverEpoch ?? 0);
  writer.uint64(systemIdNumber(database.systemId));
  writer.uint32(database.majorVersion ?? 0);
  writer.uint32(database.timeline ?? 0);
  writer.uint64(database.lsn ?? 0n);
  writeMac(writer, standing.serviceMac);
  writer.uint8(record === null ? 0 : arbiters.indexOf(record.arbiter));
}

function writeRecord(writer: ByteWriter, record: RecordStatement | null): void {
  if (record === null) return writer.skip(68);
  writer.safeInteger(record.epoch);
  writer.hex(record.holder, 16);
  writeOptionalNode(writer, record.partner);
  writeOptionalNode(writer, record.pairedHolder);
  writer.uint32(record.timeline);
  return writer.uint64(record.lsn);
}

function writeOptionalNode(writer: ByteWriter, node: string | null): void {
  if (node === null) return writer.skip(16);
  return writer.hex(node, 16);
}

function writeGrant(writer: ByteWriter, grant: Grant | null): void {
  if (grant === null) return writer.skip(24);
  writer.safeInteger(grant.epoch);
  writer.hex(grant.toStart, 8);
  if (grant.type === 'handover') return writer.uint64(grant.lsn);
  return writer.safeInteger(grant.lossCounter);
}

function systemIdNumber(systemId: string | null): bigint {
  if (systemId === null) return 0n;
  if (!systemIdDigits.test(systemId))
    throw new RangeError(`no database system identifier: ${systemId}`);
  return BigInt(systemId);
}

function writeMac(writer: ByteWriter, mac: string | null): void {
  if (mac === null) return writer.skip(6);
  if (!macDigits.test(mac)) throw new RangeError(`no MAC address: ${mac}`);
  return writer.hex(mac.replaceAll(':', ''), 6);
}

function flagsOf(heartbeat: Heartbeat): number {
  const { standing } = heartbeat;
  const { record, fitness, database } = standing;
  return (
    (heartbeat.echo === null ? 0 : flag.echo) |
    (heartbeat.heard === null ? 0 : flag.heard) |
    (record === null ? 0 : flag.record) |
    (record === null || record.partner === null ? 0 : flag.partner) |
    (record === null || record.pairedHolder === null ? 0 : flag.pairedHolder) |
    (standing.switchoverEpoch === null ? 0 : flag.switchoverEpoch) |
    (database.systemId === null ? 0 : flag.systemId) |
    (database.majorVersion === null ? 0 : flag.majorVersion) |
    (database.timeline === null ? 0 : flag.databaseTimeline) |
    (database.lsn === null ? 0 : flag.databaseLsn) |
    (standing.serviceMac === null ? 0 : flag.serviceMac) |
    (standing.leaving ? flag.leaving : 0) |
    (standing.eligible ? flag.eligible : 0) |
    (standing.handingOver ? flag.handingOver : 0) |
    (standing.acknowledgedAlone ? flag.acknowledgedAlone : 0) |
    (database.receiving ? flag.receiving : 0) |
    (database.rewindable ? flag.rewindable : 0) |
    (fitness.carrier ? flag.fitCarrier : 0) |
    (fitness.lan ? flag.fitLan : 0) |
    (fitness.database ? flag.fitDatabase : 0) |
    (fitness.disk ? flag.fitDisk : 0) |
    (fitness.services ? flag.fitServices : 0) |
    (fitness.maintenance ? flag.maintenance : 0) |
    (standing.replicationCut ? flag.replicationCut : 0) |
    (standing.preferred ? flag.preferred : 0)
  );
}

function readHeartbeat(reader: ByteReader, flags: number): Heartbeat {
  const sender = reader.hex(16);
  const agentStart = reader.hex(8);
  const seq = reader.safeInteger();
  const echo = reader.optional((flags & flag.echo) !== 0, 16, () => readEcho(reader));
  const heard = reader.optional((flags & flag.heard) !== 0, 16, () => readEcho(reader));
  if (reader.uint32() > allFlags) reader.refuse();
  const standing = readStanding(reader, flags);
  reader.zeros(1);
  return { sender, agentStart, seq, echo, heard, standing };
}

function readEcho(reader: ByteReader): Echo {
  return { agentStart: reader.hex(8), seq: reader.safeInteger() };
}

function readStanding(reader: ByteReader, flags: number): Standing {
  const has = (bit: number): boolean => (flags & bit) !== 0;
  const stateName = reader.oneOf(stateNames);
  const mode = reader.oneOf(modes);
  const handed = reader.oneOf(handedValues);
  const grantType = reader.oneOf(grantTypes);
  const record = readRecord(reader, flags, mode, handed);
  const lossCounter = reader.safeInteger();
  const grant = readGrant(reader, grantType);
  const switchoverEpoch = reader.optional(has(flag.switchoverEpoch), 8, () => reader.safeInteger());
  const database = readDatabase(reader, flags);
  const serviceMac = reader.optional(has(flag.serviceMac), 6, () => readMac(reader));
  const arbiter = reader.optional(record !== null, 1, () => reader.oneOf(arbiters));
  return {
    stateName,
    record: record === null || arbiter === null ? null : { ...record, arbiter },
    leaving: has(flag.leaving),
    lossCounter,
    eligible: has(flag.eligible),
    grant,
    switchoverEpoch,
    handingOver: has(flag.handingOver),
    acknowledgedAlone: has(flag.acknowledgedAlone),
    replicationCut: has(flag.replicationCut),
    fitness: fitnessOf(flags),
    preferred: has(flag.preferred),
    database,
    serviceMac,
  };
}

function readRecord(
  reader: ByteReader,
  flags: number,
  mode: Mode,
  handed: Handed,
): Omit<RecordStatement, 'arbiter'> | null {
  const partOfRecord = flag.partner | flag.pairedHolder;
  if ((flags & flag.record) === 0) {
    if ((flags & partOfRecord) !== 0 || mode !== modes[0] || handed !== handedValues[0])
      reader.refuse();
    reader.zeros(68);
    return null;
  }
  const epoch = reader.safeInteger();
  const holder = reader.hex(16);
  const partner = reader.optional((flags & flag.partner) !== 0, 16, () => reader.hex(16));
  const pairedHolder = reader.optional((flags & flag.pairedHolder) !== 0, 16, () => reader.hex(16));
  return {
    epoch,
    holder,
    partner,
    mode,
    handed,
    pairedHolder,
    timeline: reader.uint32(),
    lsn: reader.uint64(),
  };
}

function readGrant(reader: ByteReader, type: (typeof grantTypes)[number]): Grant | null {
  if (type === 'none') {
    reader.zeros(24);
    return null;
  }
  const epoch = reader.safeInteger();
  const toStart = reader.hex(8);
  if (type === 'handover') return { type, epoch, toStart, lsn: reader.uint64() };
  return { type, epoch, toStart, lossCounter: reader.safeInteger() };
}

function readDatabase(reader: ByteReader, flags: number): DatabaseStatement {
  const has = (bit: number): boolean => (flags & bit) !== 0;
  return {
    systemId: reader.optional(has(flag.systemId), 8, () => reader.uint64().toString()),
    majorVersion: reader.optional(has(flag.majorVersion), 4, () => reader.uint32()),
    timeline: reader.optional(has(flag.databaseTimeline), 4, () => reader.uint32()),
    lsn: reader.optional(has(flag.databaseLsn), 8, () => reader.uint64()),
    receiving: has(flag.receiving),
    rewindable: has(flag.rewindable),
  };
}

function readMac(reader: ByteReader): string {
  const octets = Array.from({ length: 6 }, () => reader.hex(1));
  return octets.join(':');
}

function fitnessOf(flags: number): Fitness {
  return {
    carrier: (flags & flag.fitCarrier) !== 0,
    lan: (flags & flag.fitLan) !== 0,
    database: (flags & flag.fitDatabase) !== 0,
    disk: (flags & flag.fitDisk) !== 0,
    services: (flags & flag.fitServices) !== 0,
    maintenance: (flags & flag.maintenance) !== 0,
  };
}
