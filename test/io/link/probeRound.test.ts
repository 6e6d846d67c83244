// What a probe round is worth: only a round in which every question went out and nothing broke is evidence.
import test from 'ava';
import { beginProbeRound } from '../../../src/io/link/probeRound.ts';
import type { ProbeRound } from '../../../src/io/link/probeRound.ts';

const ownMac = '02:00:00:00:0b:00';
const gatewayMac = '02:00:00:00:00:01';
const up = { carrier: true, carrierChanges: 3 };

function aRound(): ProbeRound {
  const request = {
    askReferences: true,
    askService: true,
    askPeerOnHeartbeatPort: true,
    probes: 3,
    roundMs: 90,
  };
  const subject = {
    ipv4: ['192.0.2.10'],
    ipv6: [],
    references: ['192.0.2.1'],
    heartbeatPeer: '169.254.69.1',
    ownMacs: new Set([ownMac]),
  };
  return beginProbeRound(request, subject, 1000, up);
}

function gatewayAnswers(round: ProbeRound): void {
  round.hearArp({
    operation: 'reply',
    sender: '192.0.2.1',
    senderMac: gatewayMac,
    target: '0.0.0.0',
    targetMac: ownMac,
  });
}

test('a round in which a reference answered is good', (t) => {
  const round = aRound();
  gatewayAnswers(round);
  t.like(round.result(1090, up), { carrier: true, referenceAnswered: true, serviceAnsweredBy: [] });
});

test('I2: a round in which a question could not be sent is no evidence, although a reference answered', (t) => {
  const round = aRound();
  round.noteSendFailure('ENOBUFS');
  gatewayAnswers(round);
  t.like(round.result(1090, up), { referenceAnswered: false, sendFailed: 'ENOBUFS' });
});

test('a round in which the carrier changed is not good, although it is up again', (t) => {
  const round = aRound();
  gatewayAnswers(round);
  t.false(round.result(1090, { carrier: true, carrierChanges: 5 }).carrier);
});
