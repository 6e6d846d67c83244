// Who this box is: node.json in the state directory. A box that joins gets a new node id, so that
// an old record never speaks for it.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { HotpairError } from '../protocol/hotpairError.ts';
import { systemErrorName, writePrivateFile } from './durableFile.ts';

/** The content of node.json. */
export interface NodeIdentity {
  /** 32 lower-case hex digits, made once by `init` or `join`. */
  readonly nodeId: string;
  /** 32 lower-case hex digits, the same on both boxes. */
  readonly pairId: string;
}

/** A new node of a pair. */
export function newNodeIdentity(pairId: string): NodeIdentity {
  return { nodeId: randomBytes(16).toString('hex'), pairId };
}

/** Where a state directory keeps the identity. */
export function identityPath(stateDirectory: string): string {
  return join(stateDirectory, 'node.json');
}

/**
 * Writes node.json durably, 0600, in the place of an older one. Throws HotpairError NODE_WRITE,
 * for a full or read-only partition too; the old file then still stands.
 */
export function writeNodeIdentity(stateDirectory: string, identity: NodeIdentity): void {
  const path = identityPath(stateDirectory);
  const { nodeId, pairId } = identity;
  try {
    writePrivateFile(path, `${JSON.stringify({ nodeId, pairId })}\n`, 'replace');
  } catch (error) {
    throw new HotpairError('NODE_WRITE', `${path} cannot be written.`, {
      seen: systemErrorName(error),
      allowed: 'an existing directory with space, on a partition that can be written',
    });
  }
}

/** Reads node.json. Throws HotpairError NODE_MISSING or NODE_FORMAT. */
export function readNodeIdentity(stateDirectory: string): NodeIdentity {
  const path = identityPath(stateDirectory);
  const found = identitySchema().safeParse(parseJson(readText(path)));
  if (found.success) return found.data;
  throw new HotpairError('NODE_FORMAT', `${path} is damaged.`, {
    seen: found.error.issues
      .map((issue) => issue.path.join('.') || 'not such an object')
      .join(', '),
    allowed: 'an object with nodeId and pairId, each 32 hex digits',
  });
}

function identitySchema() {
  const id = z.string().regex(/^[0-9a-f]{32}$/);
  return z.strictObject({ nodeId: id, pairId: id });
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const name = systemErrorName(error);
    const message =
      name === 'ENOENT'
        ? `This box has no identity yet: ${path} does not exist.`
        : `${path} cannot be read.`;
    throw new HotpairError('NODE_MISSING', message, {
      seen: name,
      allowed: 'the file that hotpair init or hotpair join writes',
    });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
