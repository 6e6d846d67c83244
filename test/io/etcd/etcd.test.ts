// The ledger in a real etcd on the loopback: grants, TLS, login, endpoints that fail, and an etcd that forgets.
// One test after the other: starting servers and certificates holds up the loop, and the answers that others wait for.
import test from 'ava';
import { readFileSync } from 'node:fs';
import { createServer as createTls } from 'node:https';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { aLedger, boxA, boxB, deadlineMs, key } from './aLedger.ts';
import { anAuthority } from './certificates.ts';
import { etcdCluster, freePort, realEtcd } from './realEtcd.ts';
import type { ServerFiles } from './realEtcd.ts';

test.serial('one of two that claim at the same moment wins, the other hears who', async (t) => {
  const { url } = await realEtcd(t);
  const a = aLedger(t, { urls: [url] });
  const b = aLedger(t, { urls: [url], self: boxB });
  for (let epoch = 2; epoch < 42; epoch += 4) {
    t.like(await a.ledger.publish(epoch, true, deadlineMs), {
      epoch,
      mode: 'paired',
      holder: boxA,
    });
    const [ofA, ofB] = await Promise.all([
      a.ledger.claim(epoch, true, deadlineMs),
      b.ledger.claim(epoch, true, deadlineMs),
    ]);
    t.deepEqual([ofA.outcome, ofB.outcome].toSorted(), ['lost', 'won']);
    const again = await (ofA.outcome === 'won' ? a : b).ledger.claim(epoch, false, deadlineMs);
    t.deepEqual([again.outcome, again.epoch], ['won', epoch + 1], 'a win is found again');
  }
});

test.serial(
  'what others keep in etcd is not touched, and nothing but the own key is asked for',
  async (t) => {
    const etcd = await realEtcd(t);
    etcd.control('put', `${key}x`, 'of somebody else');
    const { ledger } = aLedger(t, { urls: [etcd.url] });
    await ledger.publish(2, true, deadlineMs);
    t.is((await ledger.claim(2, true, deadlineMs)).outcome, 'won');
    t.regex(etcd.control('get', `${key}x`), /of somebody else/);
    t.regex(etcd.control('get', key), /"epoch":3,"mode":"solo"/);
  },
);

test.serial(
  'an etcd without the key gives nothing, and is entered only where that was allowed',
  async (t) => {
    const { url } = await realEtcd(t);
    const { ledger } = aLedger(t, { urls: [url] });
    t.deepEqual(await ledger.claim(4, true, deadlineMs), {
      outcome: 'refused',
      epoch: 4,
      forgotten: true,
    });
    t.is(await ledger.publish(4, false, deadlineMs), null);
    t.deepEqual(await ledger.enter(6, true, deadlineMs), { epoch: null, forgotten: true });
    t.deepEqual(await ledger.enter(5, false, deadlineMs), { epoch: 5, forgotten: false });
    t.deepEqual(await ledger.enter(5, true, deadlineMs), { epoch: 7, forgotten: false });
  },
);

test.serial('endpoints that are down or hang are passed over within the deadline', async (t) => {
  const etcd = await realEtcd(t);
  const hangs = createServer(() => {});
  await new Promise<void>((resolve) => hangs.listen(0, '127.0.0.1', resolve));
  t.teardown(() => hangs.close());
  const urls = [
    `http://127.0.0.1:${await freePort()}`,
    `http://127.0.0.1:${(hangs.address() as AddressInfo).port}`,
    etcd.url,
    etcd.url,
    etcd.url,
  ];
  const a = aLedger(t, { urls, requestTimeoutMs: 1500 });
  await a.ledger.publish(2, true, deadlineMs);
  t.is(a.client.current, etcd.url, 'who answered is asked first from then on');
  t.is((await a.ledger.claim(2, true, deadlineMs)).outcome, 'won');
});

test.serial(
  'an etcd that hangs is ETCD_TIMEOUT in time; what it did late is found afterwards',
  async (t) => {
    const etcd = await realEtcd(t);
    const a = aLedger(t, { urls: [etcd.url], requestTimeoutMs: 1500 });
    const b = aLedger(t, { urls: [etcd.url], self: boxB, requestTimeoutMs: 1500 });
    await a.ledger.publish(2, true, deadlineMs);
    await etcd.hang();
    const began = performance.now();
    await t.throwsAsync(b.ledger.claim(2, true, 800), { code: 'ETCD_TIMEOUT' });
    t.true(performance.now() - began < 3000);
    etcd.goOn();
    const settled = await b.ledger.claim(2, false, deadlineMs);
    t.true(settled.outcome === 'won' || settled.outcome === 'refused');
    const claims = [
      await a.ledger.claim(2, true, deadlineMs),
      await b.ledger.claim(2, true, deadlineMs),
    ];
    t.deepEqual(claims.map(({ outcome }) => outcome).toSorted(), ['lost', 'won']);
  },
);

