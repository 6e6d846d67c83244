// Which hooks were done for which role and epoch, kept over the death of a guardian: hooks are run at least once. A file of
// another boot, or none, means that nothing was done.
import { open, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bootMark } from '../../kernel/processes.ts';
import type { GuardianRole } from '../../core/guardian/settings.ts';

export type HooksDone = {
  readonly role: GuardianRole;
  readonly epoch: number;
  readonly done: readonly string[];
};

const fileName = 'hooks.json';

/** Never rejects: what cannot be read is run again, which hooks have to stand. */
export async function readHooksDone(stateDirectory: string): Promise<HooksDone | null> {
  try {
    const text = await readFile(join(stateDirectory, fileName), 'utf8');
    const { boot, role, epoch, done } = JSON.parse(text) as HooksDone & { readonly boot: string };
    return boot === bootMark() && Array.isArray(done) ? { role, epoch, done } : null;
  } catch {
    return null;
  }
}

/** On disk when it resolves. Rejects with what the system refused. */
export async function writeHooksDone(stateDirectory: string, content: HooksDone): Promise<void> {
  const path = join(stateDirectory, fileName);
  const text = `${JSON.stringify({ boot: bootMark(), ...content })}\n`;
  await writeFile(`${path}.new`, text, { mode: 0o600, flush: true });
  await rename(`${path}.new`, path);
  const directory = await open(stateDirectory, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
