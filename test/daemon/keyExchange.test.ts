// Two boxes exchange their key over a link that loses, repeats and reorders, and with agents that die after every write.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { fingerprintOf, keyFileText, readPairKeys } from '../../src/config/pairKeys.ts';
import type { PairKeys } from '../../src/config/pairKeys.ts';
import { newPairKey, readPairKey } from '../../src/config/secrets.ts';
import { KeyExchange } from '../../src/daemon/keyExchange.ts';
import { KeySeal } from '../../src/daemon/keySeal.ts';
import { replaceKeyFile } from '../../src/io/key/keyFile.ts';
import { aLog } from './aLog.ts';
import { until } from './until.ts';

const ids = ['a0'.repeat(16), 'b0'.repeat(16)] as const;

type Link = (from: 0 | 1, datagram: Buffer) => readonly Buffer[];

class Site {
  readonly folder = mkdtempSync(join(tmpdir(), 'keys-'));
  readonly agents: [KeyExchange, KeyExchange];
  isSettled = true;
  link: Link = (_from, datagram) => [datagram];
  /** Agents that die right after their next write, before anything is said of it. */
  readonly dying = new Set<number>();
  deaths = 0;
  everBlind = false;
  /** Keys in use, as each box was told of them. */
  readonly changes: [PairKeys[], PairKeys[]] = [[], []];

  constructor() {
    const key = newPairKey();
    for (const index of [0, 1] as const)
      writeFileSync(this.path(index), keyFileText({ sends: key, other: null }), { mode: 0o600 });
    this.agents = [this.#start(0), this.#start(1)];
  }

  path(index: 0 | 1): string {
    return join(this.folder, `key${index}`);
  }

  #start(index: 0 | 1): KeyExchange {
    const exchange = new KeyExchange({
      keys: readPairKeys(this.path(index)),
      self: ids[index],
      log: aLog().log,
      periodMs: 10,
      settle: async () => this.isSettled,
      changed: (keys) => this.changes[index].push(keys),
      write: async (text) => {
        await replaceKeyFile(this.path(index), text);
        this.#look();
        if (this.dying.has(index)) this.#die(index);
      },
      send: (datagram) => {
        if (this.agents[index] !== exchange) return;
        for (const each of this.link(index, datagram))
          setImmediate(() => this.agents[index === 0 ? 1 : 0].take(each));
      },
    });
    return exchange;
  }

  #die(index: 0 | 1): never {
    this.deaths += 1;
    this.agents[index].close();
    this.agents[index] = this.#start(index);
    throw new Error('the agent has died');
  }

  /** On disk each box accepts what the other one sends with. */
  #look(): void {
    const [a, b] = [readPairKeys(this.path(0)), readPairKeys(this.path(1))];
    const accepted = ({ sends, other }: typeof a): readonly string[] =>
      [sends, ...(other === null ? [] : [other.key])].map(fingerprintOf);
    if (!accepted(a).includes(fingerprintOf(b.sends))) this.everBlind = true;
    if (!accepted(b).includes(fingerprintOf(a.sends))) this.everBlind = true;
  }

  fingerprints(): readonly string[] {
    return this.agents.map((agent) => agent.status().fingerprint);
  }

  isDone(before: string): boolean {
    const [a, b] = this.agents.map((agent) => agent.status());
    const isAlone = a?.exchange === null && b?.exchange === null;
    return isAlone && a.fingerprint === b.fingerprint && a.fingerprint !== before;
  }
}

function setUp(t: ExecutionContext): { readonly site: Site; readonly before: string } {
  const site = new Site();
  t.teardown(() => {
    for (const agent of site.agents) agent.close();
    rmSync(site.folder, { recursive: true });
  });
  return { site, before: site.fingerprints()[0] ?? '' };
}

test('E11: old, both, new: the key is exchanged on both boxes, and its file stays private', async (t) => {
  const { site, before } = setUp(t);
  t.is(await site.agents[0].begin(), 'begun');
  t.is(await site.agents[0].begin(), 'goesOn');
  t.deepEqual(site.agents[0].accepted().length, 2);
  await until('it is done', () => site.isDone(before));
  t.false(site.everBlind);
  for (const index of [0, 1] as const) {
    t.is(statSync(site.path(index)).mode & 0o777, 0o600);
    t.is(fingerprintOf(readPairKey(site.path(index))), site.fingerprints()[index] ?? '');
  }
  t.deepEqual(site.agents[0].sending(), site.agents[1].accepted()[0]);
  for (const changes of site.changes) {
    const roles = changes.map(({ other }) => other?.role ?? null);
    t.deepEqual(roles, ['next', 'previous', null], 'whoever goes by the keys is told of each step');
  }
});

