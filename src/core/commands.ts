// What an operator may order, and the answer to each (switchover, takeover with loss accepted, maintenance).
import type { EventOf } from './events.ts';
import { orderSwitchover } from './paired.ts';
import type { Reason } from './reasons.ts';
import { serves } from './roles.ts';
import { requestSwitchover } from './standby.ts';
import { beginTakeover } from './takeover.ts';
import type { Turn } from './turn.ts';
import { note } from './turn.ts';

export function obey(turn: Turn, event: EventOf<'operatorCommanded'>): void {
  switch (event.command.type) {
    case 'switchover':
      switchover(turn, event.commandId);
      return;
    case 'takeover':
      takeover(turn, event.commandId);
      return;
    case 'maintenance':
      setMaintenance(turn, event.command.untilMs);
      answer(turn, event.commandId, true, {
        code: event.command.untilMs === null ? 'maintenanceOff' : 'maintenanceOn',
      });
      return;
  }
}

function switchover(turn: Turn, commandId: number): void {
  const { state } = turn;
  if (state.writing !== null || state.plan.commandId !== null)
    answer(turn, commandId, false, { code: 'commandBusy' });
  else if (state.name === 'paired') orderSwitchover(turn, commandId);
  else if (state.name === 'standby') requestSwitchover(turn, commandId);
  else answer(turn, commandId, false, { code: state.name === 'solo' ? 'notPaired' : 'notPrimary' });
}

/** Writes n+2, so that it can never equal the epoch that a lone peer may have reached. */
function takeover(turn: Turn, commandId: number): void {
  const { state } = turn;
  const idle =
    state.name === 'starting' ||
    state.name === 'standby' ||
    (state.name === 'rejoining' && state.phase === 'waiting');
  const usable = state.database.present && state.record !== null && state.record.job === 'none';
  if (!idle || !usable || state.writing !== null) {
    const code = serves(state) ? 'alreadyServes' : usable ? 'commandBusy' : 'databaseUnusable';
    answer(turn, commandId, false, { code });
    return;
  }
  beginTakeover(turn, 'operator', { code: 'operatorTakeover' });
  state.plan.commandId = commandId;
}

function setMaintenance(turn: Turn, untilMs: number | null): void {
  turn.state.maintenanceUntil = untilMs;
  note(turn, { code: untilMs === null ? 'maintenanceOff' : 'maintenanceOn' });
}

export function expireMaintenance(turn: Turn): void {
  const { state } = turn;
  if (state.maintenanceUntil === null || state.now < state.maintenanceUntil) return;
  state.maintenanceUntil = null;
  note(turn, { code: 'maintenanceExpired' });
}

function answer(turn: Turn, commandId: number, ok: boolean, reason: Reason): void {
  turn.effects.push({ type: 'answerCommand', commandId, ok, reason });
}
