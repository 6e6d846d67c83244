// What services, checks and hooks find in their environment: little of its own, what is configured, and where they are.
import type { GuardianRole } from '../../core/guardian/settings.ts';
import type { SystemUser } from '../../kernel/systemUser.ts';
import type { GuardianPlace, ServiceDescription } from '../../protocol/guardianMessages.ts';

export type Situation = {
  readonly place: GuardianPlace;
  readonly runDirectory: string;
  readonly role: GuardianRole;
  readonly epoch: number;
  readonly reason: { readonly code: string; readonly text: string };
};

type Environment = Readonly<Record<string, string>>;

const usualPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** A service has it as it was at its start: the role may change while it runs. */
export function serviceEnvironment(
  { name, environment }: ServiceDescription,
  user: SystemUser | null,
  situation: Situation,
): Environment {
  return {
    ...usual(user),
    ...environment,
    ...whereItIs(situation),
    HOTPAIR_SERVICE: name,
  };
}

export function hookEnvironment(
  hook: string,
  user: SystemUser | null,
  situation: Situation,
): Environment {
  const { code, text } = situation.reason;
  return {
    ...usual(user),
    ...whereItIs(situation),
    HOTPAIR_HOOK: hook,
    HOTPAIR_REASON: code,
    HOTPAIR_REASON_TEXT: text,
  };
}

function usual(user: SystemUser | null): Environment {
  return { PATH: usualPath, HOME: user?.home ?? '/root', LC_ALL: 'C.UTF-8' };
}

function whereItIs({ place, runDirectory, role, epoch }: Situation): Environment {
  return {
    HOTPAIR_NODE: place.node,
    HOTPAIR_ROLE: role,
    HOTPAIR_EPOCH: String(epoch),
    HOTPAIR_HEARTBEAT_ADDRESS: place.heartbeatAddress,
    HOTPAIR_PEER_ADDRESS: place.peerAddress,
    HOTPAIR_SERVICE_ADDRESSES: place.serviceAddresses.join(' '),
    HOTPAIR_RUN_DIRECTORY: runDirectory,
  };
}
