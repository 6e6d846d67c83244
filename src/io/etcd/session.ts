// One endpoint with what it asks for: a login where there is one, and an answer in time.
import { readRefusal, readToken } from './answers.ts';
import type { Deadline } from './deadline.ts';
import type { Endpoint, EtcdCertificates, Reply } from './endpoint.ts';
import { etcdError } from './etcdError.ts';

export type EtcdLogin = { readonly name: string; readonly password: string };

export type SessionOptions = {
  readonly endpoint: Endpoint;
  readonly login: EtcdLogin | null;
  /** For one answer. */
  readonly requestTimeoutMs: number;
};

export class Session {
  readonly url: string;
  readonly #options: SessionOptions;
  #login: EtcdLogin | null;
  #token: string | null = null;

  constructor(options: SessionOptions) {
    this.url = options.endpoint.url;
    this.#options = options;
    this.#login = options.login;
  }

  /** Other certificates and another login, from the next request on. */
  renew(certificates: EtcdCertificates | null, login: EtcdLogin | null): void {
    this.#options.endpoint.trust(certificates);
    this.#login = login;
    this.#token = null;
  }

  /**
   * The body of an answer with status 200. A token that etcd no longer knows is replaced once: the request that was refused
   * for it was not carried out. Rejects with an EtcdError.
   */
  async call(path: string, body: object, deadline: Deadline): Promise<unknown> {
    const wasLoggedIn = this.#token !== null;
    let reply = await this.#post(path, body, await this.#logIn(deadline), deadline);
    if (reply.status === 401 && wasLoggedIn) {
      this.#token = null;
      reply = await this.#post(path, body, await this.#logIn(deadline), deadline);
    }
    if (reply.status === 200) return reply.body;
    this.#token = null;
    const why = `HTTP status ${reply.status}: ${readRefusal(reply.body)}`;
    const code = reply.status === 401 ? 'ETCD_LOGIN' : 'ETCD_REFUSED';
    throw etcdError(code, `${this.url} refuses with ${why}`);
  }

  close(): void {
    this.#options.endpoint.close();
  }

  async #logIn(deadline: Deadline): Promise<string | null> {
    if (this.#login === null || this.#token !== null) return this.#token;
    const reply = await this.#post('/v3/auth/authenticate', this.#login, null, deadline);
    if (reply.status !== 200) {
      const why = readRefusal(reply.body);
      throw etcdError('ETCD_LOGIN', `${this.url} refuses the login: ${why}`);
    }
    this.#token = readToken(reply.body);
    return this.#token;
  }

  async #post(
    path: string,
    body: object,
    token: string | null,
    deadline: Deadline,
  ): Promise<Reply> {
    const { endpoint, requestTimeoutMs } = this.#options;
    const timeoutMs = Math.min(requestTimeoutMs, Math.floor(deadline.leftMs()));
    if (timeoutMs <= 0) throw etcdError('ETCD_TIMEOUT', `there was no time left for ${this.url}`);
    return endpoint.post(path, body, { timeoutMs, token });
  }
}
