// The JSON Schema of hotpair.yaml, for editors and other programs; printed from the one schema.
import * as z from 'zod';
import { configurationVersion } from './migrations.ts';
import { facts } from './facts.ts';
import { configSchema } from './schema.ts';

/** JSON Schema (draft 2020-12) of the written form. Relations between keys cannot be said in it. */
export function configJsonSchema(): object {
  const schema = z.toJSONSchema(configSchema(), {
    io: 'input',
    metadata: z.registry<object>(),
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema instanceof z.ZodObject && jsonSchema.required !== undefined) {
        jsonSchema.required = withoutBoardKeys(jsonSchema.required, zodSchema.shape);
      }
      const known = facts.get(zodSchema);
      if (known === undefined) return;
      const { description, allowed, derived, example, pattern } = known;
      jsonSchema.description = sentences(description, allowed, derived);
      if (pattern !== undefined) jsonSchema.pattern = pattern;
      if (example !== undefined) jsonSchema.examples = [example];
    },
  });
  // The version stands beside the sections, and is read before them.
  const version = {
    type: 'integer',
    minimum: 0,
    maximum: configurationVersion,
    description: versionDescription,
  };
  const properties = { version, ...schema.properties };
  return { title: 'hotpair.yaml', ...schema, properties };
}

/** What a board can settle need not be in the file. */
function withoutBoardKeys(names: readonly string[], shape: z.ZodRawShape): string[] {
  return names.filter((name) => {
    const schema = shape[name];
    return schema === undefined || facts.get(schema)?.byBoard !== true;
  });
}

export const versionDescription =
  'Version of the form of this file. Where it is absent the file is of version 0; an older one is read as well.';

function sentences(description: string, allowed?: string, derived?: string): string {
  return [
    description,
    ...(allowed === undefined ? [] : [`Allowed: ${allowed}.`]),
    ...(derived === undefined ? [] : [`Default: ${derived}.`]),
  ].join(' ');
}
