// Measures a run of the real core against the model: every record that is asked for, every statement, every change of role
// and of eligibility must be a move that the model has. What is seen is counted, so that a move that nothing ever makes shows.
import { inContact } from '../../src/core/contact.ts';
import type { Standing } from '../../src/core/standing.ts';
import type { Step } from '../core/drivenNode.ts';
import { agentMoves } from './agentMoves.ts';
import { recordSeen, roleOf, sameRecord, viewsOf } from './projection.ts';
import type { RecordCause } from './recordMoves.ts';
import { recordMoves } from './recordMoves.ts';
import { Mode, Role } from './state.ts';

const causes = Object.keys(recordMoves) as RecordCause[];
const agentMoveNames = Object.keys(agentMoves) as (keyof typeof agentMoves)[];

export class Refinement {
  readonly seen = new Map<string, number>();
  /** `from>to` of roles. */
  readonly roleChanges = new Set<string>();
  readonly mismatches: string[] = [];

  follow(step: Step): void {
    if (step.event.type === 'agentStarted' || step.after.record === null) return;
    this.#checkWriting(step);
    this.#checkRoles(step);
    this.#checkLeaving(step);
    this.#checkEligibility(step);
    for (const effect of step.effects)
      if (effect.type === 'sendHeartbeat') this.#checkWords(step, effect.heartbeat.standing);
    for (const name of agentMoveNames) if (agentMoves[name](step)) this.#count(name);
  }

  /** Adds what another one has seen. */
  take(other: Refinement): void {
    for (const [name, count] of other.seen) this.seen.set(name, (this.seen.get(name) ?? 0) + count);
    for (const change of other.roleChanges) this.roleChanges.add(change);
  }

  #checkWriting(step: Step): void {
    const { before, after, settings } = step;
    const { writing } = after;
    const known = before.writing === writing && step.event.type !== 'recordWritten';
    if (writing === null || known || after.record === writing) return;
    const asked = recordSeen(writing, settings.self);
    const fits = viewsOf(step).flatMap((view) =>
      causes.filter((cause) => {
        const record = recordMoves[cause](view);
        return record !== null && sameRecord(record, asked) && isMeant(cause, step);
      }),
    );
    for (const cause of new Set(fits)) this.#count(cause);
    if (fits.length === 0) this.#mismatch(step, `asks for ${writing.mode} ${writing.epoch}`);
  }

  #checkRoles({ before, effects }: Step): void {
    let role = roleOf[before.name];
    for (const effect of effects) {
      if (effect.type !== 'report' || effect.report.kind !== 'transition') continue;
      const next = roleOf[effect.report.to];
      if (next !== role) this.roleChanges.add(`${role}>${next}`);
      role = next;
    }
  }

  /** Mute is who leaves or takes over, and nobody else. */
  #checkLeaving(step: Step): void {
    const { after } = step;
    const role = roleOf[after.name];
    const mayBe = role === Role.leaving || role === Role.takingOver;
    if (after.leaving && !mayBe) this.#mismatch(step, 'is leaving');
    const carriesThrough = after.writing?.mode === 'solo' || after.phase === 'asking';
    if (mayBe && carriesThrough && !after.leaving) this.#mismatch(step, 'speaks while it leaves');
  }

  #checkEligibility(step: Step): void {
    const { before, after, settings } = step;
    const { epoch } = after.eligibility;
    if (epoch === null || epoch === before.eligibility.epoch) return;
    const heard = after.contact.standing;
    const isGranted =
      inContact(after, settings) &&
      heard?.grant?.type === 'eligibility' &&
      heard.grant.epoch === epoch &&
      heard.grant.toStart === after.agentStart &&
      heard.grant.lossCounter === after.eligibility.lossCounter;
    const isFollower = after.record?.mode === 'paired' && after.record.holder !== settings.self;
    if (!isGranted || !isFollower || after.record?.epoch !== epoch)
      this.#mismatch(step, `is eligible for ${epoch}`);
  }

  /** I5: what is said is on disk, and grants only who may. */
  #checkWords(step: Step, said: Standing): void {
    const { after, settings } = step;
    const { record } = after;
    if (record === null || said.record === null) return;
    const waitsForLedger = after.phase === 'publishing' && settings.arbiter === 'etcd';
    const isOnDisk = said.record.epoch === record.epoch && said.record.mode === record.mode;
    const isBefore = said.record.epoch === record.epoch - 1 && said.record.mode === 'solo';
    if (!(waitsForLedger ? isBefore : isOnDisk)) this.#mismatch(step, 'says what is not on disk');
    if (said.grant === null) return;
    const mine = recordSeen(record, settings.self);
    const mayGrant =
      said.grant.type === 'eligibility'
        ? mine.mode === Mode.paired && mine.mine && roleOf[after.name] === Role.serving
        : mine.handed !== 0 && roleOf[after.name] === Role.handingOver;
    if (!mayGrant || after.leaving || !inContact(after, settings) || after.writing !== null)
      this.#mismatch(step, `grants ${said.grant.type}`);
  }

  #count(name: string): void {
    this.seen.set(name, (this.seen.get(name) ?? 0) + 1);
  }

  #mismatch({ before, event, after }: Step, what: string): void {
    const record = after.record === null ? 'nothing' : `${after.record.mode} ${after.record.epoch}`;
    this.mismatches.push(
      `${before.name}/${before.phase} with ${record} ${what} on ${event.type}: now ${after.name}/${after.phase}`,
    );
  }
}

/** Records that look alike are told apart by what the node was doing. */
function isMeant(cause: RecordCause, { before, event, after, settings }: Step): boolean {
  if (cause === 'operatorTook')
    return event.type === 'operatorCommanded' || event.type === 'epochEntered';
  if (cause === 'ledgerIsAhead') return after.reason.code === 'ledgerIsAhead';
  if (cause !== 'permitted') return true;
  if (settings.arbiter === 'etcd') return event.type === 'claimDecided' && event.outcome === 'won';
  if (settings.arbiter === 'fence') return event.type === 'peerFenced';
  const silentMs = after.now - (after.contact.heardAt ?? -Infinity);
  const isSilent = silentMs >= settings.fastDeadIntervalMs;
  return settings.arbiter === 'lan' && isSilent && before.writing === null;
}
