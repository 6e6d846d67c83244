// `hotpair diagnostics`: what somebody who helps from afar needs to see of a box, in one file and without secrets.
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Config } from '../config/config.ts';
import { knownSecrets } from '../config/knownSecrets.ts';
import { askAgent } from '../daemon/control/controlClient.ts';
import { readGround } from '../daemon/ground.ts';
import { HotpairError, isHotpairError } from '../protocol/hotpairError.ts';
import { tarArchive } from '../protocol/tarFile.ts';
import { configOption, parseCommandLine, refuseExtra } from './commandLine.ts';
import { BundleWriter, fillBundle } from './diagnosticsBundle.ts';
import { exitCodes } from './exitCodes.ts';

const usage = 'hotpair diagnostics [--output FILE] [--config FILE]';
const answerDeadlineMs = 5_000;

export const help = `${usage}

Writes a bundle (tar.gz, up to some 24 MB before it is packed) for whoever helps from afar: status, configuration in force, record,
history, flight record, the ends of the logs of PostgreSQL and the services, and figures of the system. Works without an agent.
Keys and passwords that the box knows are taken out, and what looks like one. The logs of services may name callers: look into
the bundle before it leaves the house.
  --output FILE  instead of hotpair-diagnostics-NODE-TIME.tar.gz here; must not be there yet
`;

export async function run(argv: readonly string[]): Promise<number> {
  const options = { ...configOption, output: { type: 'string' } } as const;
  const { values, positionals } = parseCommandLine(usage, argv, options);
  refuseExtra(usage, positionals);
  const { config } = readGround(values.config);
  const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const folder = `hotpair-diagnostics-${config.node.name}-${time}`.slice(0, 60);
  const path = resolve(values.output ?? `${folder}.tar.gz`);
  const bundle = new BundleWriter(folder, knownSecrets(config));
  fillBundle(bundle, config, await statusOf(config));
  const { entries, leftOut } = bundle.end();
  writeNew(path, gzipSync(tarArchive(entries)));
  process.stdout.write(`wrote ${path}: ${entries.length} files\n`);
  for (const each of leftOut) process.stdout.write(`left out ${each}\n`);
  return exitCodes.ok;
}

async function statusOf(config: Config): Promise<unknown> {
  try {
    return await askAgent(config.state.runDirectory, { command: 'status' }, answerDeadlineMs);
  } catch (error) {
    if (isHotpairError(error)) return { code: error.code, text: error.message };
    throw error;
  }
}

function writeNew(path: string, bytes: Buffer): void {
  try {
    const descriptor = openSync(path, 'wx', 0o600);
    try {
      writeFileSync(descriptor, bytes);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw new HotpairError('DIAGNOSTICS_WRITE', 'the bundle cannot be written', {
      seen: `${path}: ${error instanceof Error && 'code' in error ? String(error.code) : String(error)}`,
      allowed: 'a new file in a directory that is there and has room',
      exitCode: exitCodes.failed,
    });
  }
}
