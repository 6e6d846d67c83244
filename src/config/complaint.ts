// What the configuration can be refused for: the shape of a complaint and the one table of its
// codes. Scripts rely on the codes; they are never renamed.

/** Every code of a complaint about hotpair.yaml, with what it means. */
export const complaintCodes = {
  CONFIG_MISSING: 'the file does not exist or cannot be read',
  CONFIG_TOO_LARGE: 'the file is larger than a configuration can be',
  CONFIG_VERSION: 'the file is written for another version of hotpair',
  CONFIG_SYNTAX: 'the file is not valid YAML',
  CONFIG_DUPLICATE_KEY: 'a key is written twice in one section',
  CONFIG_ALIAS: 'anchors and aliases are not used in this file',
  CONFIG_UNKNOWN_KEY: 'the key does not exist',
  CONFIG_REQUIRED: 'a key without a default is missing',
  CONFIG_TYPE: 'the value has the wrong type',
  CONFIG_CHOICE: 'the value is none of the allowed words',
  CONFIG_RANGE: 'the number, duration or list is outside its range',
  CONFIG_DURATION: 'the value is not a duration with its unit',
  CONFIG_NAME: 'the value is not a usable name',
  CONFIG_BOARD: 'no board is called so',
  CONFIG_DEVICE: 'the value is not a name of a network device',
  CONFIG_ADDRESS: 'the value is not a usable IP address',
  CONFIG_PATH: 'the value is not an absolute path',
  CONFIG_HBA: 'the value is not a line of pg_hba.conf',
  CONFIG_SETTING: 'the PostgreSQL setting is not usable or belongs to hotpair',
  CONFIG_RATE: 'the value is not a data rate',
  CONFIG_SIZE: 'the value is not a size with its unit',
  CONFIG_ETCD_FILE:
    'a certificate, key or password of etcd is missing, open to others or no such thing',
  CONFIG_URL: 'the value is not a URL of the kind that is needed',
  CONFIG_FENCE_OPTION: 'an option of a fence agent does not exist, is missing or belongs elsewhere',
  CONFIG_FENCE_AGENT: 'a fence agent is not installed here, or does not describe itself',
  CONFIG_FENCE_SECRETS: 'a file with the secrets of a fence device cannot be used',
  CONFIG_SERVICE_FILE:
    'a program, script, unit or directory of a service or hook is not there or no such thing',
  CONFIG_SERVICE_USER: 'a user or group of a service or hook does not exist on this box',
  CONFIG_SYNC_FILE: 'the directory of a sync set is not there, or rsync is not',
  CONFIG_RELATION_TMAX: 'the takeover limit is too short for the watchdog and the probe',
  CONFIG_RELATION_DSOLO: "the primary would go solo before the standby's time has passed",
  CONFIG_RELATION_SOLO_FAST: 'the fast solo leaves no room for two probe rounds',
  CONFIG_RELATION_INTERVAL:
    'the dead interval is shorter than three heartbeats and a part of a probe round',
  CONFIG_RELATION_FAST_DEAD:
    'the fast dead interval does not fit the heartbeat and the dead interval',
  CONFIG_RELATION_PROBES: 'the probes do not fit their round',
  CONFIG_RELATION_REFERENCE_INTERVAL: 'the suspicious reference check is slower than the idle one',
  CONFIG_RELATION_REFERENCE_DEAD:
    'the suspicious reference check is too slow for the dead interval',
  CONFIG_RELATION_SELF_TEST: "the probe's self-test expires before it is repeated",
  CONFIG_RELATION_HEARTBEAT_SUBNET: 'the two heartbeat addresses do not make a link',
  CONFIG_RELATION_SERIAL: 'the serial line is too slow for the dead interval',
  CONFIG_RELATION_LAN_PATH: 'heartbeats over a service port that is kept down',
  CONFIG_RELATION_NETWORKS: 'the heartbeat network overlaps a service network',
  CONFIG_RELATION_PORTS: 'heartbeat and service use the same network device',
  CONFIG_RELATION_SERVICE_ADDRESS: 'the service addresses do not suit the arbiter',
  CONFIG_RELATION_REFERENCE_SELF: 'a reference is an address of the pair itself',
  CONFIG_RELATION_REFERENCE_SUBNET: 'a reference is in no service network and cannot answer ARP',
  CONFIG_RELATION_REFERENCE_NONE: 'the lan arbiter has no reference to ask',
  CONFIG_RELATION_DIRECTORIES: "the state would lie inside the database's own directory",
  CONFIG_RELATION_ETCD_ENDPOINTS: 'the etcd arbiter has no endpoint to ask, or one twice',
  CONFIG_RELATION_ETCD_TLS: 'certificates and endpoints of etcd do not fit each other',
  CONFIG_RELATION_ETCD_LOGIN: 'user, password and endpoints of etcd do not fit each other',
  CONFIG_RELATION_FENCE_DEVICES: 'the fence arbiter has no device, or two of one name',
  CONFIG_RELATION_SERVICE_PROGRAM:
    'a service is started in no way, in two ways, or by something that does not belong together',
  CONFIG_RELATION_SERVICE_AFTER: 'a service waits for itself, or for one that does not exist',
  CONFIG_RELATION_SERVICE_CYCLE: 'services wait for one another',
  CONFIG_RELATION_SERVICE_RUNS:
    'a service that runs always waits for one that runs on the primary only',
  CONFIG_RELATION_SERVICE_CHECK:
    'a check of a service checks nothing, two things, or the impossible',
  CONFIG_RELATION_SERVICE_RESTART: 'the pauses before a restart do not fit each other',
  CONFIG_RELATION_HOOK_NAME: 'two hooks have the same name',
  CONFIG_RELATION_SYNC: 'files that are to be copied lie where they must not, or in two sets',
  CONFIG_RELATION_PANEL: 'what is written of the panel does not belong together',
  CONFIG_RELATION_LEDS: 'one light is to tell two things',
  CONFIG_WARNING_STANDBY_PORT: 'a port that is kept down makes a takeover slow',
  CONFIG_WARNING_ONE_REFERENCE: 'one dead reference blocks every takeover',
  CONFIG_WARNING_NO_WATCHDOG: 'a hung primary is not reset',
  CONFIG_WARNING_ETCD_PLAIN: 'anybody in the network can answer in the place of etcd',
  CONFIG_WARNING_ETCD_ANSWER: 'etcd does not answer this box as it should',
  CONFIG_WARNING_ETCD_ONE: 'a single etcd that fails leaves a pair that no box can leave',
  CONFIG_WARNING_FENCE_DELAY: 'two living boxes can switch each other off',
  CONFIG_WARNING_FENCE_UNVERIFIED: 'a device is believed without being asked',
  CONFIG_WARNING_SERVICE_CHECK: 'it takes long to notice that a service of the primary hangs',
  CONFIG_WARNING_SERVICE_UNCHECKED: 'nothing notices that a service of the primary hangs',
  CONFIG_WARNING_SERVICE_UNIT: 'what is written of a systemd unit has no effect there',
  CONFIG_WARNING_HOOK_DEADLINE:
    'a hook that hangs keeps the services of the primary waiting for long',
} as const satisfies Readonly<Record<string, string>>;

