// Whatever etcd, or something in its place, can answer wrongly: none of it is ever a grant, and each is said with a code.
import test from 'ava';
import type { ServerResponse } from 'node:http';
import type { EtcdErrorCode } from '../../../src/io/etcd/etcdError.ts';
import { aLedger, boxB, deadlineMs, pairedValue } from './aLedger.ts';
import type { LedgerParts } from './aLedger.ts';
import { fakeEtcd } from './fakeEtcd.ts';
import type { Answer, FakeEtcd, Spoil } from './fakeEtcd.ts';

type Wrong = {
  readonly what: string;
  readonly code: EtcdErrorCode;
  readonly spoil: (answer: Answer, response: ServerResponse) => Answer | null;
};

type Change = (old: unknown) => unknown;

/** The answer with one field changed, or with undefined left out; what stands there otherwise is shown to a function. */
function field(path: string, value: string | number | object | undefined | Change): Wrong['spoil'] {
  const change: Change = isChange(value) ? value : () => value;
  return ({ body }) => ({ status: 200, body: changed(body, path.split('.'), change) });
}

function isChange(value: unknown): value is Change {
  return typeof value === 'function';
}

function changed(body: unknown, [name = '', ...inner]: readonly string[], change: Change): unknown {
  if (typeof body !== 'object' || body === null) throw new Error(`there is no field ${name}`);
  const copy = new Map<string, unknown>(Object.entries(body));
  const old = copy.get(name);
  copy.set(name, inner.length === 0 ? change(old) : changed(old, inner, change));
  return Array.isArray(body) ? [...copy.values()] : Object.fromEntries(copy);
}

function twice(entries: unknown): unknown {
  const list = entries as readonly unknown[];
  return [...list, ...list];
}

function text(sent: string, status = 200): Wrong['spoil'] {
  return () => ({ status, body: sent });
}

const ofBoth: readonly Wrong[] = [
  { what: 'HTTP 500', code: 'ETCD_REFUSED', spoil: text('{"message":"panic"}', 500) },
  { what: 'HTTP 500 with a page', code: 'ETCD_ANSWER', spoil: text('<html>no</html>', 500) },
  {
    what: 'no leader',
    code: 'ETCD_REFUSED',
    spoil: text('{"error":"etcdserver: no leader","code":14}', 503),
  },
  { what: 'permission denied', code: 'ETCD_REFUSED', spoil: text('{"code":7}', 403) },
  {
    what: 'a whole answer under a status that is no success',
    code: 'ETCD_REFUSED',
    spoil: ({ body: sent }) => ({ status: 203, body: sent }),
  },
  {
    what: 'a redirection',
    code: 'ETCD_REFUSED',
    spoil: ({ body: sent }, response) => {
      response.setHeader('location', 'http://127.0.0.1:1/');
      return { status: 307, body: sent };
    },
  },
  { what: 'an empty body', code: 'ETCD_ANSWER', spoil: text('') },
  { what: 'an empty object', code: 'ETCD_ANSWER', spoil: text('{}') },
  { what: 'null', code: 'ETCD_ANSWER', spoil: text('null') },
  { what: 'a list', code: 'ETCD_ANSWER', spoil: text('[]') },
  {
    what: 'JSON that is cut',
    code: 'ETCD_ANSWER',
    spoil: ({ body: sent }) => ({ status: 200, body: JSON.stringify(sent).slice(0, -1) }),
  },
  {
    what: 'a second value behind the first',
    code: 'ETCD_ANSWER',
    spoil: ({ body: sent }) => ({ status: 200, body: `${JSON.stringify(sent)}{}` }),
  },
  {
    what: 'an answer that ends before its announced length',
    code: 'ETCD_UNREACHABLE',
    spoil: ({ body: sent }, response) => {
      const whole = JSON.stringify(sent);
      response.writeHead(200, { 'content-length': whole.length + 10 });
      response.write(whole);
      setImmediate(() => response.destroy());
      return null;
    },
  },
  {
    what: 'more than can be an answer',
    code: 'ETCD_ANSWER',
    spoil: ({ body: sent }) => ({
      status: 200,
      body: `${JSON.stringify(sent)}${' '.repeat(70_000)}`,
    }),
  },
  {
    what: 'a connection that breaks',
    code: 'ETCD_UNREACHABLE',
    spoil: (_answer, response) => {
      response.destroy();
      return null;
    },
  },
  {
    what: 'something else than HTTP',
    code: 'ETCD_ANSWER',
    spoil: (_answer, response) => {
      response.socket?.end('SSH-2.0-OpenSSH_9.2\r\n');
      return null;
    },
  },
  { what: 'silence', code: 'ETCD_TIMEOUT', spoil: () => null },
  {
    what: 'a drop every now and then',
    code: 'ETCD_TIMEOUT',
    spoil: (_answer, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
      return null;
    },
  },
  {
    what: 'no header',
    code: 'ETCD_ANSWER',
    spoil: field('header', undefined),
  },
  {
    what: 'no cluster',
    code: 'ETCD_ANSWER',
    spoil: field('header.cluster_id', undefined),
  },
  {
    what: 'a cluster that is a number',
    code: 'ETCD_ANSWER',
    spoil: field('header.cluster_id', 5),
  },
  {
    what: 'a revision that is a number',
    code: 'ETCD_ANSWER',
    spoil: field('header.revision', 7),
  },
  {
    what: 'a negative revision',
    code: 'ETCD_ANSWER',
    spoil: field('header.revision', '-7'),
  },
  {
    what: 'a revision beyond 64 bits',
    code: 'ETCD_ANSWER',
    spoil: field('header.revision', '9223372036854775808'),
  },
];

