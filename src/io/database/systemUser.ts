// The system user that PostgreSQL runs as: the server refuses to run as root.
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { HotpairError } from '../../protocol/hotpairError.ts';

export type SystemUser = {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
};

/** Looks a user up in /etc/passwd; refuses an unknown one and root with DATABASE_USER. */
export function systemUser(name: string): SystemUser {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((text) => text.split(':'))
    .find((fields) => fields[0] === name);
  if (line === undefined) {
    throw new HotpairError('DATABASE_USER', `there is no system user ${name} to run PostgreSQL as`);
  }
  const user = { name, uid: Number(line[2]), gid: Number(line[3]), home: line[5] ?? '/' };
  if (user.uid === 0) {
    throw new HotpairError('DATABASE_USER', 'PostgreSQL refuses to run as root: give another user');
  }
  return user;
}

/** The name of the user that this process runs as. */
export function ownUserName(): string {
  return userInfo().username;
}

/** uid and gid for a child process; nothing when this process is that user already. */
export function spawnAs(user: SystemUser): { uid?: number; gid?: number } {
  return process.getuid?.() === user.uid ? {} : { uid: user.uid, gid: user.gid };
}
