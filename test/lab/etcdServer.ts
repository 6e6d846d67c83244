// The etcd of a site: a real one, in a network namespace of its own, with TLS both ways. It is started, stopped, slowed and
// robbed of its memory by the keeper, which knows its process.

import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, cpSync, openSync, rmSync } from 'node:fs';
import { until } from './clock.ts';
import { outcomeOf } from './command.ts';
import { addresses, labFile, namespaces, paths } from './layout.ts';

/** `foreign`: it shows the certificate of another host. `wrong`: something else answers in its place, always wrongly. */
export type EtcdState = 'running' | 'stopped' | 'slow' | 'foreign' | 'wrong';

export type EtcdServer = {
  /** `slow`: it stands still for five seconds, answers for a moment, and stands still again. */
  readonly set: (state: EtcdState) => Promise<void>;
  /** Everything it knew is gone; then it runs again. */
  readonly wipe: () => Promise<void>;
  readonly copy: () => Promise<void>;
  /** What it knew when it was copied takes the place of what it knows; then it runs again. */
  readonly putBack: () => Promise<void>;
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

  const start = async (words: readonly string[], isUp: () => Promise<boolean>): Promise<void> => {
    const log = openSync(`${paths.etcd}/log`, 'a');
    const net = `--net=/run/netns/${namespaces.witness}`;
    const started = spawn('nsenter', [net, '--', ...words], { stdio: ['ignore', log, log] });
    closeSync(log);
    child = started;
    started.once('exit', () => {
      if (child === started) child = undefined;
    });
    await until(`etcd answers (${paths.etcd}/log)`, 20_000, isUp, 100);
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
  const isPlain = (wanted: EtcdState): boolean => wanted === 'running' || wanted === 'slow';
  const set = async (wanted: EtcdState): Promise<void> => {
    clearTimeout(turn);
    child?.kill('SIGCONT');
    const stays = child !== undefined && isPlain(state) && isPlain(wanted);
    state = wanted;
    if (!stays) {
      await stop();
      if (wanted === 'wrong') await start(wrongServer(), listens);
      else if (wanted === 'foreign') await start(etcdWith(foreignFiles), listens);
      else if (wanted !== 'stopped') await start(etcdWith(serverFiles), answers);
    }
    if (wanted === 'slow') standStill();
  };
  const whileStopped = async (act: () => void): Promise<void> => {
    await set('stopped');
    act();
    await set('running');
  };
  return {
    set,
    wipe: async () => whileStopped(() => replaceData()),
    copy: async () => whileStopped(copyData),
    putBack: async () => whileStopped(() => replaceData(copyOfData)),
    state: () => state,
  };
}

const copyOfData = `${paths.etcd}/copy`;

function copyData(): void {
  rmSync(copyOfData, { recursive: true, force: true });
  cpSync(paths.etcdData, copyOfData, { recursive: true });
}

function replaceData(by?: string): void {
  rmSync(paths.etcdData, { recursive: true, force: true });
  if (by !== undefined) cpSync(by, paths.etcdData, { recursive: true });
}

function etcdWith({ ca, cert, key }: typeof foreignFiles): readonly string[] {
  const peer = 'http://127.0.0.1:2380';
  return [
    'etcd',
    dataWord,
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

function wrongServer(): readonly string[] {
  const { cert, key } = serverFiles;
  const words = [labFile('wrongEtcd.ts'), addresses.witness.etcd, cert, key];
  // The last word is for those who look for the processes of this site.
  return [process.execPath, '--disable-warning=ExperimentalWarning', ...words, dataWord];
}

/** By this word in its command line each process in the place of etcd is known. */
export const dataWord = `--data-dir=${paths.etcdData}`;

function filesOf(name: string) {
  const [cert, key] = [`${paths.etcd}/${name}.pem`, `${paths.etcd}/${name}.key`];
  return { ca: `${paths.etcd}/ca.pem`, cert, key };
}

/** What etcd shows, and whose clients it lets in. */
export const serverFiles = filesOf('server');
const foreignFiles = filesOf('foreign');

/** Whether somebody listens there, whoever it is. */
async function listens(): Promise<boolean> {
  const words = [
    `--net=/run/netns/${namespaces.witness}`,
    '--',
    'ss',
    '-Hltn',
    'sport',
    '=',
    '2379',
  ];
  return (await outcomeOf('nsenter', words, 3000)).stdout.trim() !== '';
}

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
