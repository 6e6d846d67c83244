// Whether this machine lets the lab run at all, said in one sentence when it does not.

import { accessSync, constants } from 'node:fs';
import { succeeds } from './command.ts';
import { LabError } from './labError.ts';

/** @throws {LabError} exit status 2: not root, no namespaces, a program or the binary is missing */
export function requireRights(binary?: string): void {
  if (process.getuid?.() !== 0) {
    throw new LabError(
      'the lab needs root (it makes network namespaces and mounts): run it with sudo',
      2,
    );
  }
  for (const program of ['ip', 'bridge', 'nsenter', 'unshare', 'mkfifo']) {
    if (!succeeds('sh', ['-c', `command -v ${program}`])) {
      throw new LabError(`the program ${program} is missing (packages iproute2, util-linux)`, 2);
    }
  }
  if (!succeeds('unshare', ['--net', '--pid', '--mount', '--ipc', '--uts', '--fork', 'true'])) {
    throw new LabError(
      'this kernel or container does not allow network, PID and mount namespaces, which the lab is made of',
      2,
    );
  }
  if (binary !== undefined) requireBinary(binary);
}

function requireBinary(binary: string): void {
  try {
    accessSync(binary, constants.X_OK);
  } catch {
    throw new LabError(`${binary} is missing: npm run build makes it`, 2);
  }
}
