// Alarms in words, each with what a person can do about it. Programs get the names.

const words: Readonly<Record<string, string>> = {
  unprotected: 'commits are on this box only: bring the other box back',
  waitingForOperator:
    'this box waits for the other one or for a person: bring the other box back, or, if it is gone for good and off, call hotpair takeover --accept-loss',
  addressConflict: 'another device of the LAN uses the service address: find and remove it',
  twoPrimaries:
    'two boxes held the same epoch: what only one of them has is kept aside, call support',
  proxyArp: 'a LAN host answers for the service address (proxy ARP): switch that off there',
  probeUntested:
    'the other box does not answer the probe of its service address over the LAN: this standby cannot take over (port isolation, ARP inspection?)',
  recordNotWritten: 'the record cannot be written: see to the disk of the state directory',
  databaseFault: 'the database cannot be used: the line "database" says why',
  promotionFailed: 'the database could not be promoted, it is tried again',
  lanLost: 'the LAN is lost: see to the service port, its cable and the references',
  arbiterUnreachable:
    'the arbiter does not answer: should one box fail now, the other cannot go on: see to the arbiter',
  arbiterForgot:
    'the arbiter lost what it knew of this pair: a takeover is not possible until both boxes are in contact again',
  recordUnusable: 'the record cannot be used: this box serves nothing',
  statePartition: 'the state partition cannot be written: the line "state" says why',
  heartbeatPort: 'the heartbeat port cannot be used: the line "heartbeat" says why',
  agentDown: 'the agent does not run',
};

/** `name: what it means`; the name alone where it is not known here. */
export function alarmText(name: string): string {
  const meaning = words[name];
  return meaning === undefined ? name : `${name}: ${meaning}`;
}
