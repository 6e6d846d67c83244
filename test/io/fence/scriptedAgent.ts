// A fence agent of a test: a shell script that follows the ClusterLabs convention, switches a file instead of a box, and
// behaves as the file `mode` beside it says.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DeviceOptions } from '../../../src/io/fence/fenceDevice.ts';

/** deaf: ends in time for nothing. late: obeys and never ends. */
export type Mode = 'obey' | 'fail' | 'lie' | 'deaf' | 'late' | 'mute';

export type ScriptedAgent = {
  readonly folder: string;
  readonly path: string;
  readonly setMode: (mode: Mode) => void;
  readonly setPower: (power: 'on' | 'off') => void;
  readonly power: () => string;
  /** Actions in the order in which they were asked for. */
  readonly calls: () => readonly string[];
  readonly read: (name: string) => string;
  readonly device: (changes?: Partial<DeviceOptions>) => DeviceOptions;
  readonly remove: () => void;
};

const script = `#!/bin/sh
cd "$(dirname "$0")"
[ $# = 0 ] || exit 9
input=$(cat)
printf '%s\\n' "$input" >input
action=$(printf '%s\\n' "$input" | sed -n 's/^action=//p')
password=$(printf '%s\\n' "$input" | sed -n 's/^password=//p')
echo "$action" >>calls
mode=$(cat mode)
case $mode in
  deaf) sleep 600 & echo $! >child; wait ;;
  mute) echo "cannot log in with $password" >&2; exit 1 ;;
esac
case $action in
  status) [ "$(cat power)" = on ] || exit 2; exit 0 ;;
  monitor) exit 0 ;;
esac
case $mode in
  fail) echo "Failed: $password was refused" >&2; exit 1 ;;
  lie) exit 0 ;;
esac
echo "$action" >power
[ "$mode" != late ] || sleep 600
exit 0
`;

export function scriptedAgent(name = 'fence_scripted'): ScriptedAgent {
  const folder = mkdtempSync(join(tmpdir(), 'fence-'));
  const path = join(folder, name);
  const put = (file: string, text: string): void => writeFileSync(join(folder, file), text);
  const read = (file: string): string => readFileSync(join(folder, file), 'utf8').trim();
  put('mode', 'obey\n');
  put('power', 'on\n');
  put('calls', '');
  writeFileSync(path, script, { mode: 0o755 });
  return {
    folder,
    path,
    read,
    setMode: (mode) => put('mode', `${mode}\n`),
    setPower: (power) => put('power', `${power}\n`),
    power: () => read('power'),
    calls: () => read('calls').split('\n'),
    device: (changes) => ({
      name,
      agentPath: path,
      options: { ip: '192.0.2.30', plug: '3', password: 'opensesame' },
      secrets: ['opensesame'],
      deadlineMs: 3_000,
      verify: true,
      lockPath: join(folder, 'lock'),
      onOrphan() {},
      ...changes,
    }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Whether a process lives; a zombie does not. */
export function lives(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}
