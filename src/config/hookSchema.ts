// The keys of `hooks`: commands that run when this box changes its role.
import * as z from 'zod';
import { facts } from './facts.ts';
import {
  accountName,
  command,
  commandRule,
  entryName,
  entryNameRule,
  time,
} from './serviceValues.ts';

/** The section `hooks`: a list, in the order in which they run. */
export function hooksSection() {
  return z.array(hookSchema()).max(32).prefault([]).register(facts, {
    description:
      'Commands that run, in this order, when this box has become primary or standby; at least once for each change. The role, its epoch and the reason of the change are in their environment (HOTPAIR_ROLE, HOTPAIR_EPOCH, HOTPAIR_REASON, HOTPAIR_REASON_TEXT, HOTPAIR_HOOK and those of services).',
    allowed: 'up to 32 hooks',
  });
}

function hookSchema() {
  return z
    .strictObject({
      name: entryName().register(facts, {
        description: 'Name by which it is shown.',
        allowed: entryNameRule,
        example: 'redis-role',
      }),
      command: command().register(facts, {
        description: 'The program with its arguments.',
        allowed: commandRule,
        example: ['/usr/lib/hotpair/redis-role'],
      }),
      on: z
        .array(z.enum(['primary', 'standby']))
        .min(1)
        .max(2)
        .register(facts, {
          description: 'The roles at whose beginning it runs.',
          allowed: 'primary, standby or both',
          example: ['primary', 'standby'],
        }),
      required: z.boolean().prefault(false).register(facts, {
        description:
          'Services that run on the primary wait until it has succeeded; it is tried again, and a box on which it fails again and again is unfit. One that is not required never delays anything but the hooks after it.',
        allowed: 'true or false',
      }),
      deadline: time('10s', { min: '100ms', max: '10m' }, 'It is killed then, and has failed.'),
      user: accountName().optional().register(facts, {
        description: 'Unix user that it runs as; root where this is missing.',
        allowed: 'name of a user',
        example: 'redis',
      }),
    })
    .transform(({ deadline, ...rest }) => ({ ...rest, deadlineMs: deadline }))
    .register(facts, { description: 'One hook.' });
}
