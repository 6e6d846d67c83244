// Certificates of the arbiter etcd that are renewed while the agent runs, with a real etcd that asks its clients for theirs.
import test from 'ava';
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEtcdFiles } from '../../src/config/etcdFiles.ts';
import { openEtcdArbiter } from '../../src/daemon/etcdArbiter.ts';
import { someConfig } from '../config/configText.ts';
import { boxA, pairId } from '../io/etcd/aLedger.ts';
import { anAuthority } from '../io/etcd/certificates.ts';
import { realEtcd } from '../io/etcd/realEtcd.ts';
import type { ServerFiles } from '../io/etcd/realEtcd.ts';
import { aLog } from './aLog.ts';

const deadlineMs = 2000;
const publish = { type: 'publishEpoch', token: 1, epoch: 4, create: true, deadlineMs } as const;
const expired = ['20200101000000Z', '20200201000000Z'] as const;

test.serial(
  'a reload takes over renewed files, refuses bad ones, and leaves requests that are under way alone',
  async (t) => {
    const authority = anAuthority(t);
    const server = authority.issue('IP:127.0.0.1');
    const etcd = await realEtcd(t, { tls: { ...server, asksClients: true } });
    const directory = mkdtempSync(join(tmpdir(), 'hotpair-certificates-'));
    t.teardown(() => rmSync(directory, { recursive: true, force: true, maxRetries: 50 }));
    const at = (name: string): string => join(directory, name);
    const install = ({ ca, cert, key }: ServerFiles): void => {
      copyFileSync(ca, at('ca.pem'));
      copyFileSync(cert, at('own.pem'));
      copyFileSync(key, at('own.key'));
      chmodSync(at('own.key'), 0o600);
    };
    install(authority.issue('DNS:box-a', expired));
    const names = {
      caFile: at('ca.pem'),
      certFile: at('own.pem'),
      keyFile: at('own.key'),
    };
    const config = someConfig({
      arbiter: { type: 'etcd', etcd: { endpoints: [etcd.url], requestTimeout: '1s', ...names } },
      state: { directory },
    });
    const files = readEtcdFiles(config.arbiter.etcd);
    const { log } = aLog();
    const arbiter = openEtcdArbiter({ config, files, pairId, nodeId: boxA, log });
    t.teardown(() => arbiter.close());

    await t.throwsAsync(arbiter.publishEpoch(publish), { code: 'ETCD_CERTIFICATE' });
    t.false(arbiter.readAgain());
    writeFileSync(at('own.pem'), 'nothing of the kind');
    t.throws(() => arbiter.readAgain(), { code: 'ETCD_FILE_FORMAT' });
    await t.throwsAsync(arbiter.publishEpoch(publish), { code: 'ETCD_CERTIFICATE' });

    install(authority.issue('DNS:box-a'));
    t.true(arbiter.readAgain());
    t.like(await arbiter.publishEpoch(publish), { type: 'epochPublished', found: { epoch: 4 } });
    install(authority.issue('DNS:box-a'));
    const underWay = arbiter.publishEpoch({ ...publish, token: 2 });
    t.true(arbiter.readAgain());
    t.like(await underWay, { type: 'epochPublished', token: 2 });
  },
);
