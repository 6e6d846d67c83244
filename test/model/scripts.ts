// Short runs of the real core, one for every record that the model can ask for and for the moves that a simulator seldom
// makes. Each ends just after the move that it is named for.
import type { DurableRecord } from '../../src/core/record.ts';
import type { RecordStatement, Standing } from '../../src/core/standing.ts';
import { boxA, boxB, durableRecord, recordStatement, standing } from '../core/builders.ts';
import type { DrivenNode } from '../core/drivenNode.ts';
import { follower, publishingPrimary } from '../core/etcdNode.ts';
import {
  addressOff,
  addressOn,
  drivenNode,
  eligibleStandby,
  macA,
  pairedPrimary,
  primaryDatabase,
  someLsn,
  standbyDatabase,
  startA,
  startB,
  stoppedDatabase,
  wellStandby,
} from '../core/drivenNode.ts';

const ended = someLsn + 64n;
const etcd = { arbiter: 'etcd' } as const;
const fence = { arbiter: 'fence' } as const;
const catchup = { mode: 'catchup', partner: null } as const;
const alone = { mode: 'solo', partner: null } as const;
const nothingOwn: Partial<Standing> = { ...wellStandby, record: recordStatement(catchup) };
const atTheEnd: Partial<Standing> = {
  ...wellStandby,
  database: { ...standing().database, receiving: true, lsn: ended },
};

/** By the record that is asked for, or the move that is made, at the end. */
export const scripts: Readonly<Record<string, () => DrivenNode>> = {
  pairing: () => {
    const record = durableRecord(alone);
    const database = primaryDatabase({ synchronousSetting: false });
    const node = drivenNode({ record, database, port: addressOn });
    node.pass(300, { peer: nothingOwn });
    const { token } = node.asked('setSynchronous');
    node.happen({ type: 'synchronousProved', token, lsn: someLsn });
    return node;
  },
  consentTaken: () => then(pairedPrimary(), (node) => node.hears(nothingOwn)),
  leavesAtStart: () => {
    const node = drivenNode({ record: durableRecord(), database: stoppedDatabase() });
    node.pass(100, { peer: nothingOwn });
    return node;
  },
  grantsAgain: () => {
    const record = durableRecord({ mode: 'catchup', handed: 'handed', lsn: someLsn });
    const node = drivenNode({ record, database: stoppedDatabase() });
    node.pass(100, { peer: wellStandby });
    return node;
  },
  permitted: () => then(pairedPrimary(), (node) => node.pass(9000)),
  takesOver: () => then(eligibleStandby(), (node) => node.pass(600)),
  handedOver: stopped,
  handedToTheLonger: () => {
    const node = pairedPrimary();
    node.happen({ type: 'databaseExited' });
    node.happen({ type: 'databaseStarted', token: node.asked('startDatabase').token });
    const database = { ...standing(wellStandby).database, receiving: false, lsn: someLsn + 100n };
    node.hears({ ...wellStandby, database });
    const shorter = { admitted: false, standbyStreaming: false, standbyFlushLsn: null };
    node.observes(primaryDatabase(shorter));
    const { token } = node.asked('stopDatabase');
    node.happen({ type: 'databaseStopped', token, clean: false, lsn: null, timeline: 3 });
    return node;
  },
  takenBack: () => then(granting(), (node) => node.hears(nothingOwn)),
  handoverTaken: () => then(eligibleStandby(), (node) => node.hears(handedTo())),
  handedBack: failedTaker,
  handbackTaken: () => then(granting(), (node) => node.hears(handedBack(ended))),
  handbackTakenLater: () => {
    const record = durableRecord({ node: boxA, epoch: 5, holder: boxB, lsn: ended, ...catchup });
    const node = drivenNode({ record, database: standbyDatabase({ lsn: ended }) });
    node.hears(handedBack(ended));
    return node;
  },
  consentGiven: () => {
    const node = eligibleStandby();
    node.observes(standbyDatabase({ receiving: false }));
    node.pass(1100, { peer: {} });
    return node;
  },
  followed: () => {
    const record = durableRecord({ node: boxB, epoch: 3, ...catchup });
    const node = drivenNode({ settings: { self: boxB }, record, database: standbyDatabase() });
    const { lossCounter } = node.state().eligibility;
    const grant = { type: 'eligibility', epoch: 4, toStart: startB, lossCounter } as const;
    node.hears({ grant });
    return node;
  },
  higherNoted: () => hearsOf(eligibleStandby(), { epoch: 6 }),
  steppedDown: () => {
    const node = hearsOf(pairedPrimary(), { epoch: 6, holder: boxB, ...alone });
    const { port } = node.state();
    const { token } = node.asked('lowerServicePort');
    node.happen({ type: 'servicePortLowered', token, port: { ...port, ...addressOff } });
    const stop = node.asked('stopDatabase').token;
    node.happen({ type: 'databaseStopped', token: stop, clean: true, lsn: ended, timeline: 3 });
    return node;
  },
  rebuildMarked: () => forked(),
  rebuilt: () => {
    const node = forked();
    node.writes();
    const { token } = node.asked('keepDivergence');
    node.happen({ type: 'divergenceKept', token, kept: null });
    node.happen({ type: 'databaseRewound', token: node.asked('rewindDatabase').token });
    return node;
  },
  operatorTook: () => {
    const node = drivenNode({ record: durableRecord(), database: stoppedDatabase() });
    return then(node, (each) => order(each, false));
  },
  operatorVouches: () => {
    const record = durableRecord(etcd);
    const node = drivenNode({ settings: etcd, record, database: stoppedDatabase() });
    return then(node, (each) => order(each, true));
  },
  twoPrimariesResolved: () => {
    const database = primaryDatabase({ synchronousSetting: false, standbyStreaming: false });
    const node = drivenNode({ record: durableRecord(alone), database, port: addressOn });
    node.pass(100, { peer: { record: recordStatement({ ...alone, holder: boxB }) } });
    return node;
  },
  yields: () => {
    const node = asking(etcd);
    return hearsOf(node, { ...etcd, epoch: 5, holder: boxB, ...alone });
  },
  claimRefused: () => {
    const node = asking(etcd);
    const { token } = node.asked('claimEpoch');
    const outcome = {
      type: 'claimDecided',
      outcome: 'refused',
      epoch: 4,
      forgotten: false,
    } as const;
    node.happen({ ...outcome, token });
    return node;
  },
  claimWon: () => {
    const node = asking(etcd);
    const { token } = node.asked('claimEpoch');
    node.happen({ type: 'claimDecided', outcome: 'won', epoch: 5, forgotten: false, token });
    return node;
  },
  ledgerIsAhead: () => {
    const node = publishingPrimary();
    const { token } = node.asked('publishEpoch');
    const found = { epoch: 7, mode: 'solo', holder: boxB } as const;
    node.happen({ type: 'epochPublished', token, found });
    node.pass(200, { peer: follower });
    return node;
  },
  fenceRefused: () => {
    const node = asking(fence);
    node.happen({ type: 'fenceRefused', token: node.asked('fencePeer').token });
    return node;
  },
  peerFenced: () => {
    const node = asking(fence);
    node.happen({ type: 'peerFenced', token: node.asked('fencePeer').token });
    return node;
  },
};

