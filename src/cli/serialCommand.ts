// `hotpair serial`: whether a serial port takes and gives every byte, with a loopback plug or against another box.
import { setTimeout as delay } from 'node:timers/promises';
import { codeOf, openSerialDevice } from '../kernel/serialDevice.ts';
import type { SerialDevice, SerialLines } from '../kernel/serialDevice.ts';
import { HotpairError } from '../protocol/hotpairError.ts';
import { parseCommandLine, refuseExtra, usageError } from './commandLine.ts';
import { exitCodes } from './exitCodes.ts';

const usage = 'hotpair serial DEVICE';
// Of the heartbeats over a serial cable.
const baudRate = 115_200;
const patienceMs = 5_000;
const stepMs = 20;
const mostHeard = 4_096;

export const help = `${usage}

Opens a serial port as the agent does (115200 8N1, no flow control), sends every byte value once and says what came back
within five seconds: all of it, with a loopback plug (pins 2 and 3 joined) or whatever echoes; something else, such as the
heartbeats of the other box over a null modem; or nothing. The port must not be in use: stop the agent first.
`;

export async function run(argv: readonly string[]): Promise<number> {
  const { positionals } = parseCommandLine(usage, argv, {});
  const [path, ...extra] = positionals;
  if (path === undefined) throw usageError(usage, 'the device is missing');
  refuseExtra(usage, extra);
  const { heard, lines } = await talk(path);
  process.stdout.write(`${path}: ${heardText(heard)}; ${linesText(lines)}\n`);
  return heard.includes(question) ? exitCodes.ok : exitCodes.failed;
}

/** Every value: a line that is not raw, or has flow control, swallows or changes some of them. */
const question = Buffer.from(Array.from({ length: 256 }, (_, value) => value));

type Heard = { readonly heard: Buffer; readonly lines: SerialLines };

async function talk(path: string): Promise<Heard> {
  let heard = Buffer.alloc(0);
  const onBytes = (bytes: Buffer): void => {
    heard = Buffer.concat([heard, bytes]).subarray(-mostHeard);
  };
  const device = await opened(path, onBytes);
  try {
    const until = performance.now() + patienceMs;
    let unsent = question;
    while (performance.now() < until && !heard.includes(question)) {
      unsent = unsent.subarray(device.write(unsent));
      await delay(stepMs);
    }
    return { heard, lines: await device.lines() };
  } catch (error) {
    throw refusal(path, error);
  } finally {
    await device.close();
  }
}

async function opened(path: string, onBytes: (bytes: Buffer) => void): Promise<SerialDevice> {
  try {
    return await openSerialDevice({ path, baudRate, onBytes, onGone: () => undefined });
  } catch (error) {
    throw refusal(path, error);
  }
}

function refusal(path: string, error: unknown): HotpairError {
  return new HotpairError('SERIAL_PORT', `the serial port cannot be used: ${codeOf(error)}`, {
    seen: path,
    exitCode: exitCodes.failed,
  });
}

/** What came, for people. */
export function heardText(heard: Buffer): string {
  if (heard.includes(question)) return 'all 256 bytes came back';
  if (heard.length === 0) return 'nothing came';
  return `${heard.length} bytes came that are not the ones sent`;
}

function linesText(lines: SerialLines): string {
  if (lines === null) return 'the port has no modem lines';
  const raised = Object.entries(lines).flatMap(([name, isUp]) =>
    isUp ? [name.toUpperCase()] : [],
  );
  return raised.length === 0 ? 'no modem line is raised' : `raised: ${raised.join(', ')}`;
}
