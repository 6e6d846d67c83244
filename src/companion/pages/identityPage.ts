// Which box this is: what somebody who stands before it, or talks to support, is asked for.
import { roughly } from '../../words/localTime.ts';
import { bytesText, fit, spread } from '../pageText.ts';
import type { Size } from '../pageText.ts';
import type { View } from '../view.ts';
import { detailRows } from './detailRows.ts';
import type { Page } from './page.ts';

const shownDigits = 8;

export const identityPage: Page = {
  name: 'identity',
  glance: (view, { pair }, size) => ownLines(view, pair, size),
  details: (view, status) => [
    `node ${status.nodeId}`,
    `pair ${status.pair}`,
    ...detailRows(status, 'identity'),
    ...ownFacts(view),
  ],
  alone: { glance: (view, size) => ownLines(view, null, size), details: ownFacts },
};

function ownLines({ place, facts, inventory }: View, pair: string | null, { columns }: Size) {
  const up = facts.uptimeMs === null ? '' : `up ${roughly(facts.uptimeMs)}`;
  return [
    spread(columns, place.node, up),
    fit(columns, `hotpair ${place.version}`),
    fit(columns, pair === null ? 'agent: no answer' : `pair ${pair.slice(0, shownDigits)}`),
    fit(columns, inventory === null ? place.heartbeatAddress : inventory.model),
  ];
}

function ownFacts({ facts, inventory }: View): readonly string[] {
  const { load, memoryBytes, memoryAvailableBytes, temperature } = facts;
  return [
    ...(load === null ? [] : [`load ${load}`]),
    ...(memoryBytes === null || memoryAvailableBytes === null
      ? []
      : [`memory: ${bytesText(memoryAvailableBytes)} of ${bytesText(memoryBytes)} free`]),
    ...(temperature === null ? [] : [`${temperature} degrees Celsius`]),
    ...(inventory === null
      ? ['inventory: not taken yet']
      : [
          `${inventory.manufacturer} ${inventory.model}`,
          `serial number ${inventory.serial}`,
          `${inventory.system}, Linux ${inventory.kernel}`,
          `${inventory.cores} x ${inventory.processor}`,
          ...inventory.disks.map((disk) => `disk ${disk}`),
        ]),
  ];
}
