// Builders for the values of the core: everything has a sensible default, and a test names only what it is about.
import type { DurableRecord } from '../../src/core/record.ts';
import type { Settings } from '../../src/core/settings.ts';
import type { Heartbeat, RecordStatement, Standing } from '../../src/core/standing.ts';

export const boxA = 'a0'.repeat(16);
export const boxB = 'b0'.repeat(16);
export const thePair = '70'.repeat(16);
export const someSystemId = '7300000000000000001';

/** The defaults of the configuration with every derived time. */
export function settings(changes: Partial<Settings> = {}): Settings {
  return {
    self: boxA,
    pairId: thePair,
    arbiter: 'lan',
    standbyPort: 'unaddressed',
    heartbeatIntervalMs: 50,
    deadIntervalMs: 250,
    fastDeadIntervalMs: 100,
    serialSilenceMs: null,
    probeRoundMs: 90,
    probes: 3,
    watchdogMs: 2000,
    takeoverLimitMs: 4000,
    soloMs: 8600,
    soloFastMs: 1000,
    marginMs: 100,
    referenceIntervalMs: 200,
    referenceIdleIntervalMs: 2000,
    selfTestIntervalMs: 10_000,
    selfTestValidMs: 60_000,
    linkUpDeadlineMs: 3000,
    promotionDeadlineMs: 2000,
    replicationDeadlineMs: 1000,
    followDeadlineMs: 5000,
    handoverDeadlineMs: 5000,
    pairingDeadlineMs: 5000,
    pairingPauseMs: 1000,
    recordDeadlineMs: 1000,
    kickIntervalMs: 250,
    preferred: false,
    failbackAfterMs: null,
    ...changes,
  };
}

export function durableRecord(changes: Partial<DurableRecord> = {}): DurableRecord {
  return {
    pairId: thePair,
    node: boxA,
    epoch: 4,
    holder: boxA,
    partner: boxB,
    mode: 'paired',
    handed: 'none',
    arbiter: 'lan',
    pairedHolder: boxA,
    databaseSystemId: someSystemId,
    timeline: 3,
    lsn: 0x3000060n,
    job: 'none',
    ...changes,
  };
}

export function recordStatement(changes: Partial<RecordStatement> = {}): RecordStatement {
  return {
    epoch: 4,
    holder: boxA,
    partner: boxB,
    mode: 'paired',
    handed: 'none',
    arbiter: 'lan',
    pairedHolder: boxA,
    timeline: 3,
    lsn: 0x3000060n,
    ...changes,
  };
}

export function standing(changes: Partial<Standing> = {}): Standing {
  return {
    stateName: 'paired',
    record: recordStatement(),
    leaving: false,
    lossCounter: 2,
    eligible: false,
    grant: { type: 'eligibility', epoch: 4, toStart: 'b1b2b3b4b5b6b7b8', lossCounter: 7 },
    switchoverEpoch: null,
    handingOver: false,
    acknowledgedAlone: false,
    replicationCut: false,
    fitness: {
      carrier: true,
      lan: true,
      database: true,
      disk: true,
      services: true,
      maintenance: false,
    },
    preferred: false,
    database: {
      systemId: someSystemId,
      majorVersion: 15,
      timeline: 3,
      lsn: 0x3000148n,
      receiving: false,
      rewindable: true,
    },
    serviceMac: '02:00:00:00:0a:00',
    ...changes,
  };
}

export function heartbeat(changes: Partial<Heartbeat> = {}): Heartbeat {
  return {
    sender: boxA,
    agentStart: 'a1a2a3a4a5a6a7a8',
    seq: 1234,
    echo: { agentStart: 'b1b2b3b4b5b6b7b8', seq: 1230 },
    heard: { agentStart: 'b1b2b3b4b5b6b7b8', seq: 1229 },
    standing: standing(),
    ...changes,
  };
}
