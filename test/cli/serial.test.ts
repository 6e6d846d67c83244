// `hotpair serial` on pseudo terminals: what echoes, what says something else, what says nothing.
import test from 'ava';
import { heardText, run } from '../../src/cli/serialCommand.ts';
import { startEcho } from '../kernel/echo.ts';
import { openPseudoTerminal } from '../../src/kernel/pseudoTerminal.ts';

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, value) => value));

test('a port that echoes has given every byte back', async (t) => {
  const cable = openPseudoTerminal();
  t.teardown(() => cable.close());
  t.teardown(startEcho(cable));
  t.is(await run([cable.path]), 0);
});

test('what comes is told apart: the own bytes among others, others alone, nothing', (t) => {
  t.is(heardText(Buffer.concat([Buffer.from('x'), everyByte])), 'all 256 bytes came back');
  t.is(heardText(everyByte.subarray(1)), '255 bytes came that are not the ones sent');
  t.is(heardText(Buffer.alloc(0)), 'nothing came');
});

test('a port that is not there is SERIAL_PORT', async (t) => {
  await t.throwsAsync(run(['/dev/ttyS99x']), { code: 'SERIAL_PORT', message: /cannot be used/ });
});

test('without a device the call is refused', async (t) => {
  await t.throwsAsync(run([]), { code: 'USAGE' });
});