test('E11: when both boxes begin, both end with one key', async (t) => {
  const { site, before } = setUp(t);
  await Promise.all(site.agents.map(async (agent) => agent.begin()));
  await until('it is done', () => site.isDone(before));
  t.false(site.everBlind);
});

test('E11: lost, repeated and old statements only delay it, three exchanges in a row', async (t) => {
  const { site } = setUp(t);
  const old: Buffer[] = [];
  let drawn = 7;
  site.link = (_from, datagram) => {
    old.push(datagram);
    drawn = (drawn * 48_271) % 2_147_483_647;
    // Two of three are lost, and each that passes brings an earlier one of either box with it.
    return drawn % 3 === 0 ? [datagram, old[drawn % old.length] ?? datagram] : [];
  };
  for (let round = 0; round < 3; round += 1) {
    const before = site.fingerprints()[0] ?? '';
    await site.agents[round % 2 === 0 ? 0 : 1].begin();
    await until('it is done', () => site.isDone(before), 20_000);
  }
  t.false(site.everBlind);
});

test('E11: an agent that dies after each of its writes goes on where it was', async (t) => {
  const { site, before } = setUp(t);
  site.dying.add(0).add(1);
  await t.throwsAsync(async () => site.agents[0].begin());
  t.is(await site.agents[0].begin(), 'goesOn');
  await until('it is done', () => site.isDone(before));
  t.true(site.deaths >= 6);
  t.false(site.everBlind);
});

test('E11: while the other box is away the exchange waits, and goes on when it is back', async (t) => {
  const { site, before } = setUp(t);
  let tried = 0;
  site.link = () => {
    tried += 1;
    return [];
  };
  await site.agents[1].begin();
  await until('it was offered some times', () => tried > 5);
  t.is(site.agents[1].status().exchange, 'next');
  t.is(site.agents[1].status().fingerprint, before);
  site.link = (_from, datagram) => [datagram];
  await until('it is done', () => site.isDone(before));
});

test('E11: the previous key is kept until the database goes by the new one', async (t) => {
  const { site, before } = setUp(t);
  site.isSettled = false;
  await site.agents[0].begin();
  await until('both send with the new one', () =>
    site.agents.every((agent) => agent.status().exchange === 'previous'),
  );
  t.false(site.isDone(before));
  site.isSettled = true;
  await until('it is done', () => site.isDone(before));
});

test('the next key is sealed for one agent: nobody else opens it, and not without the key of the pair', (t) => {
  const [from, to, third] = [new KeySeal(), new KeySeal(), new KeySeal()];
  const salt = Buffer.alloc(32, 7);
  const secret = 'ab'.repeat(32);
  const sealed = from.seal(secret, to.publicKey, salt);
  if (sealed === null) throw new Error('nothing was sealed');
  t.false(sealed.box.includes(secret));
  t.is(to.open(sealed, from.publicKey, salt), secret);
  t.is(third.open(sealed, from.publicKey, salt), null);
  t.is(to.open(sealed, third.publicKey, salt), null);
  t.is(to.open(sealed, from.publicKey, Buffer.alloc(32, 8)), null);
  t.is(from.seal(secret, '00'.repeat(32), salt), null);
});

test('a key file with something else in its second line is refused, and not shown', (t) => {
  const { site } = setUp(t);
  const [line] = readFileSync(site.path(0), 'utf8').split('\n');
  for (const second of ['next', `later ${'ab'.repeat(32)}`, `next ${'ab'.repeat(31)}`, 'x\ny']) {
    writeFileSync(site.path(0), `${line}\n${second}\n`);
    const errors = [
      t.throws(() => readPairKeys(site.path(0))),
      t.throws(() => readPairKey(site.path(0))),
    ];
    for (const error of errors) t.notRegex(error.message, /abab/);
  }
});