function then(node: DrivenNode, act: (node: DrivenNode) => void): DrivenNode {
  act(node);
  return node;
}

function hearsOf(node: DrivenNode, record: Partial<RecordStatement>): DrivenNode {
  return then(node, (each) => each.hears({ record: recordStatement(record), grant: null }));
}

function order(node: DrivenNode, peerIsOff: boolean): void {
  const command = { type: 'takeover', peerIsOff } as const;
  node.happen({ type: 'operatorCommanded', commandId: 7, command });
}

/** A primary whose standby is silent, and whose arbiter has been asked. */
function asking(settings: { readonly arbiter: 'etcd' | 'fence' }): DrivenNode {
  const node = pairedPrimary(settings);
  if (settings.arbiter === 'etcd') {
    const settled = {
      type: 'claimDecided',
      outcome: 'refused',
      epoch: 4,
      forgotten: false,
    } as const;
    node.happen({ ...settled, token: node.asked('claimEpoch').token });
    node.pass(600, { peer: wellStandby });
    const found = { epoch: 4, mode: 'paired', holder: boxA } as const;
    node.happen({ type: 'epochPublished', token: node.asked('publishEpoch').token, found });
    node.pass(600, { peer: wellStandby });
  }
  node.pass(1300);
  return node;
}

function stopped(): DrivenNode {
  const node = pairedPrimary();
  node.happen({ type: 'operatorCommanded', commandId: 7, command: { type: 'switchover' } });
  node.happen({ type: 'databaseCheckpointed', token: node.asked('checkpointDatabase').token });
  const port = { ...node.state().port, ...addressOff };
  node.happen({ type: 'servicePortLowered', token: node.asked('lowerServicePort').token, port });
  const { token } = node.asked('stopDatabase');
  node.happen({ type: 'databaseStopped', token, clean: true, lsn: ended, timeline: 3 });
  node.hears(atTheEnd);
  return node;
}

function granting(): DrivenNode {
  return then(stopped(), (node) => node.writes());
}

function handedTo(): Partial<Standing> {
  return {
    record: recordStatement({ ...catchup, handed: 'handed', lsn: someLsn }),
    handingOver: true,
    grant: { type: 'handover', epoch: 4, toStart: startB, lsn: someLsn },
  };
}

function handedBack(lsn: bigint): Partial<Standing> {
  const record: Partial<DurableRecord> = { epoch: 5, holder: boxB, handed: 'handedBack', lsn };
  return {
    record: recordStatement({ ...catchup, ...record }),
    grant: { type: 'handover', epoch: 5, toStart: startA, lsn },
  };
}

function failedTaker(): DrivenNode {
  const node = eligibleStandby();
  node.hears(handedTo());
  node.writes();
  node.fails('promoteDatabase');
  node.pass(1100, { peer: handedTo(), round: { serviceAnsweredBy: [macA] } });
  node.fails('promoteDatabase');
  const { token } = node.asked('stopDatabase');
  node.hears(handedTo());
  node.happen({ type: 'databaseStopped', token, clean: true, lsn: someLsn, timeline: 3 });
  return node;
}

/** It was primary of an older epoch, and hears of the lone reign that followed. */
function forked(): DrivenNode {
  const record = durableRecord({ node: boxA, epoch: 4 });
  const node = drivenNode({ record, database: stoppedDatabase() });
  const peer = { record: recordStatement({ ...alone, epoch: 5, holder: boxB }), grant: null };
  node.pass(100, { peer });
  node.writes();
  node.pass(100, { peer });
  return node;
}
