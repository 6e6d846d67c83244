// Orders and their answers.
import test from 'ava';
import { openCommands } from '../../src/daemon/commands.ts';
import type { Happening } from '../../src/daemon/mailbox.ts';

function lastId(posted: readonly Happening[]): number {
  const last = posted.at(-1);
  return last?.type === 'operatorCommanded' ? last.commandId : -1;
}

test("the core's answer reaches the one who gave the order, with its sentence", async (t) => {
  const posted: Happening[] = [];
  const commands = openCommands((happening) => posted.push(happening));
  const verdict = commands.give({ type: 'switchover' }, 5_000);
  t.like(posted, [{ type: 'operatorCommanded', command: { type: 'switchover' } }]);
  commands.answer(lastId(posted), false, { code: 'notPaired' });
  t.deepEqual(await verdict, { ok: false, code: 'notPaired', text: 'the pair is not in step' });
});

test('an order that is not answered is COMMAND_DEADLINE, and a late answer harms nobody', async (t) => {
  const posted: Happening[] = [];
  const commands = openCommands((happening) => posted.push(happening));
  await t.throwsAsync(commands.give({ type: 'switchover' }, 20), { code: 'COMMAND_DEADLINE' });
  t.notThrows(() => commands.answer(lastId(posted), true, { code: 'switchoverDone' }));
});

test('more orders than the limit are refused', async (t) => {
  const commands = openCommands(() => undefined);
  const given = Array.from({ length: 33 }, () => commands.give({ type: 'takeover' }, 50));
  const outcomes = await Promise.allSettled(given);
  const codes = outcomes.map((outcome) =>
    outcome.status === 'rejected' ? (outcome.reason as { code: string }).code : 'ok',
  );
  t.is(codes.filter((code) => code === 'COMMAND_BUSY').length, 1);
});
