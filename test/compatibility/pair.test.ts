// A real pair of the last release and of now: updated one box after the other as docs/updates.md says, without a lost row, and taken
// back again.
import test from 'ava';
import { aPair } from '../cli/aPair.ts';
import type { APair, PairAgent, PairBox } from '../cli/aPair.ts';
import { hotpairWords } from '../cli/callHotpair.ts';
import { unpackLastRelease } from './lastRelease.ts';

const release = unpackLastRelease();
let pair: APair;

test.before(() => {
  pair = aPair();
  for (const box of [pair.a, pair.b]) box.use(release.caller);
});

test.after.always(() => {
  pair.remove();
  release.remove();
});

/** Another hotpair takes the agent's place; PostgreSQL and the services go on. */
async function exchange(
  box: PairBox,
  agent: PairAgent,
  caller: typeof hotpairWords,
): Promise<PairAgent> {
  agent.process.kill('SIGTERM');
  await agent.ended;
  box.use(caller);
  const next = box.startAgent();
  await box.untilStatus(
    `${box.name} has its role and is in step`,
    ({ role, mode, eligible, peerHeard }) =>
      peerHeard && (role === 'standby' ? eligible : role === 'primary' && mode === 'paired'),
  );
  return next;
}

function insert(box: PairBox, x: number): void {
  box.sql(`INSERT INTO t VALUES (${x})`);
}

async function switchTo(box: PairBox): Promise<void> {
  const { code, stdout, stderr } = await box.hotpair('switchover', '--wait');
  if (code !== 0) throw new Error(`${stdout}${stderr}`);
  await box.untilStatus(
    `${box.name} serves, paired`,
    ({ role, mode }) => role === 'primary' && mode === 'paired',
  );
}

test('a pair is updated one box at a time and one of them taken back, in every mixture, with every row', async (t) => {
  t.timeout(600_000);
  const { a, b } = pair;
  let { a: agentA, b: agentB } = await pair.bringUp();
  a.sql('CREATE TABLE t (x int)');
  insert(a, 1);

  agentB = await exchange(b, agentB, hotpairWords);
  insert(a, 2);
  t.is(
    (await b.hotpair('update', 'precheck')).code,
    0,
    'the new standby beside the old primary knows where it stands',
  );
  t.is((await b.hotpair('health')).code, 0);

  await switchTo(b);
  insert(b, 3);
  await a.untilStatus(
    'the old standby can take over from the new primary',
    ({ eligible }) => eligible,
  );
  const heard = await b.status();
  for (const { name, garbage } of heard?.paths ?? [])
    t.deepEqual(
      Object.values(garbage).filter((count) => count > 0),
      [],
      `${name}: the new one reads all that the old one says`,
    );

  agentA = await exchange(a, agentA, hotpairWords);
  insert(b, 4);
  t.is(
    (await b.hotpair('health', '--wait', '--for', '1s', '--timeout', '90s')).code,
    0,
    'both are new',
  );

  agentA = await exchange(a, agentA, release.caller);
  insert(b, 5);
  await switchTo(a);
  insert(a, 6);
  agentB = await exchange(b, agentB, release.caller);
  const old = await a.status();
  for (const { name, garbage } of old?.paths ?? []) {
    // The old one does not know what the boxes ask of each other's configuration; nobody has asked here.
    t.deepEqual(
      Object.values(garbage).filter((count) => count > 0),
      [],
      `${name}: the old one reads all that the new one says`,
    );
  }
  t.is(a.sql("SELECT string_agg(x::text, ',' ORDER BY x) FROM t"), '1,2,3,4,5,6\n');
  for (const { process } of [agentA, agentB]) process.kill('SIGTERM');
});
