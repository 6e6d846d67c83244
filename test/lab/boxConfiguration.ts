// The hotpair.yaml of a box of the lab: only what differs from the product's defaults.

import { addresses, otherBox, paths, type BoxName } from './layout.ts';
import { switchNames } from './powerStrip.ts';
import type { SiteOptions } from './siteState.ts';

export function boxConfiguration(box: BoxName, options: SiteOptions): string {
  const { heartbeat, service, service6, gateway, reference } = addresses;
  return `# Written by scripts/lab.
node: { name: ${box} }
pair: { keyFile: /etc/hotpair/pair.key }
heartbeat:
  port: eth1
  address: ${heartbeat[box]}/30
  peer: ${heartbeat[otherBox(box)]}
  serial: ${options.secondPath === 'serial' ? '{ device: /dev/ttyS1 }' : '{}'}
  lan: { enabled: ${options.secondPath === 'lan'} }
service:
  port: eth0
  addresses: [${service}/24, "${service6}/64"]
  references: [${gateway}, ${reference}]
  standbyPort: ${options.standbyPort}
  linkUpDeadline: ${options.linkUpDeadline}
${arbiterSection(box, options)}
# Trials follow one another faster than a box in trouble comes and goes.
stability: { pairingPause: 5s, unexpectedStarts: 1000 }
database:
  dataDirectory: /var/lib/hotpair/pgdata
  settings:
    shared_buffers: ${options.sharedBuffers}
    max_wal_size: 8GB
    checkpoint_timeout: 30min
  hba:
    - "host app app 192.0.2.0/24 scram-sha-256"
`;
}

function arbiterSection(box: BoxName, { arbiter }: SiteOptions): string {
  if (arbiter === 'lan') return 'arbiter: { type: lan }';
  if (arbiter === 'fence') return fenceSection(otherBox(box));
  return `arbiter:
  type: etcd
  etcd:
    endpoints: ["https://${addresses.witness.etcd}:2379"]
    caFile: /etc/hotpair/etcd-ca.pem
    certFile: /etc/hotpair/etcd.pem
    keyFile: /etc/hotpair/etcd.key`;
}

/** The service processor first, the power strip where it fails. */
function fenceSection(other: BoxName): string {
  const devices = switchNames.map(
    (device, index) => `      - name: ${device}
        agent: fence_lab
        level: ${index + 1}
        plug: ${other}
        options: { device: ${device}, socket: ${paths.powerSocket} }
        deadline: 2s`,
  );
  return `arbiter:
  type: fence
  fence:
    agentDirectory: /etc/hotpair/fence
    devices:
${devices.join('\n')}`;
}
