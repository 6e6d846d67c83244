// The files beside the configuration that the devices of the arbiter fence need: their passwords.
import { HotpairError } from '../protocol/hotpairError.ts';
import type { Config } from './config.ts';
import { optionNameProblem } from './fenceSchema.ts';
import { readSecretFile } from './secretFile.ts';

export type FenceDeviceConfig = Config['arbiter']['fence']['devices'][number];

const kind = {
  name: 'secrets file',
  codes: 'FENCE_SECRETS',
  from: 'a file of root, mode 0600, with lines such as password=...',
  longest: 16 * 1024,
};
const mostLines = 50;

/**
 * The options of a device that stand in its secrets file; none where it has no such file. Throws HotpairError
 * FENCE_SECRETS_MISSING, FENCE_SECRETS_PERMISSIONS or FENCE_SECRETS_FORMAT.
 */
export function readFenceSecrets({
  secretsFile,
}: FenceDeviceConfig): Readonly<Record<string, string>> {
  if (secretsFile === undefined) return {};
  const text = Buffer.from(readSecretFile(secretsFile, kind), 'latin1').toString();
  if (text.length >= kind.longest) throw unreadable(secretsFile, 'a longer file');
  const lines = text
    .split('\n')
    .map((line, index) => ({ line: line.replace(/\r$/, ''), number: index + 1 }))
    .filter(({ line }) => line.trim() !== '' && !line.startsWith('#'));
  if (lines.length > mostLines) throw unreadable(secretsFile, `${lines.length} lines`);
  return Object.fromEntries(
    lines.map(({ line, number }): [string, string] => {
      const at = line.indexOf('=');
      const [name, value] = [line.slice(0, at), line.slice(at + 1)];
      const isUsable = at > 0 && value !== '' && !/\p{Cc}/u.test(line);
      if (!isUsable || optionNameProblem(name) !== undefined) {
        throw unreadable(secretsFile, `something else in line ${number}`);
      }
      return [name, value];
    }),
  );
}

/** What is seen never holds a part of the file. */
function unreadable(path: string, seen: string): HotpairError {
  return new HotpairError('FENCE_SECRETS_FORMAT', `The secrets file ${path} cannot be used.`, {
    seen,
    allowed: `up to ${mostLines} lines, each the name of an option, =, and its value`,
  });
}
