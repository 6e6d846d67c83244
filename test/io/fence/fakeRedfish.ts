// A service processor of a server as far as fence_redfish talks to it (DMTF Redfish: service root, one system, its reset
// action), over TLS on loopback.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type FakeRedfish = {
  readonly port: number;
  power: 'On' | 'Off';
  /** It takes connections and answers nothing. */
  isDeaf: boolean;
  /** Resets that it was asked for. */
  readonly resets: string[];
  close(): Promise<void>;
};

const system = '/redfish/v1/Systems/1';
const reset = `${system}/Actions/ComputerSystem.Reset`;

export async function fakeRedfish(username: string, password: string): Promise<FakeRedfish> {
  const expected = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const server = createServer(certificate(), (request, response) => {
    if (fake.isDeaf) return;
    let text = '';
    request.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    request.on('end', () => {
      const isKnown = request.headers.authorization === expected;
      response.statusCode = isKnown ? 200 : 401;
      response.end(isKnown ? JSON.stringify(answer(request.url ?? '', text)) : '');
    });
  });
  const answer = (url: string, text: string): object => {
    if (url === '/redfish/v1') return { Systems: { '@odata.id': '/redfish/v1/Systems' } };
    if (url === '/redfish/v1/Systems') return { Members: [{ '@odata.id': system }] };
    if (url === reset) {
      const wish = String(Object.values(JSON.parse(text) as object)[0]);
      fake.resets.push(wish);
      fake.power = wish === 'ForceOff' ? 'Off' : 'On';
      return {};
    }
    return {
      PowerState: fake.power,
      Actions: { '#ComputerSystem.Reset': { target: reset } },
    };
  };
  const fake: FakeRedfish = {
    port: await listen(server),
    power: 'On',
    isDeaf: false,
    resets: [],
    close: async () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return fake;
}

async function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

/** One that signs itself: the agent is told not to look at it. */
function certificate(): { readonly key: string; readonly cert: string } {
  const folder = mkdtempSync(join(tmpdir(), 'redfish-'));
  try {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const kind = ['-newkey', 'rsa:2048', '-noenc', '-days', '2', '-subj', '/CN=localhost'];
    const words = ['req', '-x509', ...kind, '-keyout', key, '-out', cert];
    execFileSync('openssl', words, { stdio: 'ignore' });
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
