// The answers to an operator's orders: each order that was taken is taken out exactly once (G11).
import type { Order } from './state.ts';
import type { Turn } from './turn.ts';

export function answer(turn: Turn, commandId: number, ok: boolean, text: string): void {
  turn.effects.push({ type: 'answerOrder', commandId, ok, text });
}

export function answerTaken(turn: Turn, order: Order, ok: boolean, text: string): void {
  turn.state.orders = turn.state.orders.filter((other) => other !== order);
  answer(turn, order.commandId, ok, `${order.service}: ${text}`);
}

/** What was ordered to run has failed. An order to stop is not concerned. */
export function failOrders(turn: Turn, service: string, text: string): void {
  for (const order of turn.state.orders)
    if (order.service === service && order.order !== 'stop') answerTaken(turn, order, false, text);
}
