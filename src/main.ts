// The entry of the executable. `--version` is answered before anything else is loaded, because
// scripts and health checks ask for it often; every command is loaded only when it is needed.

import { watchReader } from './cli/reader.ts';
import { describeHotpairError, isHotpairError } from './protocol/hotpairError.ts';
import { programVersion } from './protocol/programVersion.ts';

const UNEXPECTED_FAILURE = 70; // EX_SOFTWARE of sysexits.h

async function main(argv: readonly string[]): Promise<number> {
  if (argv[0] === '--version') {
    process.stdout.write(`hotpair ${programVersion}\n`);
    return 0;
  }
  const { runCommand } = await import('./cli/commands.ts');
  return runCommand(argv);
}

function explain(error: unknown): number {
  if (isHotpairError(error)) {
    process.stderr.write(`hotpair: ${describeHotpairError(error)}\n`);
    return error.exitCode ?? 1;
  }
  const sentence = error instanceof Error ? error.message : String(error);
  process.stderr.write(`hotpair: INTERNAL: ${sentence}\n`);
  return UNEXPECTED_FAILURE;
}

watchReader();

// A command that has returned is over: whatever it left open must not keep a shell waiting.
// What it has printed is on its way before that: writes to sockets are not synchronous.
void main(process.argv.slice(2))
  .catch(explain)
  .then(async (exitCode) => {
    await Promise.all([process.stdout, process.stderr].map(drained));
    process.exit(exitCode);
  });

function drained(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableLength === 0) return Promise.resolve();
  return new Promise((resolve) => {
    stream.write('', () => resolve());
  });
}
