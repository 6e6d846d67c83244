// A service that is a unit of systemd, by systemctl. systemd captures its output and knows its processes; they are watched by
// the guardian all the same, so that it learns of their end at once.
import { hasEnded, processStat } from '../../kernel/processes.ts';
import { describeEnd, runProgram, succeeded } from '../../kernel/programRun.ts';
import type { ProgramEnd } from '../../kernel/programRun.ts';
import { programOr } from './driver.ts';
import type { Driver, DriverOptions, Found } from './driver.ts';

const lookDeadlineMs = 5_000;
const tidyDeadlineMs = 5_000;

/** Of ActiveState: something of the unit runs. */
const livingStates = ['active', 'activating', 'reloading', 'deactivating'];

export function systemdService(options: DriverOptions, unit: string): Driver {
  const { description } = options;

  const systemctl = async (
    args: readonly string[],
    deadlineMs: number,
    signal?: AbortSignal,
  ): Promise<ProgramEnd> => {
    const program = programOr(options, ['systemctl', ...args]);
    if (typeof program === 'string') return { type: 'notRun', text: program };
    return runProgram({ ...program, deadlineMs, ...(signal === undefined ? {} : { signal }) });
  };

  const find = async (): Promise<Found | null> => {
    const shown = await systemctl(
      ['show', '-p', 'MainPID,ActiveState,SubState', unit],
      lookDeadlineMs,
    );
    // A systemd that does not answer says nothing against the unit.
    return shown.type === 'ended' && shown.code === 0 ? foundIn(shown.output) : { main: null };
  };

  return {
    async start(signal) {
      const called = await systemctl(['start', unit], description.startDeadlineMs, signal);
      if (!succeeded(called)) {
        return { started: false, text: describeEnd(`systemctl start ${unit}`, called) };
      }
      const found = await find();
      return found === null
        ? { started: false, text: `${unit} has ended right after its start` }
        : { started: true, main: found.main, child: null };
    },
    async askToStop(_main, deadlineMs) {
      await systemctl(['stop', unit], deadlineMs);
    },
    // Also where it has ended by itself: systemd might start it again on its own account.
    async tidy() {
      await systemctl(['kill', '--signal=SIGKILL', unit], tidyDeadlineMs);
      await systemctl(['stop', unit], tidyDeadlineMs);
    },
    find,
  };
}

function foundIn(output: string): Found | null {
  const values = new Map(
    output.split('\n').map((line): [string, string] => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1).trim()];
    }),
  );
  if (!livingStates.includes(values.get('ActiveState') ?? '')) return null;
  const pid = Number(values.get('MainPID') ?? 0);
  const stat = Number.isInteger(pid) && pid > 1 ? processStat(pid) : null;
  if (stat === null || hasEnded(stat)) return { main: null };
  return { main: { pid, startTime: stat.startTime } };
}
