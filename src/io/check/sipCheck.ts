// Does a SIP server answer OPTIONS over UDP. Each look has a socket and identifiers of its own, so that an answer to a former
// one, or anybody else's, says nothing.
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { branchCookie, encodeOptions, readAnswer } from '../../protocol/sipOptions.ts';
import type { SipAnswer, SipEnd, SipQuestion } from '../../protocol/sipOptions.ts';
import type { CheckOutcome } from './check.ts';
import { sentenceOf, timedLook } from './timed.ts';
import type { Say } from './timed.ts';

/** T1 and T2 of RFC 3261, table 4: the first pause before the question is sent again, and the longest. */
const firstRepetitionMs = 500;
const longestRepetitionMs = 4_000;

/** A flood at the socket must not keep the guardian from its other work. */
const mostDatagrams = 200;

/** 408: somebody behind it did not answer. From 500 on the server says itself that it cannot. */
const requestTimeout = 408;
const firstServerFailure = 500;
const firstFinal = 200;

export async function checkSip(
  target: SipEnd,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<CheckOutcome> {
  return timedLook(timeoutMs, signal, (say) => {
    const socket = createSocket(isIPv6(target.address.replace(/%.*$/, '')) ? 'udp6' : 'udp4');
    let repetition: NodeJS.Timeout | null = null;
    let isOver = false;
    socket.on('error', (error) => say(false, sentenceOf(error)));
    // Connected: the kernel takes datagrams of this peer alone, and tells that nobody listens there.
    socket.connect(target.port, target.address, (error?: Error) => {
      if (isOver) return;
      if (error !== undefined) {
        say(false, sentenceOf(error));
        return;
      }
      const question = questionFrom(target, socket);
      listen(socket, question, say);
      const send = (pauseMs: number): void => {
        socket.send(encodeOptions(question), (failure) => {
          if (failure !== null) say(false, sentenceOf(failure));
        });
        repetition = setTimeout(() => send(Math.min(2 * pauseMs, longestRepetitionMs)), pauseMs);
      };
      send(firstRepetitionMs);
    });
    return () => {
      isOver = true;
      if (repetition !== null) clearTimeout(repetition);
      socket.close();
    };
  });
}

function questionFrom(target: SipEnd, socket: Socket): SipQuestion {
  const { address, port } = socket.address();
  return {
    target,
    local: { address, port },
    branch: `${branchCookie}${random()}`,
    tag: random(),
    callId: random(),
    sequence: 1,
  };
}

function random(): string {
  return randomBytes(12).toString('hex');
}

function listen(socket: Socket, question: SipQuestion, say: Say): void {
  let received = 0;
  socket.on('message', (bytes) => {
    received += 1;
    if (received > mostDatagrams) {
      say(false, 'too many datagrams came that are no answer');
      return;
    }
    const answer = readAnswer(bytes, question);
    // A provisional answer (1xx) only says that the final one is to come.
    if (answer === null || answer.status < firstFinal) return;
    say(passes(answer), `${answer.status} ${answer.reason}`.trim());
  });
}

function passes({ status }: SipAnswer): boolean {
  return status < firstServerFailure && status !== requestTimeout;
}
