// The keys of the arbiter fence: the devices that can take the power from the other box, and how their agents are called.
import * as z from 'zod';
import { facts } from './facts.ts';
import { isSecretName } from './mask.ts';
import { absolutePath, displayName, duration, durationFacts, fenceAgent } from './values.ts';
import type { IssueParams } from './values.ts';

const deadlineLimits = { min: '500ms', max: '30s' } as const;
const delayLimits = { min: '0ms', max: '60s' } as const;

/** The section `arbiter.fence`. */
export function fenceSection() {
  return z
    .strictObject({
      devices: z
        .array(deviceSchema())
        .max(8)
        .prefault([])
        .register(facts, {
          description:
            'What can take the power from the OTHER box. Each has a `name`, its `agent` (a fence agent of Debian, or a path), `options` for it (as its metadata names them), `plug` where one device serves several boxes, `secretsFile` (lines such as password=..., readable by root only), `level` (1: all devices of the lowest level are needed; the next level is tried when one of them fails), `deadline` (5s) for an order with its verification, and `verify` (true: a box is off when the device, asked afterwards, says so).',
          allowed: '1 to 8 devices',
          example: [
            {
              name: 'bmc',
              agent: 'fence_ipmilan',
              options: { ip: '192.0.2.31', username: 'hotpair', lanplus: '1' },
              secretsFile: '/etc/hotpair/bmc.secrets',
            },
          ],
        }),
      agentDirectory: absolutePath().optional().register(facts, {
        description: 'Directory in which agents are looked for first; then /usr/sbin.',
        allowed: 'absolute path',
        example: '/usr/local/sbin',
      }),
      delay: duration(delayLimits)
        .optional()
        .register(facts, {
          description:
            'Time that the box which serves waits before it switches the other one off, so that two living boxes do not switch each other off: the standby comes first. The same on both boxes.',
          derived:
            'deadlines of the slowest device of each level + heartbeat.deadInterval + timing.probeRound + timing.margin - timing.soloFast, rounded up to 100ms',
          ...durationFacts(delayLimits),
        }),
    })
    .transform(({ delay, ...rest }) => ({ ...rest, delayMs: delay }))
    .prefault({})
    .register(facts, { description: 'The power switch of the arbiter `fence`; see arbiters.md.' });
}

function deviceSchema() {
  return z
    .strictObject({
      name: displayName(),
      agent: fenceAgent(),
      level: z.int().min(1).max(9).prefault(1),
      plug: z.union([z.string().min(1).max(100), z.int()]).optional(),
      options: agentOptions().prefault({}),
      secretsFile: absolutePath().optional(),
      deadline: duration(deadlineLimits).prefault('5s'),
      verify: z.boolean().prefault(true),
    })
    .transform(({ deadline, plug, ...rest }) => ({
      ...rest,
      plug: plug === undefined ? undefined : String(plug),
      deadlineMs: deadline,
    }));
}

/** Said by hotpair itself, or better said in their own places. */
const ownOptions: ReadonlySet<string> = new Set(['action', 'plug', 'delay', 'verbose', 'debug']);

/** Names of options to their values, all as text. */
function agentOptions() {
  return z
    .record(z.string(), z.union([z.string().max(1_000), z.number(), z.boolean()]))
    .transform((map, context) => {
      const entries = Object.entries(map).map(([name, value]): [string, string] => {
        const problem = optionProblem(name, String(value));
        if (problem !== undefined) {
          const params: IssueParams = { code: 'CONFIG_FENCE_OPTION' };
          context.issues.push({
            code: 'custom',
            input: name,
            message: problem,
            params,
            path: [name],
          });
        }
        return [name, optionText(value)];
      });
      return Object.fromEntries(entries);
    });
}

/** Why a line `name=value` is not given to an agent; also asked of the lines of a secrets file. */
export function optionNameProblem(name: string): string | undefined {
  if (!/^[a-z][a-z0-9_]{0,63}$/.test(name)) return `${name} cannot be an option of a fence agent`;
  if (ownOptions.has(name)) return `${name} is set by hotpair and cannot be changed here`;
  return undefined;
}

function optionProblem(name: string, value: string): string | undefined {
  if (/passw.*_script$/.test(name)) return `${name} would run a program for a password`;
  if (isSecretName(name)) return `${name} is a secret: it belongs into secretsFile`;
  if (/\p{Cc}/u.test(value)) return `the value of ${name} has a line end or a control character`;
  return optionNameProblem(name);
}

function optionText(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? '1' : '0';
  return String(value);
}
