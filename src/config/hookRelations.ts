// What belongs together in the list of hooks, and what is unwise there.
import type { Config } from './config.ts';
import { formatDuration } from './duration.ts';
import type { Finding, Relation } from './relation.ts';

/** The relations between hooks. */
export const hookRelations: readonly Relation[] = [
  { code: 'CONFIG_RELATION_HOOK_NAME', keys: ['hooks'], find: nameRepeated },
];

/** The warnings about hooks. */
export const hookWarnings: readonly Relation[] = [
  { code: 'CONFIG_WARNING_HOOK_DEADLINE', keys: ['hooks'], find: deadlineLong },
];

function nameRepeated({ hooks }: Config): readonly Finding[] {
  const names = hooks.map(({ name }) => name);
  return names.flatMap((seen, index): readonly Finding[] => {
    const first = names.indexOf(seen);
    if (first === index) return [];
    const at = `hooks[${index}].name`;
    const needs = [`hooks[${first}].name`];
    return [{ at, needs, message: `${at}: two hooks have the same name`, seen }];
  });
}

/** Longer than this nobody would wait for a dial tone. */
const longDeadlineMs = 15_000;

function deadlineLong({ hooks }: Config): readonly Finding[] {
  return hooks.flatMap(({ required, on, deadlineMs }, index): readonly Finding[] => {
    if (!required || !on.includes('primary') || deadlineMs <= longDeadlineMs) return [];
    const at = `hooks[${index}].deadline`;
    return [
      {
        at,
        needs: [`hooks[${index}].on`],
        message: `${at}: the services of a new primary wait for this hook, and so long when it hangs`,
        seen: formatDuration(deadlineMs),
        allowed: `up to ${formatDuration(longDeadlineMs)} is wise`,
      },
    ];
  });
}
