// One endpoint of etcd: posts JSON over a connection that is kept alive and gives back JSON. Whatever is not a whole answer
// within its time and size is an EtcdError. A connection without its answer is closed, so that no answer can be mistaken for
// that of a later request.
import type { IncomingMessage } from 'node:http';
import type { AgentOptions } from 'node:https';
import { connectionError, etcdError } from './etcdError.ts';
import type { EtcdError } from './etcdError.ts';

/** What the servers must show, and what this box shows them; texts in PEM. */
export type EtcdCertificates = {
  readonly ca: string;
  readonly cert: string | null;
  readonly key: string | null;
};

export type PostOptions = {
  readonly timeoutMs: number;
  readonly token: string | null;
};

export type Reply = { readonly status: number; readonly body: unknown };

export type Endpoint = {
  readonly url: string;
  /** Any HTTP status is a reply, but its body must be JSON. Rejects with an EtcdError. */
  post(path: string, body: object, options: PostOptions): Promise<Reply>;
  /** From the next request on other certificates count, on new connections. Nothing changes for an endpoint without TLS. */
  trust(certificates: EtcdCertificates | null): void;
  close(): void;
};

/** An entry of the ledger is a few hundred bytes; an answer that is much longer is not read. */
const longestAnswer = 64 * 1024;
const probeSilentConnectionMs = 5_000;

/** `url` has a scheme, a host and a port. Connects when it is first asked. */
export function openEndpoint(url: string, certificates: EtcdCertificates | null): Endpoint {
  const { protocol, hostname, port } = new URL(url);
  const isSecure = protocol === 'https:';
  // Loaded here, because it costs 9 MB of memory that a pair without etcd has no use for.
  const { request, Agent } = process.getBuiltinModule(isSecure ? 'node:https' : 'node:http');
  let agent = new Agent(isSecure ? { ...kept, ...trustIn(certificates) } : kept);
  // Brackets belong to the URL, not to the address.
  const host = hostname.replaceAll(/[[\]]/g, '');

  async function post(path: string, body: object, options: PostOptions): Promise<Reply> {
    const text = JSON.stringify(body);
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      ...(options.token === null ? {} : { authorization: options.token }),
    };
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    const asked = request({ agent, host, port, path, method: 'POST', headers });
    const fail = (error: unknown): void => {
      reject(connectionError(url, error));
      asked.destroy();
    };
    const timer = setTimeout(() => fail(late(url, options.timeoutMs)), options.timeoutMs);
    asked.on('error', fail);
    asked.on('response', (response) => {
      readAnswer(url, response).then(resolve, fail);
    });
    asked.end(text);
    return promise.finally(() => clearTimeout(timer));
  }

  function trust(renewed: EtcdCertificates | null): void {
    if (!isSecure) return;
    const former = agent;
    agent = new Agent({ ...kept, ...trustIn(renewed) });
    // What is under way may still be answered: a claim that is cut off would have to be settled first.
    setTimeout(() => former.destroy(), formerConnectionsMs).unref();
  }

  return { url, post, trust, close: () => agent.destroy() };
}

/** Longer than any request may take. */
const formerConnectionsMs = 60_000;

const kept = { keepAlive: true, keepAliveMsecs: probeSilentConnectionMs, maxSockets: 4 } as const;

/** Every connection is checked in full: a resumed session would not look at the certificate again. */
function trustIn(certificates: EtcdCertificates | null): AgentOptions {
  if (certificates === null) throw new Error('a server is trusted by an authority or not at all');
  const { ca, cert, key } = certificates;
  return {
    ca: [ca],
    ...(cert === null || key === null ? {} : { cert, key }),
    maxCachedSessions: 0,
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
  };
}

function late(url: string, timeoutMs: number): EtcdError {
  return etcdError('ETCD_TIMEOUT', `${url} did not answer within ${timeoutMs} ms`);
}

async function readAnswer(url: string, response: IncomingMessage): Promise<Reply> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    const bytes = Buffer.from(chunk as Uint8Array);
    length += bytes.length;
    if (length > longestAnswer) {
      throw etcdError('ETCD_ANSWER', `${url} answers with more than ${longestAnswer} bytes`);
    }
    chunks.push(bytes);
  }
  if (!response.complete) throw etcdError('ETCD_ANSWER', `${url} cut its answer short`);
  const status = response.statusCode ?? 0;
  return { status, body: parsed(url, status, Buffer.concat(chunks)) };
}

function parsed(url: string, status: number, bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    const text = `${url} answers with something else than JSON (HTTP status ${status})`;
    throw etcdError('ETCD_ANSWER', text);
  }
}
