// A service that runs in the foreground as a child of the guardian process, and goes on when that ends.
import { isRunning, processStat } from '../../kernel/processes.ts';
import type { ProcessIdentity } from '../../kernel/processes.ts';
import { signalProcess } from '../../kernel/processHandle.ts';
import { startProgram } from '../../kernel/programStart.ts';
import { programOr } from './driver.ts';
import type { Driver, DriverOptions, DriverStart } from './driver.ts';
import { withServiceLog } from './serviceLog.ts';

export function childService(options: DriverOptions, command: readonly string[]): Driver {
  const { description } = options;
  return {
    start: async () => startChild(options, command),
    askToStop: async (main) => {
      if (main !== null) askToStop(main, description.stopSignal);
    },
    tidy: async () => {},
    find: async (known) => (known !== null && isRunning(known) ? { main: known } : null),
  };
}

/** A process that was stopped by a signal would take note of another one only when it goes on. */
export function askToStop(process: ProcessIdentity, signal: NodeJS.Signals): void {
  signalProcess(process, signal);
  signalProcess(process, 'SIGCONT');
}

async function startChild(
  options: DriverOptions,
  command: readonly string[],
): Promise<DriverStart> {
  const program = programOr(options, command);
  if (typeof program === 'string') return { started: false, text: program };
  const { logDirectory, description } = options;
  const start = await withServiceLog(logDirectory, description.name, (fd) =>
    startProgram(program, fd),
  );
  if (!start.started) return start;
  start.child.unref();
  // It is there even where it has ended already: its end was not asked for yet.
  const main = processStat(start.pid);
  if (main === null) return { started: false, text: `process ${start.pid} has gone` };
  return { started: true, main, child: start.child };
}
