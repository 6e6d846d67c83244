// Does the main process of a service run: it is there and not stopped by a signal.
import { hasEnded, processStat } from '../../kernel/processes.ts';
import type { ProcessIdentity } from '../../kernel/processes.ts';
import type { CheckOutcome } from './check.ts';

export function checkProcess(main: ProcessIdentity | null): CheckOutcome {
  if (main === null) return { ok: false, text: 'no process of it is known' };
  const stat = processStat(main.pid);
  if (stat === null || stat.startTime !== main.startTime || hasEnded(stat)) {
    return { ok: false, text: `process ${main.pid} is not there` };
  }
  // T: by a signal, t: by a debugger. Either way it does nothing.
  return stat.state.toUpperCase() === 'T'
    ? { ok: false, text: `process ${main.pid} is stopped` }
    : { ok: true, text: `process ${main.pid} runs` };
}
