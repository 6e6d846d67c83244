// Writes the pair's key file in the place of the older one: a power loss leaves either of them whole, and nobody else may ever
// read it. Asynchronous, because the agent must not stand still for a disk.
import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { HotpairError } from '../../protocol/hotpairError.ts';

/** On disk when it resolves. Rejects with KEY_WRITE; the older file still stands then. */
export async function replaceKeyFile(path: string, text: string): Promise<void> {
  const beside = `${path}.${randomBytes(6).toString('hex')}.new`;
  try {
    const file = await open(beside, 'wx', 0o600);
    try {
      // The umask may have taken away more than it should.
      await file.chmod(0o600);
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    await rm(beside, { force: true });
    const seen = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new HotpairError('KEY_WRITE', `The pair key cannot be written to ${path}.`, { seen });
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
