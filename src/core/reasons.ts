// Why something was decided, as data, and the one sentence for it: log, status, panel and telemetry say the same.
export type Reason = {
  readonly code: ReasonCode;
  readonly detail?: Readonly<Record<string, string | number | boolean>>;
};

const sentences = {
  agentStarted: 'the agent started',
  agentRestarted: 'the agent restarted and found its database and address in service',
  noRecord: 'this box was never paired: run hotpair init or hotpair join',
  listening: 'listening for the peer before anything is served',
  peerServes: 'the peer is primary',
  peerHasHigherEpoch: 'the peer has reached a higher epoch',
  resumeAlone: 'this box was primary alone and nobody else serves',
  resumePaired: 'both boxes are back and agree on the last paired epoch',
  waitingForPeer:
    'the last record is paired: without the peer it cannot be known whether it went on alone',
  waitingForPrimary: 'this box holds nothing of its own: it waits for the primary',
  waitingForHolder:
    'the peer does not hold the epoch that this box was standby in: an operator must decide',
  waitingForOperator:
    'neither box may serve by itself: an operator must decide (hotpair takeover --accept-loss)',
  peerLost:
    'the peer is not heard and may be serving: this box does not go on alone by itself any more',
  waitingForPeerToCatchUp: 'the peer must first take note of the newest epoch',
  databaseUnusable: 'the database of this box is missing, of another cluster or behind its record',
  gateOpen: 'the standby holds the whole log',
  gateWaiting: 'clients wait until the standby holds the whole log',
  pairingPossible: 'the standby follows: commits are going to wait for it',
  pairingFailed: 'pairing was not finished',
  pairedProved: 'commits wait for the standby, proved',
  peerSilent: 'nothing was heard from the peer, and the LAN shows that it does not serve',
  peerSilentAlone: 'nothing was heard from the standby for the agreed time',
  claimWon: 'the arbiter gave this box the epoch',
  claimLost: 'the arbiter gave the epoch to the other box: this one waits to hear from it',
  claimRefused: 'the arbiter gave the epoch to nobody',
  peerFenced: 'the other box was switched off, verified',
  arbiterUnreachable: 'the arbiter does not answer: neither box can go on without the other',
  arbiterForgot:
    'the arbiter has forgotten this pair: it gives nothing until the pair is entered again',
  ledgerIsAhead: 'the arbiter knows a later epoch: this one is skipped',
  waitingForArbiter: 'without the peer only the arbiter can give this box the epoch',
  consentGiven: 'the standby gave its consent: it no longer follows',
  consentNeeded: 'replication does not follow although the peer is heard',
  replicationCut:
    'the peer is heard, and the heartbeat port that replication needs carries nothing',
  eligibilityLost: 'this standby may not take over until the primary grants it again',
  switchoverOrdered: 'a switchover was ordered',
  primaryUnfit: 'the primary is unfit and the standby is fit',
  servicesUnfit: 'a service has failed on the primary for good, and not on the standby',
  failbackDue: 'the preferred box has been fit for the agreed time: it asks for the service',
  handoverGranted: 'the primary handed over',
  waitingForTaker: 'the other box must take what was handed over to it',
  handoverFailed: 'the handover was not finished',
  handoverTakenBack: 'the peer declined the handover',
  handedBack: 'the peer could not be promoted and handed back',
  operatorTakeover: 'an operator ordered a takeover and accepted that rows may be lost',
  databaseExited: 'PostgreSQL stopped by itself',
  databaseNotFollowing: 'the standby database does not follow',
  promoted: 'promoted',
  promotionFailed: 'the database could not be promoted',
  rewound: 'the old log was rewound',
  cloned: 'the database was cloned anew',
  following: 'the database follows the primary',
  lanLost: 'every heartbeat path and the LAN are lost: the service address is taken off',
  lanBad: 'the LAN is lost: the service port has no carrier, or no reference answers',
  addressBack: 'the service address is put back',
  addressConflict: 'another device answers for the service address',
  twoPrimaries: 'two boxes hold the same epoch: an assumption of the arbiter was broken',
  unprotected: 'commits are on this box only',
  probeUntested:
    'the probe of the service address was not seen to work: this standby cannot take over',
  proxyArp: 'a reference answers for the service address (proxy ARP)',
  recordNotWritten: 'the record could not be written',
  recordWritten: 'the record was written again',
  notPaired: 'the pair is not in step',
  notPrimary: 'neither box is a primary that could hand over',
  alreadyServes: 'this box is primary already',
  commandBusy: 'another change is under way',
  peerNotFit: 'the other box is not fit to serve',
  switchoverDone: 'the switchover is done',
  takeoverDone: 'this box serves alone',
  maintenanceOn: 'takeovers are paused',
  maintenanceOff: 'takeovers are possible again',
  maintenanceExpired: 'the maintenance time is over: takeovers are possible again',
  effectFailed: 'a step failed',
} as const satisfies Record<string, string>;

export type ReasonCode = keyof typeof sentences;

/** One plain sentence for people, with its details in brackets. */
export function reasonText(reason: Reason): string {
  const detail = Object.entries(reason.detail ?? {}).map(([key, value]) => `${key} ${value}`);
  return detail.length === 0
    ? sentences[reason.code]
    : `${sentences[reason.code]} (${detail.join(', ')})`;
}
