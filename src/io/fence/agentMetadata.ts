// What a fence agent says of itself: its options and actions, from the XML that action=metadata prints (resource-agent API).
// Only names and a few attributes are wanted, so that tags are read and everything between them is left.
import { HotpairError } from '../../protocol/hotpairError.ts';
import { runAgentProgram } from './agentRun.ts';

export type AgentMetadata = {
  readonly name: string;
  readonly parameters: ReadonlyMap<string, Parameter>;
  readonly actions: ReadonlySet<string>;
};

export type Parameter = {
  readonly required: boolean;
  readonly deprecated: boolean;
  /** Name of the older parameter that this one stands for. */
  readonly obsoletes: string | null;
};

const deadlineMs = 10_000;
const longestMetadata = 256 * 1024;
const mostParameters = 1_000;

/** Asks an agent. Throws HotpairError FENCE_METADATA, FENCE_AGENT_RUN. */
export async function askMetadata(path: string): Promise<AgentMetadata> {
  const call = {
    path,
    action: 'metadata',
    options: {},
    deadlineMs,
    keep: longestMetadata,
  } as const;
  const { code, output, lastLine } = await runAgentProgram(call);
  if (code !== 0) {
    throw new HotpairError('FENCE_METADATA', `${path} does not describe itself.`, {
      seen: code === null ? `nothing within ${deadlineMs} ms` : `status ${code}: ${lastLine}`,
    });
  }
  return parseMetadata(output, path);
}

/** Throws HotpairError FENCE_METADATA; `from` says whose text it is. */
export function parseMetadata(text: string, from: string): AgentMetadata {
  const parameters = new Map<string, Parameter>();
  const actions = new Set<string>();
  let name: string | null = null;
  for (const [, tag = '', written = ''] of text.matchAll(
    /<([a-z-]+)((?:\s+[\w:-]+="[^"<>]*")*)\s*\/?>/g,
  )) {
    const attributes = attributesOf(written);
    const own = attributes.get('name');
    if (own === undefined) continue;
    if (tag === 'resource-agent') name = own;
    if (tag === 'action') actions.add(own);
    if (tag === 'parameter' && parameters.size < mostParameters) {
      parameters.set(own, {
        required: attributes.get('required') === '1',
        deprecated: attributes.get('deprecated') === '1',
        obsoletes: attributes.get('obsoletes') ?? null,
      });
    }
  }
  if (name !== null && parameters.size > 0) return { name, parameters, actions };
  throw new HotpairError('FENCE_METADATA', `${from} does not describe itself.`, {
    seen: `${text.length} characters without a resource-agent and its parameters`,
  });
}

/** What the agent does not know of the options that it is to be given, and what it needs beside them. */
export function unfitOptions(
  { parameters }: AgentMetadata,
  given: readonly string[],
): { readonly unknown: readonly string[]; readonly missing: readonly string[] } {
  const names = new Set(given);
  const unknown = given.filter((each) => !parameters.has(each));
  const missing = [...parameters].flatMap(([name, { required, deprecated, obsoletes }]) => {
    if (!required || deprecated || name === 'action' || names.has(name)) return [];
    return obsoletes !== null && names.has(obsoletes) ? [] : [name];
  });
  return { unknown, missing };
}

const entities: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&apos;': "'",
  '&amp;': '&',
};

function attributesOf(text: string): ReadonlyMap<string, string> {
  const found = text.matchAll(/([\w:-]+)="([^"]*)"/g);
  return new Map(
    [...found].map(([, name = '', value = '']): [string, string] => [
      name,
      value.replaceAll(/&(?:lt|gt|quot|apos|amp);/g, (entity) => entities[entity] ?? entity),
    ]),
  );
}
