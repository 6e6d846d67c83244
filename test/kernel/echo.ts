// What sends back whatever comes over a pseudo terminal, as a loopback plug does.
import { readSync, writeSync } from 'node:fs';
import type { PseudoTerminal } from '../../src/kernel/pseudoTerminal.ts';

/** Echoes until the returned function is called. */
export function startEcho(cable: PseudoTerminal): () => void {
  const space = Buffer.alloc(512);
  const echo = setInterval(() => {
    try {
      writeSync(cable.fd, space, 0, readSync(cable.fd, space));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    }
  }, 5);
  return () => clearInterval(echo);
}