const ofReads: readonly Wrong[] = [
  {
    what: 'another key',
    code: 'ETCD_ANSWER',
    spoil: field('kvs.0.key', Buffer.from('/hotpair/other').toString('base64')),
  },
  {
    what: 'two entries',
    code: 'ETCD_ANSWER',
    spoil: ({ body }) => ({
      status: 200,
      body: changed(
        changed(body, ['count'], () => '2'),
        ['kvs'],
        twice,
      ),
    }),
  },
  {
    what: 'a count without entries',
    code: 'ETCD_ANSWER',
    spoil: field('kvs', undefined),
  },
  {
    what: 'entries that are no list',
    code: 'ETCD_ANSWER',
    spoil: field('kvs', {}),
  },
  {
    what: 'a value that is no base64',
    code: 'ETCD_ANSWER',
    spoil: field('kvs.0.value', (value) => `${String(value)}*`),
  },
  {
    what: 'a change after the newest revision',
    code: 'ETCD_ANSWER',
    spoil: field('kvs.0.mod_revision', '99'),
  },
  {
    what: 'no revision of the change',
    code: 'ETCD_ANSWER',
    spoil: field('kvs.0.mod_revision', undefined),
  },
  {
    what: 'an entry that hangs on a lease',
    code: 'ETCD_ANSWER',
    spoil: field('kvs.0.lease', '12'),
  },
];

const ofChanges: readonly Wrong[] = [
  {
    what: 'a success that is a text',
    code: 'ETCD_ANSWER',
    spoil: field('succeeded', 'true'),
  },
  {
    what: 'a success without what was done',
    code: 'ETCD_ANSWER',
    spoil: field('responses', undefined),
  },
  {
    what: 'another operation than the one that was asked for',
    code: 'ETCD_ANSWER',
    spoil: field('responses.0', (done) => ({ response_delete_range: done })),
  },
  {
    what: 'a refusal with something done',
    code: 'ETCD_ANSWER',
    spoil: field('succeeded', undefined),
  },
  {
    what: 'revisions that contradict each other',
    code: 'ETCD_ANSWER',
    spoil: field('responses.0.response_put.header.revision', '3'),
  },
  {
    what: 'the word of another cluster',
    code: 'ETCD_CLUSTER',
    spoil: field('header.cluster_id', '8'),
  },
];

function spoiling(path: string, spoil: Wrong['spoil']): Spoil {
  return (answer, response, asked) => (asked === path ? spoil(answer, response) : answer);
}

/** Only what is about time has little of it: the machine may have other work. */
function partsFor({ url }: FakeEtcd, code: EtcdErrorCode): LedgerParts {
  const quick = code === 'ETCD_TIMEOUT' ? { requestTimeoutMs: 600 } : {};
  return { urls: [url], self: boxB, ...quick };
}

