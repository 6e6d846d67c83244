// A server that answers as etcd's gateway does for one key, until it is told to answer wrongly: what a broken, slow or false
// etcd could send is made here. It carries changes out before it spoils their answers, as a real one would.
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Answer = { status: number; body: unknown };
/** Sends the answer in the place of the server, or changes it and gives it back. */
export type Spoil = (answer: Answer, response: ServerResponse, path: string) => Answer | null;

export type FakeEtcd = {
  readonly url: string;
  /** The key's value as text; null: there is none. */
  value: string | null;
  revision: number;
  modified: number;
  cluster: string;
  spoil: Spoil | null;
  /** Paths that were asked, the oldest first. */
  readonly asked: string[];
};

type Compare = {
  readonly target: string;
  readonly mod_revision?: string;
  readonly value?: string;
};
/** What the client of this product asks for. */
type Request = {
  readonly key: string;
  readonly compare: readonly Compare[];
  readonly success: readonly { readonly request_put?: { readonly value: string } }[];
};

/** Listens on a free port of the loopback until the test ends. */
export async function fakeEtcd(t: { teardown(end: () => void): void }): Promise<FakeEtcd> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const fake: FakeEtcd = {
    url: `http://127.0.0.1:${port}`,
    value: null,
    revision: 1,
    modified: 0,
    cluster: '324952591200643719',
    spoil: null,
    asked: [],
  };
  server.on('request', (request, response) => void answer(fake, request, response));
  return fake;
}

async function answer(
  fake: FakeEtcd,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = JSON.parse(await textOf(request)) as Request;
  const path = request.url ?? '';
  fake.asked.push(path);
  const given: Answer = {
    status: 200,
    body: path.endsWith('/range') ? range(fake, body) : txn(fake, body),
  };
  const sent = fake.spoil === null ? given : fake.spoil(given, response, path);
  if (sent === null) return;
  response.writeHead(sent.status, { 'content-type': 'application/json' });
  response.end(typeof sent.body === 'string' ? sent.body : JSON.stringify(sent.body));
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function header({ cluster, revision }: FakeEtcd): object {
  return { cluster_id: cluster, member_id: '33', revision: String(revision), raft_term: '2' };
}

function range(fake: FakeEtcd, { key }: Request): object {
  const modified = String(fake.modified);
  if (fake.value === null) return { header: header(fake) };
  const value = Buffer.from(fake.value).toString('base64');
  const entry = { key, create_revision: modified, mod_revision: modified, version: '1', value };
  return { header: header(fake), kvs: [entry], count: '1' };
}

function txn(fake: FakeEtcd, { compare, success }: Request): object {
  const holds = compare.every((each) => isTrue(fake, each));
  if (!holds) return { header: header(fake) };
  const value = success[0]?.request_put?.value;
  fake.revision += 1;
  fake.modified = fake.revision;
  fake.value = value === undefined ? null : Buffer.from(value, 'base64').toString();
  const done = { header: { revision: String(fake.revision) } };
  const response = value === undefined ? { response_delete_range: done } : { response_put: done };
  return { header: header(fake), succeeded: true, responses: [response] };
}

function isTrue(fake: FakeEtcd, compare: Compare): boolean {
  if (compare.target === 'CREATE') return fake.value === null;
  if (compare.target === 'MOD') return compare.mod_revision === String(fake.modified);
  return compare.value === Buffer.from(fake.value ?? '').toString('base64');
}
