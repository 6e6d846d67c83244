// Nodes of a pair whose arbiter is a ledger, driven to where its rules matter, and the answers that the ledger gives.
import { boxA, durableRecord, recordStatement } from './builders.ts';
import type { ClaimOutcome } from '../../src/core/ledger.ts';
import type { DrivenNode } from './drivenNode.ts';
import {
  addressOn,
  drivenNode,
  freshStandby,
  grantTo,
  macA,
  pairedPrimary,
  primaryDatabase,
  someLsn,
  wellStandby,
} from './drivenNode.ts';

export const etcd = { arbiter: 'etcd' } as const;
export const paired = durableRecord({ node: boxA, ...etcd });

export function decides(node: DrivenNode, outcome: ClaimOutcome, epoch = 5): void {
  const { token } = node.asked('claimEpoch');
  node.happen({ type: 'claimDecided', token, outcome, epoch, forgotten: false });
}

/** The ledger says what the record says, and the agent knows that nothing of its predecessor is under way. */
export function settle(node: DrivenNode): void {
  if (node.waitsFor('claimEpoch')) decides(node, 'refused', 4);
}

export function publishes(node: DrivenNode, holder = boxA, epoch = 4): void {
  const { token } = node.asked('publishEpoch');
  const found = { epoch, mode: 'paired', holder } as const;
  node.happen({ type: 'epochPublished', token, found });
}

export function knownPrimary(): DrivenNode {
  const node = pairedPrimary(etcd);
  settle(node);
  node.pass(600, { peer: wellStandby });
  publishes(node);
  node.pass(600, { peer: wellStandby });
  return node;
}

export function knownStandby(): DrivenNode {
  const node = freshStandby(etcd);
  settle(node);
  node.pass(1510, {
    peer: { ...grantTo(node.state().eligibility.lossCounter), record: recordStatement(etcd) },
    round: { serviceAnsweredBy: [macA] },
  });
  return node;
}

export const follower = {
  ...wellStandby,
  record: recordStatement({ mode: 'catchup', partner: null, ...etcd }),
};

/** Alone, it pairs anew: the paired record is on disk, and the ledger is being told. */
export function publishingPrimary(): DrivenNode {
  const node = drivenNode({
    settings: etcd,
    record: durableRecord({ node: boxA, mode: 'solo', partner: null, ...etcd }),
    database: primaryDatabase({ synchronousSetting: false }),
    port: addressOn,
  });
  node.happen({
    type: 'epochEntered',
    token: node.asked('enterEpoch').token,
    epoch: 4,
    forgotten: false,
  });
  node.pass(1500, { peer: follower });
  node.happen({
    type: 'synchronousProved',
    token: node.asked('setSynchronous').token,
    lsn: someLsn,
  });
  node.observes(primaryDatabase());
  node.writes();
  node.pass(200, { peer: follower });
  return node;
}