test.serial(
  'three members of which the leader dies go on, and nothing is given twice',
  async (t) => {
    const cluster = await etcdCluster(t);
    const a = aLedger(t, { urls: cluster.urls, requestTimeoutMs: 1500 });
    const b = aLedger(t, { urls: cluster.urls.toReversed(), self: boxB, requestTimeoutMs: 1500 });
    await a.ledger.publish(2, true, deadlineMs);
    t.is((await b.ledger.claim(2, true, deadlineMs)).outcome, 'won');
    const dead = await cluster.killLeader();
    t.true(cluster.urls.includes(dead));
    t.is((await a.ledger.claim(2, true, deadlineMs)).outcome, 'lost');
    t.is((await b.ledger.claim(2, true, deadlineMs)).outcome, 'won');
    t.like(await a.ledger.publish(4, true, deadlineMs), { epoch: 4, holder: boxA });
    t.deepEqual([a.forgot, b.forgot], [[], []]);
  },
);

test.serial('a restarted etcd remembers, and its clients find it again', async (t) => {
  const etcd = await realEtcd(t);
  const { ledger, forgot } = aLedger(t, { urls: [etcd.url] });
  await ledger.publish(2, true, deadlineMs);
  await etcd.stop();
  await t.throwsAsync(ledger.claim(2, true, deadlineMs), { code: 'ETCD_UNREACHABLE' });
  await etcd.start();
  t.is((await ledger.claim(2, true, deadlineMs)).outcome, 'won');
  t.deepEqual(forgot, []);
});

test.serial(
  'a wiped etcd gives nothing until the pair is entered anew, and then again',
  async (t) => {
    const etcd = await realEtcd(t);
    const a = aLedger(t, { urls: [etcd.url] });
    const b = aLedger(t, { urls: [etcd.url], self: boxB });
    await a.ledger.publish(2, true, deadlineMs);
    t.is((await b.ledger.claim(2, false, deadlineMs)).outcome, 'refused');
    await etcd.stop();
    etcd.wipe();
    await etcd.start();
    t.true((await b.ledger.claim(2, true, deadlineMs)).forgotten);
    t.is(await a.ledger.publish(2, false, deadlineMs), null);
    t.deepEqual([a.forgot.length, b.forgot.length], [1, 1], 'each tells it once');
    t.is((await a.ledger.publish(2, true, deadlineMs))?.epoch, 2);
    t.is((await b.ledger.claim(2, true, deadlineMs)).outcome, 'won');
    t.deepEqual([a.forgot.length, b.forgot.length], [1, 1]);
  },
);

test.serial(
  'an etcd that was put back to an older copy is seen by whoever knows more, and then by both',
  async (t) => {
    const etcd = await realEtcd(t);
    const a = aLedger(t, { urls: [etcd.url] });
    const b = aLedger(t, { urls: [etcd.url], self: boxB });
    await a.ledger.publish(2, true, deadlineMs);
    await b.ledger.claim(2, false, deadlineMs);
    await etcd.stop();
    etcd.save();
    await etcd.start();
    t.is((await a.ledger.claim(2, true, deadlineMs)).outcome, 'won');
    await etcd.stop();
    etcd.restore();
    await etcd.start();
    t.regex(etcd.control('get', key), /"epoch":2,"mode":"paired"/, 'the old entry is back');
    t.true((await a.ledger.claim(2, false, deadlineMs)).forgotten);
    t.regex(a.forgot[0] ?? '', /of revision \d+ and had been of \d+/);
    t.is(etcd.control('get', key), '', 'nobody else can believe in it');
    t.true((await b.ledger.claim(2, true, deadlineMs)).forgotten);
  },
);

test.serial(
  'an older copy is seen after a restart of the agent too, and although etcd has grown since',
  async (t) => {
    const etcd = await realEtcd(t);
    const first = aLedger(t, { urls: [etcd.url] });
    await first.ledger.publish(2, true, deadlineMs);
    await etcd.stop();
    etcd.save();
    await etcd.start();
    for (let look = 0; look < 3; look += 1) await first.ledger.claim(2, false, deadlineMs);
    await etcd.stop();
    etcd.restore();
    await etcd.start();
    for (let other = 0; other < 20; other += 1) etcd.control('put', 'other', String(other));
    const { ledger, forgot } = aLedger(t, { urls: [etcd.url], kept: first.kept });
    t.true((await ledger.claim(2, true, deadlineMs)).forgotten);
    t.is(forgot.length, 1);
  },
);