export type ComplaintCode = keyof typeof complaintCodes;

/** One thing that is wrong with the file, or, for a CONFIG_WARNING code, unwise in it. */
export interface Complaint {
  readonly code: ComplaintCode;
  /** Counted from 1; 0 where the file could not be read at all. */
  readonly line: number;
  readonly column: number;
  /** Dotted name such as `heartbeat.interval` or `service.addresses[1]`; empty for the file as a whole. */
  readonly key: string;
  readonly message: string;
  readonly seen?: string;
  readonly allowed?: string;
}

/** Whether the file can be used in spite of this complaint. */
export function isWarning(complaint: Complaint): boolean {
  return complaint.code.startsWith('CONFIG_WARNING_');
}

/** Whether a text is one of the codes of the table. */
export function isComplaintCode(text: unknown): text is ComplaintCode {
  return typeof text === 'string' && Object.hasOwn(complaintCodes, text);
}

/** `FILE:LINE:COL: CODE: sentence (seen X, allowed Y)`, one line without its end. */
export function formatComplaint(file: string, complaint: Complaint): string {
  const place = complaint.line > 0 ? `${file}:${complaint.line}:${complaint.column}` : file;
  const kind = isWarning(complaint) ? 'warning: ' : '';
  const facts = [
    complaint.seen === undefined ? [] : [`seen ${complaint.seen}`],
    complaint.allowed === undefined ? [] : [`allowed ${complaint.allowed}`],
  ].flat();
  const tail = facts.length > 0 ? ` (${facts.join(', ')})` : '';
  return `${place}: ${kind}${complaint.code}: ${complaint.message}${tail}`;
}
