// The core: one event in, a new state and effects out. Total, synchronous, no clock, no socket, no random number.
import { absorb } from './absorb.ts';
import { keepAddressOff } from './address.ts';
import { keepArbiter } from './asking.ts';
import { refreshAlarms } from './alarms.ts';
import { fastQuietMs, isHeardElsewhere } from './cable.ts';
import { expireMaintenance } from './commands.ts';
import { inContact, isSuspicious } from './contact.ts';
import type { Effect } from './effects.ts';
import type { CoreEvent, EventName } from './events.ts';
import { considerProbing, keepLink, nextProbeAt, watchSight } from './lan.ts';
import { soloWaitMs } from './permission.ts';
import type { Settings } from './settings.ts';
import { speak } from './speech.ts';
import { expireSwitchoverRequest } from './standby.ts';
import type { State } from './state.ts';
import type { Handler } from './table.ts';
import { table } from './table.ts';
import type { Turn } from './turn.ts';
import { beginTurn, write } from './turn.ts';

export { initialState } from './state.ts';

/** Throws only when an invariant is broken: the process must stop and leave its flight record. */
export function step(
  state: State,
  event: CoreEvent,
  settings: Settings,
): { readonly state: State; readonly effects: readonly Effect[] } {
  const turn = beginTurn(state, settings, event.at);
  const current = absorb(turn, event);
  // What ends eligibility is looked at before anything is decided with it.
  watchSight(turn);
  if (current) dispatch(turn, event);
  keepHouse(turn);
  return { state: turn.state, effects: turn.effects };
}

function dispatch<N extends EventName>(turn: Turn, event: CoreEvent & { readonly type: N }): void {
  const handler = table[turn.state.name][event.type] as Handler<EventName>;
  handler(turn, event);
}

/** What every step ends with, whatever happened. */
function keepHouse(turn: Turn): void {
  const { state, settings } = turn;
  if (state.agentStart === '') return;
  if (state.writing !== null && state.writeRetryAt !== null && state.now >= state.writeRetryAt)
    write(turn, state.writing);
  expireMaintenance(turn);
  expireSwitchoverRequest(turn);
  keepArbiter(turn);
  keepAddressOff(turn);
  keepLink(turn);
  considerProbing(turn);
  refreshAlarms(turn);
  if (state.now >= state.sending.kickAt) {
    state.sending.kickAt = state.now + settings.kickIntervalMs;
    turn.effects.push({ type: 'kickWatchdog' });
  }
  speak(turn);
}

/** When the next tick is needed at the latest, on the same clock as the events. */
export function nextWakeAt(state: State, settings: Settings): number {
  const { contact, sending, now } = state;
  let wakeAt = now + settings.heartbeatIntervalMs;
  const consider = (at: number): void => {
    if (at > now && at < wakeAt) wakeAt = at;
  };
  consider(sending.nextAt);
  consider(sending.kickAt);
  consider(state.writeRetryAt ?? Infinity);
  if (state.pending.probe === undefined && state.port.up) consider(nextProbeAt(state, settings));
  if (contact.heardAt !== null && contact.ackedAt !== null) {
    const quietMs = state.lan.heartbeatCarrier
      ? settings.deadIntervalMs
      : fastQuietMs(state, settings);
    consider(contact.heardAt + settings.heartbeatIntervalMs * 1.5);
    // Late suspicion would be a span in which nobody looked at the LAN.
    consider(contact.ackedAt + settings.heartbeatIntervalMs * 2.5);
    consider(contact.heardAt + quietMs);
    consider(contact.ackedAt + quietMs);
    consider(contact.heardAt + soloWaitMs(state, settings));
    if (isHeardElsewhere(state, settings))
      consider(state.lan.heartbeatCarrierSince + settings.fastDeadIntervalMs);
  }
  return wakeAt;
}

export { inContact, isSuspicious };
