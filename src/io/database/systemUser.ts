// The system user that PostgreSQL runs as: the server refuses to run as root.
import { findUser } from '../../kernel/systemUser.ts';
import type { SystemUser } from '../../kernel/systemUser.ts';
import { HotpairError } from '../../protocol/hotpairError.ts';

/** Looks a user up in /etc/passwd; refuses an unknown one and root with DATABASE_USER. */
export function systemUser(name: string): SystemUser {
  const user = findUser(name);
  if (user === null) {
    throw new HotpairError('DATABASE_USER', `there is no system user ${name} to run PostgreSQL as`);
  }
  if (user.uid === 0) {
    throw new HotpairError('DATABASE_USER', 'PostgreSQL refuses to run as root: give another user');
  }
  return user;
}
