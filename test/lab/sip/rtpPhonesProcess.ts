// The audio of calls as the lab sees it: starts it among the phones, and tells what both ends heard.

import { runDirectory } from '../layout.ts';
import { endProcess, growingFile, startInLan } from '../lanProcess.ts';
import { rtpArrivalOf, type RtpArrival, type RtpEnd } from './rtpGaps.ts';

export type RunningAudio = {
  readonly arrivals: () => readonly RtpArrival[];
  readonly stop: () => Promise<void>;
};

let started = 0;

/** Every end sends and hears from now on. */
export function startAudio(ends: readonly RtpEnd[]): RunningAudio {
  started += 1;
  const path = `${runDirectory}/audio-${process.pid}-${started}.arrivals`;
  const file = growingFile(path, rtpArrivalOf);
  const child = startInLan('sip/rtpPhones.ts', [path, JSON.stringify(ends)]);
  return {
    arrivals: file.items,
    stop: async () => {
      await endProcess('the audio of the phones', child);
      file.remove();
    },
  };
}
