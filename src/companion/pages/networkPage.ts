// Ports, addresses and heartbeat paths. The ports are this box's own knowledge, so that they are shown without the agent too.
import type { PortFacts } from '../boxFacts.ts';
import { fit, spread } from '../pageText.ts';
import type { Size } from '../pageText.ts';
import type { View } from '../view.ts';
import { detailRows } from './detailRows.ts';
import type { Page } from './page.ts';

export const networkPage: Page = {
  name: 'network',
  glance(view, status, size) {
    const { columns } = size;
    const working = status.paths.filter(({ state }) => state === 'working').length;
    const [first = ''] = view.place.serviceAddresses;
    return [
      ...portLines(view, size),
      status.port.addressesOn ? fit(columns, first) : fit(columns, 'no service address'),
      fit(columns, `heartbeat ${working} of ${status.paths.length} ok`, 'heartbeat'),
    ];
  },
  details: (view, status) => [...detailRows(status, 'network'), ...ownFacts(view)],
  alone: {
    glance: (view, size) => [...portLines(view, size), fit(size.columns, 'agent: no answer')],
    details: ownFacts,
  },
};

/** The service port first. */
function portLines({ place, facts }: View, { columns }: Size): readonly string[] {
  return [
    [place.servicePort, 'service'],
    [place.heartbeatPort, 'heartbeat'],
  ].map(([name = '', use = '']) => {
    const port = facts.ports.find((each) => each.name === name);
    const left = columns < 20 ? name : `${name} ${use}`;
    return spread(columns, left, linkWord(port));
  });
}

function linkWord(port: PortFacts | undefined): string {
  if (port === undefined) return 'MISSING';
  if (!port.isUp) return 'down';
  return port.carrier === true ? 'up' : 'NO LINK';
}

function ownFacts({ place, facts }: View): readonly string[] {
  return [
    `service addresses: ${place.serviceAddresses.join(', ')}`,
    `heartbeat address: ${place.heartbeatAddress}`,
    ...facts.ports.map(portText),
  ];
}

function portText(port: PortFacts): string {
  const { name, speed, duplex, mac } = port;
  const rate = speed === null ? '' : ` ${speed} Mbit/s${duplex === null ? '' : ` ${duplex}`}`;
  return `${name}: ${linkWord(port)}${rate}${mac === null ? '' : `, ${mac}`}`;
}
