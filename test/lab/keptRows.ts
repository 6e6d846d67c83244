// What a box has kept aside, asked with the product's own commands: it has to have rows, and to export.

import { nowMs } from './clock.ts';
import type { Field } from './field.ts';
import { hotpair } from './hotpairCommand.ts';
import type { BoxName } from './layout.ts';

/** Speaks against the run unless rows of the client's table are in what a box has kept. */
export async function objectToRows(field: Field, box: BoxName, kept: string): Promise<void> {
  const { binary } = field.site;
  const word = await hotpair(binary, box, ['divergence', 'show', kept, '--json'], 5000);
  const { rows } = JSON.parse(word) as KeptRows;
  const count = rows?.tables.find(({ table }) => table === 'rows')?.rows ?? 0;
  if (count === 0 || rows?.missing !== null) {
    field.object(`the rows of ${box} were not kept: ${JSON.stringify(rows)}`);
  }
  const target = `/run/divergence-${Math.round(nowMs())}`;
  await hotpair(binary, box, ['divergence', 'export', kept, target], 5000);
}

/** What the lab reads of `hotpair divergence show --json`. */
type KeptRows = {
  readonly rows: {
    readonly missing: string | null;
    readonly tables: readonly { readonly table: string; readonly rows: number | null }[];
  } | null;
};
