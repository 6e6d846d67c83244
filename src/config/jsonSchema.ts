// The JSON Schema of hotpair.yaml, for editors and other programs; printed from the one schema.
import * as z from 'zod';
import { facts } from './facts.ts';
import { configSchema } from './schema.ts';

/** JSON Schema (draft 2020-12) of the written form. Relations between keys cannot be said in it. */
export function configJsonSchema(): object {
  const schema = z.toJSONSchema(configSchema(), {
    io: 'input',
    metadata: z.registry<object>(),
    override: ({ zodSchema, jsonSchema }) => {
      const known = facts.get(zodSchema);
      if (known === undefined) return;
      const { description, allowed, derived, example, pattern } = known;
      jsonSchema.description = sentences(description, allowed, derived);
      if (pattern !== undefined) jsonSchema.pattern = pattern;
      if (example !== undefined) jsonSchema.examples = [example];
    },
  });
  return { title: 'hotpair.yaml', ...schema };
}

function sentences(description: string, allowed?: string, derived?: string): string {
  return [
    description,
    ...(allowed === undefined ? [] : [`Allowed: ${allowed}.`]),
    ...(derived === undefined ? [] : [`Default: ${derived}.`]),
  ].join(' ');
}