test.serial('an entry that was gone once is never believed again', async (t) => {
  const etcd = await realEtcd(t);
  const a = aLedger(t, { urls: [etcd.url] });
  await a.ledger.publish(2, true, deadlineMs);
  await etcd.stop();
  etcd.save();
  etcd.wipe();
  await etcd.start();
  t.is(await a.ledger.publish(2, false, deadlineMs), null);
  await etcd.stop();
  etcd.restore();
  await etcd.start();
  t.true((await a.ledger.claim(2, true, deadlineMs)).forgotten);
});

test.serial('an old entry in another cluster is not believed', async (t) => {
  const first = await realEtcd(t);
  const second = await realEtcd(t, { token: 'another' });
  const a = aLedger(t, { urls: [first.url] });
  await a.ledger.publish(2, true, deadlineMs);
  const value = first.control('get', key, '--print-value-only').trim();
  // As a copy that was restored into a new cluster, far ahead of the old one.
  for (let other = 0; other < 9; other += 1) second.control('put', 'other', String(other));
  second.control('put', key, value);
  const moved = aLedger(t, { urls: [second.url], kept: a.kept });
  t.true((await moved.ledger.claim(2, true, deadlineMs)).forgotten);
  t.regex(moved.forgot[0] ?? '', /another cluster/);
});

test.serial(
  'I2: a pair that moves to another etcd is known there from its next epoch on',
  async (t) => {
    const [first, second] = [await realEtcd(t), await realEtcd(t)];
    const a = aLedger(t, { urls: [first.url] });
    const b = aLedger(t, { urls: [first.url], self: boxB });
    await a.ledger.publish(2, true, deadlineMs);
    // Set up alike, both may have one id: their addresses tell them apart.
    const moved = aLedger(t, { urls: [second.url], kept: a.kept });
    t.is(await moved.ledger.publish(2, true, deadlineMs), null);
    t.true(moved.ledger.isBarred);
    t.true((await moved.ledger.claim(2, true, deadlineMs)).forgotten);
    t.is((await b.ledger.claim(2, true, deadlineMs)).outcome, 'won', 'who asks at the old one may');
    const again = aLedger(t, { urls: [second.url], kept: moved.kept });
    t.is(await again.ledger.publish(2, true, deadlineMs), null, 'also after a restart');
    t.is((await again.ledger.publish(4, true, deadlineMs))?.epoch, 4);
    t.false(again.ledger.isBarred);
    t.is((await again.ledger.claim(4, true, deadlineMs)).outcome, 'won');
  },
);

test.serial(
  'endpoints of different clusters are ETCD_CLUSTER, never a second ledger',
  async (t) => {
    const [first, second, third] = [
      await realEtcd(t),
      await realEtcd(t, { token: 'b' }),
      await freePort(),
    ];
    const apart = [first.url, second.url, `http://127.0.0.1:${third}`];
    const a = aLedger(t, { urls: apart });
    await t.throwsAsync(a.ledger.publish(2, true, deadlineMs), { code: 'ETCD_CLUSTER' });
    // Known from better days: the wrong one is passed over, and not taken for the new home of the ledger when it is alone.
    const good = aLedger(t, { urls: [first.url] });
    await good.ledger.publish(2, true, deadlineMs);
    const knowing = aLedger(t, { urls: [second.url, first.url], self: boxB, kept: good.kept });
    t.is((await knowing.ledger.claim(2, false, deadlineMs)).outcome, 'refused');
    await first.stop();
    await t.throwsAsync(knowing.ledger.claim(2, true, deadlineMs));
    t.is(second.control('get', key), '');
  },
);

function certificatesOf({ ca, cert, key: keyFile }: ServerFiles, own: boolean) {
  const [authority, certificate, ownKey] = [ca, cert, keyFile].map((path) =>
    readFileSync(path, 'utf8'),
  );
  return {
    ca: authority ?? '',
    cert: own ? (certificate ?? '') : null,
    key: own ? (ownKey ?? '') : null,
  };
}

test.serial(
  'TLS: the right server is trusted by its authority and name, and asks for a certificate where it wants to',
  async (t) => {
    const authority = anAuthority(t);
    const files = authority.issue('IP:127.0.0.1');
    const { url } = await realEtcd(t, { tls: { ...files, asksClients: true } });
    const known = aLedger(t, { urls: [url], certificates: certificatesOf(files, true) });
    await known.ledger.publish(2, true, deadlineMs);
    t.is((await known.ledger.claim(2, true, deadlineMs)).outcome, 'won');
    const unknown = aLedger(t, { urls: [url], certificates: certificatesOf(files, false) });
    const refused = await t.throwsAsync(unknown.ledger.claim(2, true, deadlineMs));
    t.regex(refused.message, /certificate|ERR_SSL|ECONNRESET/i);
  },
);

