// The moves of the model that an agent makes without a record, as they look in a step of the real core. Together with the
// records they are all that the model lets an agent do; what the world does to it (writes, replication, crashes) is not here.
import type { EffectName } from '../../src/core/effects.ts';
import { inContact, peerIsAhead } from '../../src/core/contact.ts';
import type { EventName } from '../../src/core/events.ts';
import type { ClaimOutcome } from '../../src/core/ledger.ts';
import type { StateName } from '../../src/core/stateName.ts';
import type { Step } from '../core/drivenNode.ts';

type Sign = (step: Step) => boolean;

export const agentMoves = {
  resumesAlone: (step) => opens(step) && step.after.record?.mode === 'solo',
  resumesPaired: (step) => opens(step) && step.after.record?.mode === 'paired',
  rejoins: enters('starting', 'rejoining'),
  grantsAgain: enters('starting', 'handingOver'),
  leavesAtStart: enters('starting', 'leaving'),
  databaseStarts: (step) => step.before.name === 'opening' && isEvent(step, 'databaseStarted'),
  clientsAdmitted: (step) => step.before.name === 'opening' && isEvent(step, 'clientsAdmitted'),
  synchronousProved: (step) => step.before.name === 'pairing' && isEvent(step, 'synchronousProved'),
  pairingAbandoned: (step) => step.before.name === 'pairing' && isEvent(step, 'synchronousCleared'),
  pairing: (step) => step.before.name === 'pairing' && asks(step, 'writeRecord'),
  addressRaised: (step) => isEvent(step, 'servicePortRaised') && step.after.port.addressesOn,
  lanLost: (step) =>
    step.before.name === 'paired' && asks(step, 'lowerServicePort') && step.after.name === 'paired',
  contact: (step) =>
    step.after.name === 'paired' &&
    inContact(step.after, step.settings) &&
    !inContact(step.before, step.settings),
  leavesByConsent: (step) =>
    step.before.name !== 'starting' &&
    step.after.name === 'leaving' &&
    step.after.reason.code === 'consentGiven' &&
    step.before.name !== 'leaving',
  leavesAlone: (step) =>
    step.settings.arbiter === 'lan' &&
    step.before.name === 'paired' &&
    step.after.name === 'leaving',
  takesOver: (step) => step.settings.arbiter === 'lan' && begins(step, 'lan'),
  synchronousCleared: (step) =>
    step.before.name === 'leaving' && isEvent(step, 'synchronousCleared'),
  stepsDown: (step) => step.before.name !== 'steppingDown' && step.after.name === 'steppingDown',
  handoverBegins: enters('paired', 'handingOver'),
  handoverAbandoned: enters('handingOver', 'opening'),
  databaseStopped: (step) => step.before.name === 'handingOver' && isEvent(step, 'databaseStopped'),
  handsToTheLonger: enters('opening', 'handingOver'),
  giverFollows: enters('handingOver', 'rejoining'),
  standbyStarts: enters('rejoining', 'standby'),
  eligible: (step) =>
    step.before.eligibility.epoch === null && step.after.eligibility.epoch !== null,
  eligibilityLost: (step) =>
    step.before.eligibility.epoch !== null &&
    step.after.eligibility.epoch === null &&
    step.after.eligibility.lossCounter > step.before.eligibility.lossCounter,
  higherEpochHeard: (step) => !peerIsAhead(step.before) && peerIsAhead(step.after),
  promoted: (step) => step.before.name === 'takingOver' && isEvent(step, 'databasePromoted'),
  promotionFails: (step) =>
    step.before.name === 'takingOver' && step.after.plan.attempts > step.before.plan.attempts,
  stopsToHandBack: (step) => step.after.phase === 'stoppingBack' && asks(step, 'stopDatabase'),
  serves: enters('takingOver', 'solo'),
  claims: (step) => begins(step, null) && step.settings.arbiter === 'etcd',
  claimWon: (step) => decides(step, 'won') && asks(step, 'writeRecord'),
  claimRefused: (step) => step.before.phase === 'asking' && isRefused(step),
  claimSettled: (step) => step.before.phase !== 'asking' && isRefused(step),
  epochPublished: (step) =>
    step.before.arbiter.publishedEpoch === null && step.after.arbiter.publishedEpoch !== null,
  epochEntered: (step) => isEvent(step, 'epochEntered') && !asks(step, 'writeRecord'),
  yields: (step) =>
    step.before.phase === 'asking' &&
    peerIsAhead(step.after) &&
    step.after.phase !== 'asking' &&
    !isEvent(step, 'claimDecided'),
  fences: (step) => begins(step, null) && step.settings.arbiter === 'fence',
  peerFenced: (step) => isEvent(step, 'peerFenced') && asks(step, 'writeRecord'),
  fenceRefused: (step) => step.before.phase === 'asking' && isEvent(step, 'fenceRefused'),
  operatorTakes: (step) => ordered(step) && asks(step, 'writeRecord'),
  operatorVouches: (step) => vouched(step) && asks(step, 'writeRecord'),
  heartbeatSent: (step) => step.effects.some(({ type }) => type === 'sendHeartbeat'),
} as const satisfies Readonly<Record<string, Sign>>;

function enters(from: StateName, to: StateName): Sign {
  return ({ before, effects }) =>
    before.name === from &&
    effects.some(
      (effect) =>
        effect.type === 'report' &&
        effect.report.kind === 'transition' &&
        effect.report.from === from &&
        effect.report.to === to,
    );
}

function opens(step: Step): boolean {
  return step.before.name === 'starting' && step.after.name === 'opening';
}

function isEvent(step: Step, type: EventName): boolean {
  return step.event.type === type;
}

function asks(step: Step, type: EffectName): boolean {
  return step.effects.some((effect) => effect.type === type);
}

function begins({ before, after }: Step, cause: string | null): boolean {
  if (cause === null) return before.phase !== 'asking' && after.phase === 'asking';
  return before.name === 'standby' && after.name === 'takingOver' && after.plan.cause === cause;
}

function decides({ event }: Step, outcome: ClaimOutcome): boolean {
  return event.type === 'claimDecided' && event.outcome === outcome;
}

function isRefused(step: Step): boolean {
  return isEvent(step, 'claimDecided') && !asks(step, 'writeRecord') && !decides(step, 'won');
}

/** With a ledger the order is carried out when it has been entered. */
function ordered(step: Step): boolean {
  return step.event.type === 'epochEntered' || (isOrder(step) && !vouched(step));
}

function isOrder({ event }: Step): boolean {
  return event.type === 'operatorCommanded' && event.command.type === 'takeover';
}

function vouched({ event, settings }: Step): boolean {
  return (
    settings.arbiter === 'etcd' &&
    event.type === 'operatorCommanded' &&
    event.command.type === 'takeover' &&
    event.command.peerIsOff === true
  );
}
