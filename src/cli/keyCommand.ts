// `hotpair key rotate`: the pair's key is exchanged for a new one, on both boxes, while they stay in contact. It is the agents'
// work; the command begins it and watches.
import { setTimeout as pause } from 'node:timers/promises';
import { askAgent } from '../daemon/control/controlClient.ts';
import { readGround } from '../daemon/ground.ts';
import type { KeyStatus } from '../daemon/keyExchange.ts';
import type { StatusJson } from '../daemon/status.ts';
import { configOption, parseCommandLine, refuseExtra, usageError } from './commandLine.ts';
import { exitCodes } from './exitCodes.ts';

const usage = 'hotpair key rotate [--no-wait] [--config FILE]';
const askMs = 10_000;
const patienceMs = 30_000;
const lookMs = 200;

export const help = `${usage}

Exchanges the key that both boxes share for a new one. One call on one of them is enough: the new key goes to the other box
sealed, both accept both for a while, and contact, replication and roles stay as they are. It survives restarts of the agents
and of the boxes; where the other box is away it goes on when that is back. hotpair status shows where it stands.
  --no-wait   do not wait until it is done
`;

export async function run(argv: readonly string[]): Promise<number> {
  const options = { ...configOption, 'no-wait': { type: 'boolean', default: false } } as const;
  const { values, positionals } = parseCommandLine(usage, argv, options);
  const [word, ...extra] = positionals;
  if (word !== 'rotate') throw usageError(usage, 'rotate is missing');
  refuseExtra(usage, extra);
  const { runDirectory } = readGround(values.config).config.state;
  const answer = await askAgent(runDirectory, { command: 'rotateKey' }, askMs);
  const { begun, fingerprint } = answer as KeyStatus & { readonly begun: boolean };
  const what = begun
    ? 'a new key is offered to the other box'
    : 'an exchange was under way, it goes on';
  process.stdout.write(`${what}; the key until now is ${fingerprint}\n`);
  return values['no-wait'] ? exitCodes.ok : untilExchanged(runDirectory);
}

async function untilExchanged(runDirectory: string): Promise<number> {
  const endsAt = performance.now() + patienceMs;
  for (;;) {
    const { pairKey } = (await askAgent(runDirectory, { command: 'status' }, askMs)) as StatusJson;
    if (pairKey.exchange === null) {
      process.stdout.write(`done: the key of the pair is ${pairKey.fingerprint}\n`);
      return exitCodes.ok;
    }
    if (performance.now() >= endsAt) {
      process.stdout.write(
        'not done yet: it goes on by itself when the other box is heard, and both keys are accepted until then\n',
      );
      return exitCodes.deadline;
    }
    await pause(lookMs);
  }
}
