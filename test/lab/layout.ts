// Names, paths and addresses of a lab site, in one place, so that whatever builds, uses or removes
// a site means the same things. HOTPAIR_LAB in the environment gives a second site other names.

import { fileURLToPath } from 'node:url';

export type BoxName = 'box-a' | 'box-b';

export const boxNames = ['box-a', 'box-b'] as const satisfies readonly BoxName[];

/** The other box of the pair. */
export function otherBox(box: BoxName): BoxName {
  return box === 'box-a' ? 'box-b' : 'box-a';
}

/** Whether a word names a box. */
export function isBoxName(word: string): word is BoxName {
  return word === 'box-a' || word === 'box-b';
}

const suffix = process.env['HOTPAIR_LAB'] ?? '';

export const namespacePrefix = `hp${suffix}-`;

export const namespaces = {
  'box-a': `${namespacePrefix}box-a`,
  'box-b': `${namespacePrefix}box-b`,
  lan: `${namespacePrefix}lan`,
  gateway: `${namespacePrefix}gateway`,
  reference: `${namespacePrefix}reference`,
  client: `${namespacePrefix}client`,
  eth1: `${namespacePrefix}eth1`,
  /** Where an etcd runs that both boxes reach by a network of its own. */
  witness: `${namespacePrefix}witness`,
} as const;

export const addresses = {
  service: '192.0.2.10',
  service6: '2001:db8::10',
  gateway: '192.0.2.1',
  reference: '192.0.2.2',
  client: '192.0.2.100',
  heartbeatNetwork: '169.254.69.0/30',
  heartbeat: { 'box-a': '169.254.69.1', 'box-b': '169.254.69.2' },
  witness: { etcd: '203.0.113.10', 'box-a': '203.0.113.1', 'box-b': '203.0.113.2' },
} as const;

export const runDirectory = `/run/hotpair-lab${suffix}`;

/** On a real disk, because what is fsynced here has to survive a power cut in earnest. */
export const diskDirectory = `/var/tmp/hotpair-lab${suffix}`;

export const repository = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/u, '');
export const defaultBinary = `${repository}/dist/hotpair`;
export const resultsDirectory = `${repository}/.lab`;

export const paths = {
  state: `${runDirectory}/site.json`,
  lock: `${runDirectory}.lock`,
  keeperSocket: `${runDirectory}/keeper.sock`,
  keeperLog: `${runDirectory}/keeper.log`,
  pid: (box: BoxName) => `${runDirectory}/${box}.pid`,
  log: (box: BoxName) => `${runDirectory}/${box}.log`,
  /** The device of its serial port, where this site has such a cable. */
  serial: (box: BoxName) => `${runDirectory}/${box}.serial`,
  watchdog: (box: BoxName) => `${runDirectory}/${box}.watchdog`,
  disk: (box: BoxName) => `${diskDirectory}/${box}`,
  etc: (box: BoxName) => `${diskDirectory}/${box}/etc`,
  /** Mounted at `recordingsDirectory`. */
  recordings: (box: BoxName) => `${diskDirectory}/${box}/recordings`,
  lib: (box: BoxName) => `${diskDirectory}/${box}/lib`,
  /** Where the boxes see it too: their /run is their own. */
  powerSocket: `${diskDirectory}/power.sock`,
  fenceAgent: (box: BoxName) => `${diskDirectory}/${box}/etc/fence/fence_lab`,
  etcd: `${runDirectory}/etcd`,
  etcdData: `${runDirectory}/etcd/data`,
  agentEnabled: (box: BoxName) => `${diskDirectory}/${box}/agent-enabled`,
} as const;

/** Where a box sees its own directories: mounted there in its own mount namespace only. */
export const boxDirectories = ['/etc/hotpair', '/var/lib/hotpair'] as const;

/** Where a box sees its recordings: in its own /run, so that nothing of it is on the machine. */
export const recordingsDirectory = '/run/recordings';

/** A script of the lab, as a path to hand to Node or the shell. */
export function labFile(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
