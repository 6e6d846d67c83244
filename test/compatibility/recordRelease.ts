// Records what the last release puts on the wire and on disk, with its own code, into test/fixtures/lastRelease.json. To be run once
// after a release, when lastRelease.ts names it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DurableRecord } from '../../src/core/record.ts';
import type { KeyStatement } from '../../src/protocol/keyStatement.ts';
import type { PathProbe } from '../../src/protocol/pathProbe.ts';
import { boxA, durableRecord, thePair } from '../core/builders.ts';
import { drawnHeartbeat } from '../protocol/drawnHeartbeat.ts';
import { Random } from '../simulator/random.ts';
import { lastRelease, recordedPath, recordedText, unpackLastRelease } from './lastRelease.ts';
import type { Sample } from './lastRelease.ts';

type Encode = (value: unknown, pairId: string, key: Buffer) => Buffer;

const random = new Random(1);
const key = Buffer.alloc(32, 7);
const samples = 60;

const release = unpackLastRelease();
try {
  const heartbeats = Array.from({ length: samples }, () => drawnHeartbeat(random));
  const recorded = {
    ...lastRelease,
    pairId: thePair,
    key: key.toString('hex'),
    heartbeats: await encoded('heartbeat', 'encodeHeartbeat', heartbeats),
    keyStatements: await encoded('keyStatement', 'encodeKeyStatement', keyStatements()),
    pathProbes: await encoded('pathProbe', 'encodePathProbe', pathProbes()),
    records: await encoded('recordFile', 'encodeRecord', records()),
  };
  writeFileSync(recordedPath, recordedText(recorded));
} finally {
  release.remove();
}

/** Encoded by the function of this name in the release's own file. */
async function encoded(
  file: string,
  name: string,
  values: readonly unknown[],
): Promise<readonly Sample[]> {
  const module = (await import(join(release.folder, 'src/protocol', `${file}.ts`))) as Record<
    string,
    Encode
  >;
  const encode = module[name];
  if (encode === undefined) throw new Error(`the last release has no ${name}`);
  return values.map((value) => ({ value, bytes: encode(value, thePair, key).toString('hex') }));
}

function keyStatements(): readonly KeyStatement[] {
  const plain: KeyStatement = {
    sender: boxA,
    sends: '01'.repeat(8),
    other: null,
    publicKey: '03'.repeat(32),
    offer: null,
  };
  const offer = { nonce: '04'.repeat(12), box: '05'.repeat(48) };
  return [
    plain,
    { ...plain, other: { fingerprint: '02'.repeat(8), role: 'next' }, offer },
    { ...plain, other: { fingerprint: '02'.repeat(8), role: 'previous' } },
  ];
}

function pathProbes(): readonly PathProbe[] {
  const kinds = ['question', 'answer'] as const;
  return kinds.flatMap((kind) =>
    [96, 1400].map((length) => ({ sender: boxA, kind, nonce: '0011223344556677', length })),
  );
}

function records(): readonly DurableRecord[] {
  const modes = ['paired', 'solo', 'catchup'] as const;
  const handed = ['none', 'handed', 'handedBack'] as const;
  const arbiters = ['lan', 'manual', 'etcd', 'fence'] as const;
  const jobs = ['none', 'rewinding', 'cloning'] as const;
  return modes.flatMap((mode) =>
    handed.flatMap((each) =>
      arbiters.map((arbiter, index) =>
        durableRecord({
          mode,
          handed: each,
          arbiter,
          job: jobs[index % jobs.length] ?? 'none',
          epoch: random.uint32(),
          lsn: 2n ** 64n - BigInt(1 + random.uint32()),
          partner: random.chance(0.5) ? random.hex(16) : null,
        }),
      ),
    ),
  );
}
