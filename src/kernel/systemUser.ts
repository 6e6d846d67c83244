// Users and groups of the box, from /etc/passwd and /etc/group: what a child process runs as.
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';

export type SystemUser = {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  /** The groups of /etc/group that list the user. */
  readonly groups: readonly number[];
};

/** Looks a user up in /etc/passwd; null for one that is not there. */
export function findUser(name: string): SystemUser | null {
  const fields = entryOf('/etc/passwd', name);
  if (fields === null) return null;
  const [, , uid, gid, , home = '/'] = fields;
  return { name, uid: Number(uid), gid: Number(gid), home, groups: groupsOf(name) };
}

function groupsOf(name: string): readonly number[] {
  return entriesOf('/etc/group')
    .filter(([, , , members = '']) => members.split(',').includes(name))
    .map(([, , gid]) => Number(gid));
}

/** The number of a group in /etc/group; null for one that is not there. */
export function findGroup(name: string): number | null {
  const fields = entryOf('/etc/group', name);
  return fields === null ? null : Number(fields[2]);
}

/** The name of the user that this process runs as. */
export function ownUserName(): string {
  return userInfo().username;
}

/** uid and gid for a child process; nothing when this process is that user already. */
export function spawnAs(user: SystemUser): { uid?: number; gid?: number } {
  return process.getuid?.() === user.uid ? {} : { uid: user.uid, gid: user.gid };
}

function entryOf(path: string, name: string): readonly string[] | null {
  return entriesOf(path).find((fields) => fields[0] === name) ?? null;
}

function entriesOf(path: string): readonly (readonly string[])[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.map((line) => line.split(':'));
}
