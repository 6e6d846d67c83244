// Who may connect, as generated files in two forms. Closed: the agent over the unix socket and the
// peer's replication role from its heartbeat address. Open: clients too, by the configured lines.
import { isIP, isIPv6 } from 'node:net';
import { HotpairError } from '../../protocol/hotpairError.ts';
import { agentRole, replicationRole } from './databaseOptions.ts';
import { ownUserName } from '../../kernel/systemUser.ts';

const methods = new Set(
  'trust reject scram-sha-256 md5 password gss sspi ident peer ldap radius cert pam bsd oauth'.split(
    ' ',
  ),
);
const hostTypes = new Set(['host', 'hostssl', 'hostnossl', 'hostgssenc', 'hostnogssenc']);

/** Renders the hba file; `admitted` gives the open form. */
export function renderHba(
  peerAddress: string,
  lines: readonly string[],
  admitted: boolean,
): string {
  const peer = `${peerAddress}/${isIPv6(peerAddress) ? 128 : 32}`;
  const own = [
    '# Written by hotpair; edits are lost. Lines for clients belong into hotpair.yaml.',
    `local all ${agentRole} peer map=hotpair`,
    `host replication ${replicationRole} ${peer} scram-sha-256`,
    `host postgres ${replicationRole} ${peer} scram-sha-256`,
    // Whatever the lines for clients say: these two roles come in by the ways above or not at all.
    `local all ${agentRole},${replicationRole} reject`,
    `host all,replication ${agentRole},${replicationRole} all reject`,
  ];
  const clients = admitted ? ['local all all peer', ...lines] : [];
  return [...own, ...clients, ''].join('\n');
}

/** The map that lets the agent's system user in as the agent's role. */
export function renderIdent(): string {
  const users = new Set(['root', ownUserName()]);
  return [...users].map((user) => `hotpair ${user} ${agentRole}\n`).join('');
}

/**
 * Refuses lines that PostgreSQL could not read, with DATABASE_HBA: with one of them it would not
 * start, and would keep the old rules at a reload.
 */
export function checkHbaLines(lines: readonly string[]): void {
  for (const line of lines) {
    const problem = hbaProblem(line);
    if (problem !== null) {
      throw new HotpairError('DATABASE_HBA', `a line of database.hba ${problem}`, { seen: line });
    }
  }
}

function hbaProblem(line: string): string | null {
  if (/\p{Cc}/u.test(line.replaceAll('\t', ' '))) return 'has a line end or control character';
  const bare = line.replace(/#.*/, '').trim();
  if (bare === '') return null;
  if ((bare.match(/"/g)?.length ?? 0) % 2 !== 0) return 'has a quote without its other half';
  const fields = bare.split(/\s+/);
  const type = fields[0] ?? '';
  if (type === 'local') return methodProblem(fields[3]);
  if (!hostTypes.has(type)) return 'begins with an unknown type';
  if (fields.length < 5) return 'needs type, database, user, address and method';
  const address = addressProblem(fields[3] ?? '', fields[4] ?? '');
  if (address !== null) return address;
  // An address may be followed by its netmask as a field of its own.
  return methodProblem(fields[4]) === null ? null : methodProblem(fields[5] ?? fields[4]);
}

// PostgreSQL reads the lines when clients are let in, and a bad one would keep them all out.
function addressProblem(address: string, next: string): string | null {
  const [host = '', length, ...more] = address.split('/');
  const family = isIP(host);
  // A name, samehost, samenet or all.
  if (family === 0) return length === undefined ? null : 'has no IP address before the slash';
  if (length === undefined) {
    return isIP(next) === family ? null : 'has an address without its prefix length or netmask';
  }
  const longest = family === 6 ? 128 : 32;
  const isLength = /^\d{1,3}$/.test(length) && Number(length) <= longest && more.length === 0;
  return isLength ? null : `has a prefix length that is no number up to ${longest}`;
}

function methodProblem(method: string | undefined): string | null {
  if (method === undefined) return 'has no method';
  return methods.has(method) ? null : `has the unknown method ${method}`;
}
