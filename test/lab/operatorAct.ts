// What a person would do at a pair that waits for one: read the status, and order a takeover.

import type { Field } from './field.ts';
import { hotpair, statusOf } from './hotpairCommand.ts';
import { boxNames, type BoxName } from './layout.ts';

export type Wanted = { readonly box: BoxName; readonly why: string };

/** The box whose status says that it waits for a person, with what it waits for; undefined: none. */
export async function operatorWanted(binary: string): Promise<Wanted | undefined> {
  for (const box of boxNames) {
    const status = await statusOf(binary, box);
    if (typeof status === 'string' || !status.alarms.includes('waitingForOperator')) continue;
    return { box, why: status.waitingFor ?? status.reason ?? '' };
  }
  return undefined;
}

/** `hotpair takeover --accept-loss`, by somebody who has made sure that the other box is off. */
export async function takeOverByHand(field: Field, box: BoxName): Promise<string> {
  return hotpair(field.site.binary, box, ['takeover', '--accept-loss', '--yes'], 60_000);
}
