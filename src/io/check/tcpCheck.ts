// Does a service take a TCP connection.
import { connect } from 'node:net';
import type { CheckOutcome } from './check.ts';
import { sentenceOf, timedLook } from './timed.ts';

type Target = { readonly address: string; readonly port: number };

export async function checkTcp(
  { address, port }: Target,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<CheckOutcome> {
  return timedLook(timeoutMs, signal, (say) => {
    const socket = connect({ host: address, port });
    socket.on('connect', () => {
      // Where nobody listens on a port of the range for outgoing connections, the kernel may give that very port to the one
      // that asks, who is then connected with himself.
      const isItself = socket.localPort === port && socket.localAddress === address;
      if (isItself) say(false, 'nobody listens there');
      else say(true, 'the connection was taken');
    });
    // The listener stays: an error after the outcome must not end the process.
    socket.on('error', (error) => say(false, sentenceOf(error)));
    return () => socket.destroy();
  });
}