test.serial(
  'TLS: a certificate of another host, another authority, of yesterday or of tomorrow is ETCD_CERTIFICATE',
  async (t) => {
    const authority = anAuthority(t);
    const other = anAuthority(t);
    const cases: readonly (readonly [string, ServerFiles, RegExp])[] = [
      ['another host', authority.issue('DNS:etcd.example'), /ALTNAME/],
      ['another address', authority.issue('IP:127.0.0.9'), /ALTNAME/],
      ['another authority', other.issue('IP:127.0.0.1'), /UNABLE_TO_VERIFY|SELF_SIGNED|SIGNATURE/],
      [
        'expired',
        authority.issue('IP:127.0.0.1', ['20200101000000Z', '20210101000000Z']),
        /EXPIRED \(is the clock of this box right\?\)/,
      ],
      [
        'not yet valid',
        authority.issue('IP:127.0.0.1', ['20980101000000Z', '20990101000000Z']),
        /NOT_YET_VALID \(is the clock/,
      ],
    ];
    const certificates = { ca: authority.ca, cert: null, key: null };
    for (const [what, files, expected] of cases) {
      const server = await tlsListener(t, files);
      const { ledger } = aLedger(t, { urls: [server], certificates });
      const error = await t.throwsAsync(
        ledger.claim(2, true, deadlineMs),
        { code: 'ETCD_CERTIFICATE' },
        what,
      );
      t.regex(error.message, expected, what);
    }
  },
);

test.serial(
  'login: the token is renewed when etcd no longer knows it, and a wrong password is ETCD_LOGIN',
  async (t) => {
    const etcd = await realEtcd(t);
    etcd.control('user', 'add', 'root:top');
    etcd.control('user', 'grant-role', 'root', 'root');
    etcd.control('user', 'add', 'hotpair:word');
    etcd.control('role', 'add', 'pairs');
    etcd.control('role', 'grant-permission', 'pairs', '--prefix=true', 'readwrite', '/hotpair/');
    etcd.control('user', 'grant-role', 'hotpair', 'pairs');
    etcd.control('auth', 'enable');
    const login = { name: 'hotpair', password: 'word' };
    const { ledger } = aLedger(t, { urls: [etcd.url], login });
    await ledger.publish(2, true, deadlineMs);
    // Tokens live in the memory of the process.
    await etcd.stop();
    await etcd.start();
    t.is((await ledger.claim(2, true, deadlineMs)).outcome, 'won');
    const wrong = aLedger(t, { urls: [etcd.url], login: { ...login, password: 'wrod' } });
    await t.throwsAsync(wrong.ledger.claim(2, true, deadlineMs), { code: 'ETCD_LOGIN' });
    const nobody = aLedger(t, { urls: [etcd.url] });
    await t.throwsAsync(nobody.ledger.claim(2, true, deadlineMs), { code: 'ETCD_REFUSED' });
  },
);

test.serial(
  'login: a user who may only read cannot claim, and etcd without users is told from one with',
  async (t) => {
    const etcd = await realEtcd(t);
    const login = { name: 'hotpair', password: 'word' };
    const early = aLedger(t, { urls: [etcd.url], login });
    await t.throwsAsync(early.ledger.claim(2, true, deadlineMs), { code: 'ETCD_LOGIN' });
    const before = aLedger(t, { urls: [etcd.url] });
    await before.ledger.publish(2, true, deadlineMs);
    etcd.control('user', 'add', 'root:top');
    etcd.control('user', 'grant-role', 'root', 'root');
    etcd.control('user', 'add', 'hotpair:word');
    etcd.control('role', 'add', 'readers');
    etcd.control('role', 'grant-permission', 'readers', '--prefix=true', 'read', '/hotpair/');
    etcd.control('user', 'grant-role', 'hotpair', 'readers');
    etcd.control('auth', 'enable');
    const reader = aLedger(t, { urls: [etcd.url], login });
    await t.throwsAsync(reader.ledger.claim(2, true, deadlineMs), { code: 'ETCD_REFUSED' });
  },
);

async function tlsListener(
  t: { teardown(end: () => void): void },
  files: ServerFiles,
): Promise<string> {
  const server = createTls(
    { cert: readFileSync(files.cert), key: readFileSync(files.key) },
    (_request, response) => response.end('{}'),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
