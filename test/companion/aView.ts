// Builder of what the companion knows: a healthy paired primary, with what the test is about changed.
import type { PathStatus, StatusJson } from '../../src/daemon/status.ts';
import type { View } from '../../src/companion/view.ts';
import { aGuardian, aService } from '../words/aGuardianStatus.ts';
import { aStatus } from '../words/aStatus.ts';

export function aView(change: Partial<StatusJson> = {}, rest: Partial<View> = {}): View {
  const since = '2026-11-23T06:00:00.000Z';
  const path: PathStatus = {
    name: 'eth1',
    device: 'eth1',
    state: 'working',
    since,
    holdMs: 0,
    alarms: [],
    sent: 9,
    sendFailed: 0,
    received: 9,
    lost: 0,
    repeated: 0,
    looped: 0,
    foreign: 0,
    tooLong: 0,
    garbage: { truncated: 0, version: 0, foreignPair: 0, badKey: 0, malformed: 0 },
    jitterMs: 1,
    lastReceived: since,
  };
  const services = [
    aService('redis'),
    aService('kamailio', { runs: 'primary' }),
    aService('companion', { required: false }),
  ];
  const port = { isUp: true, carrier: true, speed: 1_000, duplex: 'full' } as const;
  return {
    place: {
      node: 'box-a',
      version: '0.1.0',
      servicePort: 'eth0',
      heartbeatPort: 'eth1',
      heartbeatAddress: '169.254.69.1',
      serviceAddresses: ['192.0.2.10/24'],
    },
    agent: {
      type: 'answering',
      status: aStatus({ paths: [path], guardian: aGuardian({ services }), ...change }),
    },
    facts: {
      uptimeMs: 86_400_000,
      load: 0.25,
      memoryBytes: 512 * 1024 * 1024,
      memoryAvailableBytes: 256 * 1024 * 1024,
      temperature: 51,
      ports: [
        { ...port, name: 'eth0', mac: '02:00:00:00:00:01' },
        { ...port, name: 'eth1', mac: '02:00:00:00:00:02' },
      ],
    },
    inventory: {
      manufacturer: 'Dinstar',
      model: 'UC8000',
      serial: 'dc12-3456',
      system: 'Debian 12',
      kernel: '6.1.0',
      processor: 'Intel Atom',
      cores: 2,
      disks: ['SSD 64 GB'],
    },
    ...rest,
  };
}

/** The agent has not answered since the morning. */
export const silentAgent = {
  type: 'silent',
  reason: 'the agent does not answer: it is not running',
  since: '2026-11-23T07:10:12.000Z',
} as const;
