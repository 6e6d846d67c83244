// `hotpair divergence`: what only this box had when it was rewound or cloned. Reads what was kept, needs neither the agent
// nor the database.
import { join, resolve } from 'node:path';
import { readGround } from '../daemon/ground.ts';
import { exportDivergence, listDivergences } from '../io/database/keptDivergences.ts';
import type { KeptDivergence } from '../io/database/keptDivergences.ts';
import { HotpairError } from '../protocol/hotpairError.ts';
import { configOption, parseCommandLine, refuseExtra, usageError } from './commandLine.ts';
import { listText, showText } from './divergenceText.ts';
import { exitCodes } from './exitCodes.ts';

const usage = 'hotpair divergence list|show|export [NAME] [DIRECTORY] [--json] [--config FILE]';

export const help = `${usage}

After a takeover the old primary may hold transactions that the new one never had. Before its database is rewound or
cloned they are kept: the log, and the rows that those transactions left.
  list                     what was kept on this box, the oldest first
  show [NAME]              transactions, tables and rows of one (the newest)
  export [NAME] DIRECTORY  writes a CSV file a table, manifest.json and load.sql (for psql) into a new directory
  --json                   for programs, times in UTC
`;

export async function run(argv: readonly string[]): Promise<number> {
  const options = { ...configOption, json: { type: 'boolean', default: false } } as const;
  const { values, positionals } = parseCommandLine(usage, argv, options);
  const [what = '', ...words] = positionals;
  if (!isAct(what)) throw usageError(usage, 'list, show or export is to be named');
  refuseExtra(usage, words.slice(acts[what]));
  const target = words.at(-1) ?? '';
  if (what === 'export' && target === '') throw usageError(usage, 'a directory is to be named');
  const directory = join(readGround(values.config).config.state.directory, 'divergence');
  const kept = await listDivergences(directory);
  const print = (json: unknown, text: string): void => {
    process.stdout.write(values.json ? `${JSON.stringify(json)}\n` : text);
  };
  if (what === 'list') {
    print(kept, listText(kept));
  } else if (what === 'show') {
    const one = named(kept, words[0]);
    print(one, showText(one));
  } else {
    const one = named(kept, words.length > 1 ? words[0] : undefined);
    const tables = await exportDivergence(directory, one, resolve(target));
    print(tables, `${tables.length} tables of ${one.name} are in ${target}\n`);
  }
  return exitCodes.ok;
}

/** How many words each takes at most. */
const acts = { list: 0, show: 1, export: 2 } as const;

function isAct(word: string): word is keyof typeof acts {
  return Object.hasOwn(acts, word);
}

/** The one that was named, or the newest. */
function named(kept: readonly KeptDivergence[], name: string | undefined): KeptDivergence {
  const found = name === undefined ? kept.at(-1) : kept.find((each) => each.name === name);
  if (found !== undefined) return found;
  throw new HotpairError(
    'DIVERGENCE_MISSING',
    name === undefined ? 'nothing was kept on this box' : 'nothing of this name was kept',
    {
      ...(name === undefined
        ? {}
        : { seen: name, allowed: kept.map((each) => each.name).join(', ') }),
      exitCode: exitCodes.refusedInput,
    },
  );
}
