// The etcd of a site: a real one, in a network namespace of its own, with TLS both ways. It is started, stopped, slowed and
// robbed of its memory by the keeper, which knows its process.

import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, rmSync } from 'node:fs';
import { until } from './clock.ts';
import { outcomeOf } from './command.ts';
import { addresses, namespaces, paths } from './layout.ts';

export type EtcdState = 'running' | 'stopped' | 'slow';

export type EtcdServer = {
  /** `slow`: it stands still for five seconds, answers for a moment, and stands still again. */
  readonly set: (state: EtcdState) => Promise<void>;
  /** Everything it knew is gone; then it runs again. */
  readonly wipe: () => Promise<void>;
  readonly state: () => EtcdState;
};

const standsStillMs = 5000;
const answersMs = 50;
const url = `https://${addresses.witness.etcd}:2379`;

/** The server is stopped until it is set otherwise. */
export function etcdServer(): EtcdServer {
  let child: ChildProcess | undefined;
  let state: EtcdState = 'stopped';
  let turn: NodeJS.Timeout | undefined;

  const start = async (): Promise<void> => {
    if (child !== undefined) return;
    const log = openSync(`${paths.etcd}/log`, 'a');
    const net = `--net=/run/netns/${namespaces.witness}`;
    const started = spawn('nsenter', [net, '--', 'etcd', ...serverArguments()], {
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    child = started;
    started.once('exit', () => {
      if (child === started) child = undefined;
    });
    await until(`etcd answers (${paths.etcd}/log)`, 20_000, answers, 100);
  };
  const stop = async (): Promise<void> => {
    child?.kill('SIGKILL');
    await until('the end of etcd', 5000, () => child === undefined);
  };
  const standStill = (): void => {
    child?.kill('SIGSTOP');
    turn = setTimeout(() => {
      child?.kill('SIGCONT');
      turn = setTimeout(standStill, answersMs);
    }, standsStillMs);
  };
  const set = async (wanted: EtcdState): Promise<void> => {
    clearTimeout(turn);
    child?.kill('SIGCONT');
    state = wanted;
    if (wanted === 'stopped') await stop();
    else await start();
    if (wanted === 'slow') standStill();
  };
  return {
    set,
    wipe: async () => {
      await set('stopped');
      rmSync(paths.etcdData, { recursive: true, force: true });
      await set('running');
    },
    state: () => state,
  };
}

function serverArguments(): readonly string[] {
  const { ca, cert, key } = serverFiles;
  const peer = 'http://127.0.0.1:2380';
  return [
    `--data-dir=${paths.etcdData}`,
    '--name=witness',
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=witness=${peer}`,
    `--cert-file=${cert}`,
    `--key-file=${key}`,
    `--trusted-ca-file=${ca}`,
    '--client-cert-auth',
  ];
}

/** What etcd shows, and whose clients it lets in. */
export const serverFiles = {
  ca: `${paths.etcd}/ca.pem`,
  cert: `${paths.etcd}/server.pem`,
  key: `${paths.etcd}/server.key`,
} as const;

/** Asked without waiting: the keeper has other work. */
async function answers(): Promise<boolean> {
  const { ca, cert, key } = serverFiles;
  const words = [
    `--net=/run/netns/${namespaces.witness}`,
    '--',
    'env',
    'ETCDCTL_API=3',
    'etcdctl',
    `--endpoints=${url}`,
    `--cacert=${ca}`,
    `--cert=${cert}`,
    `--key=${key}`,
    '--dial-timeout=1s',
    '--command-timeout=1s',
    'endpoint',
    'health',
  ];
  return (await outcomeOf('nsenter', words, 3000)).exitCode === 0;
}
