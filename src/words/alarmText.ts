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
  fenceDevice:
    'a power switch of the other box cannot be relied on: the line "arbiter" says why; should one box fail now, the other may not be able to go on',
  recordUnusable: 'the record cannot be used: this box serves nothing',
  statePartition: 'the state partition cannot be written: the line "state" says why',
  heartbeatPort: 'the heartbeat port cannot be used: the line "heartbeat" says why',
  watchdog:
    'the watchdog cannot be used: if the agent hangs, nothing resets this box, and the other one does not take over; the line "watchdog" says why',
  diskFilling: "the database's disk fills: make room",
  diskAlmostFull: "the database's disk is almost full: make room now, commits fail without it",
  standbyLogShort: 'the log kept for the missing standby gets long: bring the other box back',
  standbyLogAlmostLost:
    'the log kept for the missing standby is soon given up: bring the other box back, or it is cloned',
  standbyLogLost: 'the log for the missing standby was given up: it is cloned when it is back',
  checksumErrors: 'pages of the database are damaged: the line "database" says what is done',
  commitsUnprotected: 'some commits do not wait for the standby: take that setting back',
  settingsDiffer: 'the two databases have different settings: make the configurations alike',
  versionsDiffer: 'the two boxes run different versions of PostgreSQL: update the older one',
  collationsDiffer: 'the collations of this system differ from those of the databases',
  replayHeld: 'the standby does not replay what it receives: it is started again',
  pairingPaused: 'the other box comes and goes: the next pairing waits, see to that box',
  quarantined: 'this box came up too often without an orderly stop: it does not take over',
  pathSilent:
    'nothing comes over one of the heartbeat paths: see to its cable, the line "heartbeat" says which',
  pathFlapping: 'one of the heartbeat paths comes and goes: see to its cable and its ports',
  pathOneWay:
    'the other box is heard over a heartbeat path and does not hear this one over it: see to its cable',
  pathOnlySmall:
    'a heartbeat path passes small datagrams only: see to its MTU and to what stands in between',
  servicesUnfit:
    'a required service or hook has failed on this box again and again: this box is handed no service; the lines "services" and "hooks" say why; hotpair service start NAME tries it anew',
  serviceFailed:
    'a service that is not required has failed on this box again and again: the line "services" says why',
  guardianDown:
    'the guardian ends again and again: nobody watches the services; the log of the agent says why',
  syncBehind:
    'files of this box are behind those of the primary: the line "sync" says how far and why',
  syncKeptFull:
    'files that only this box has would be replaced, and there is no room to put them aside: look at sync-kept in the state directory, then move away what is there',
  agentDown: 'the agent does not run',
};

/** `name: what it means`; the name alone where it is not known here. */
export function alarmText(name: string): string {
  const meaning = words[name];
  return meaning === undefined ? name : `${name}: ${meaning}`;
}