for (const { what, code, spoil } of [...ofBoth, ...ofReads]) {
  test.serial(`${what} in the place of what the key holds is ${code}, never a grant`, async (t) => {
    const fake = await fakeEtcd(t);
    fake.value = pairedValue(4);
    fake.revision = fake.modified = 7;
    const { ledger, forgot } = aLedger(t, partsFor(fake, code));
    t.is((await ledger.claim(4, false, deadlineMs)).outcome, 'refused');
    const before = fake.value;
    fake.spoil = spoiling('/v3/kv/range', spoil);
    await t.throwsAsync(ledger.claim(4, true, deadlineMs), { code });
    await t.throwsAsync(ledger.publish(5, true, deadlineMs), { code });
    await t.throwsAsync(ledger.enter(9, false, deadlineMs), { code });
    t.is(fake.value, before, 'nothing was changed on the strength of it');
    t.deepEqual(forgot, []);
    fake.spoil = null;
    t.is((await ledger.claim(4, true, deadlineMs)).outcome, 'won');
  });
}

for (const { what, code, spoil } of [...ofBoth, ...ofChanges]) {
  test.serial(
    `${what} in the place of a change's answer is ${code}, and what became of it is found by reading`,
    async (t) => {
      const fake = await fakeEtcd(t);
      fake.value = pairedValue(4);
      fake.revision = fake.modified = 7;
      const { ledger } = aLedger(t, partsFor(fake, code));
      const changes = (): number => fake.asked.filter((path) => path === '/v3/kv/txn').length;
      fake.spoil = spoiling('/v3/kv/txn', spoil);
      const claim = await ledger.claim(4, true, deadlineMs);
      t.deepEqual([claim.outcome, claim.epoch, changes()], ['won', 5, 1]);
      t.is(fake.asked.at(-1), '/v3/kv/range', 'only reading told');
    },
  );

  test.serial(
    `${what} in the place of the answer to a change that was not done is ${code}, never a grant`,
    async (t) => {
      const fake = await fakeEtcd(t);
      fake.value = pairedValue(4);
      fake.revision = fake.modified = 7;
      const { ledger } = aLedger(t, partsFor(fake, code));
      const before = fake.value;
      fake.spoil = (answer, response, path) => {
        if (path !== '/v3/kv/txn') return answer;
        // As if the request had been lost, and somebody had answered in its place.
        fake.value = before;
        fake.modified = 7;
        return spoil(answer, response);
      };
      await t.throwsAsync(ledger.claim(4, true, deadlineMs), { code });
      t.is(fake.value, before);
    },
  );
}

test.serial(
  'a value that no agent of this pair wrote is ETCD_VALUE and is never overwritten',
  async (t) => {
    const fake = await fakeEtcd(t);
    fake.revision = fake.modified = 7;
    const { ledger } = aLedger(t, { urls: [fake.url], self: boxB });
    const good = JSON.parse(pairedValue(4)) as Readonly<Record<string, unknown>>;
    const wrong: readonly string[] = [
      '',
      'hello',
      '[]',
      'null',
      JSON.stringify({ ...good, version: 2 }),
      JSON.stringify({ ...good, pair: '71'.repeat(16) }),
      JSON.stringify({ ...good, epoch: '4' }),
      JSON.stringify({ ...good, epoch: 4.5 }),
      JSON.stringify({ ...good, epoch: -4 }),
      JSON.stringify({ ...good, epoch: 2 ** 53 }),
      JSON.stringify({ ...good, mode: 'catchup' }),
      JSON.stringify({ ...good, holder: 'box-a' }),
      JSON.stringify({ ...good, takenFrom: 3 }),
      JSON.stringify({ ...good, mode: 'single' }),
      JSON.stringify({ ...good, life: null }),
      JSON.stringify({ ...good, more: 1 }),
      JSON.stringify({ ...good, life: undefined }),
      `${JSON.stringify(good)}${' '.repeat(2000)}`,
    ];
    for (const value of wrong) {
      fake.value = value;
      await t.throwsAsync(ledger.claim(4, true, deadlineMs), { code: 'ETCD_VALUE' }, value);
      await t.throwsAsync(ledger.publish(9, true, deadlineMs), { code: 'ETCD_VALUE' }, value);
      t.is(fake.value, value);
    }
  },
);

test.serial('a refusal of etcd is told in its own words, on one line and never long', async (t) => {
  const fake = await fakeEtcd(t);
  const message = `first\nsecond ${'x'.repeat(5000)}`;
  fake.spoil = () => ({ status: 500, body: { message } });
  const { ledger } = aLedger(t, { urls: [fake.url] });
  const error = await t.throwsAsync(ledger.claim(4, true, deadlineMs));
  t.regex(error.message, /HTTP status 500: first\?second x+$/);
  t.true(error.message.length < 300);
});
