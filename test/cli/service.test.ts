// `hotpair service` and `hotpair logs` as a person calls them, the first against a real control socket.
import { appendFileSync, copyFileSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { controlSocketPath } from '../../src/daemon/control/controlClient.ts';
import { openControlServer } from '../../src/daemon/control/controlServer.ts';
import type { ClientRequest } from '../../src/daemon/control/controlServer.ts';
import { until } from '../daemon/until.ts';
import { aPlace, callHotpair, hotpairWords } from './callHotpair.ts';
import type { Place } from './callHotpair.ts';

const services = '{ redis: { command: [/bin/true], stopDeadline: 100ms, startDeadline: 100ms } }';

/** A box whose agent answers as told. */
async function aBoxThat(
  t: ExecutionContext,
  serve: (client: ClientRequest) => void,
): Promise<Place> {
  const place = aPlace(t, { services });
  mkdirSync(place.run);
  const server = await openControlServer(controlSocketPath(place.run), serve);
  t.teardown(() => server.close());
  return place;
}

test('the list is asked of the agent, for people and for programs', async (t) => {
  const since = '2026-11-25T06:00:00.000Z';
  const service = { name: 'redis', runs: 'always', state: 'up', since, pid: 7, restarts: 0 };
  const nothing = { heldByOperator: false, waitsFor: null, problem: null, unfitForMs: null };
  const told = { problem: null, hooks: [], services: [{ ...service, ...nothing, required: true }] };
  const place = await aBoxThat(t, ({ request, reply }) =>
    reply(request.command === 'services' ? told : null),
  );
  const list = await callHotpair('service', 'list', '--config', place.config);
  t.is(list.code, 0, list.stderr);
  t.regex(list.stdout, /^name .*\nredis +always +up +2026/);
  const json = await callHotpair('service', 'list', '--json', '--config', place.config);
  t.deepEqual(JSON.parse(json.stdout), told);
});

test('a box without services lists none', async (t) => {
  const place = await aBoxThat(t, ({ reply }) => reply(null));
  const list = await callHotpair('service', 'list', '--config', place.config);
  t.deepEqual(
    [list.code, list.stdout],
    [0, 'no services and no hooks are configured on this box\n'],
  );
  const json = await callHotpair('service', 'list', '--json', '--config', place.config);
  t.deepEqual(JSON.parse(json.stdout), { services: [], hooks: [] });
});

test('an order ends with 0 where it was carried out, 1 where it failed, 4 where it cannot be', async (t) => {
  const verdicts = {
    start: { ok: true, code: 'serviceOrderDone', text: 'redis: up' },
    restart: { ok: false, code: 'serviceOrderFailed', text: 'redis: exit status 1' },
    stop: { ok: false, code: 'serviceNotHere', text: 'redis runs elsewhere' },
  };
  const place = await aBoxThat(t, ({ request, reply }) => {
    if (request.command === 'serviceOrder') reply(verdicts[request.order]);
  });
  const call = (order: string, ...more: readonly string[]) =>
    callHotpair('service', order, 'redis', ...more, '--config', place.config);
  t.deepEqual(await call('start'), { code: 0, stdout: 'redis: up\n', stderr: '' });
  t.deepEqual(await call('restart'), {
    code: 1,
    stdout: '',
    stderr: 'hotpair: serviceOrderFailed: redis: exit status 1\n',
  });
  t.is((await call('stop')).code, 4);
  const json = await call('restart', '--json');
  t.deepEqual([json.code, JSON.parse(json.stdout)], [1, verdicts.restart]);
});

test('a service that is not configured is refused before anybody is asked', async (t) => {
  const place = aPlace(t, { services });
  const { code, stderr } = await callHotpair(
    'service',
    'stop',
    'kamailio',
    '--config',
    place.config,
  );
  t.is(code, 2);
  t.regex(stderr, /^hotpair: SERVICE_UNKNOWN: .*seen: kamailio.*allowed: redis/);
});

/** A box on which a service has left output; the older file first. */
function withOutput(t: ExecutionContext, ...texts: readonly string[]) {
  const place = aPlace(t, { services });
  const folder = join(place.state, 'services');
  mkdirSync(folder, { recursive: true });
  const log = join(folder, 'redis.log');
  const [older, current = older] = texts;
  if (texts.length > 1) writeFileSync(`${log}.1`, older ?? '');
  writeFileSync(log, current ?? '');
  const logs = async (...more: readonly string[]) =>
    callHotpair('logs', 'redis', ...more, '--config', place.config);
  return { place, log, logs };
}

test('logs prints the newest lines, those of the older file too where the newer has too few', async (t) => {
  const { logs, place } = withOutput(t, 'a\nb\nc\n', 'd\ne\n');
  t.deepEqual(await logs(), { code: 0, stdout: 'a\nb\nc\nd\ne\n', stderr: '' });
  t.is((await logs('-n', '1')).stdout, 'e\n');
  t.is((await logs('-n', '2')).stdout, 'd\ne\n');
  t.is((await logs('-n', '3')).stdout, 'c\nd\ne\n');
  t.is((await logs('-n', '0')).stdout, '');
  const same = ['service', 'logs', 'redis', '-n', '1', '--config', place.config];
  t.is((await callHotpair(...same)).stdout, 'e\n');
});

test('logs prints a last line without an end, empty lines, and bytes as they are', async (t) => {
  const { logs } = withOutput(t, 'a\n\nb');
  t.is((await logs('-n', '1')).stdout, 'b');
  t.is((await logs('-n', '2')).stdout, '\nb');
  t.is((await logs('-n', '3')).stdout, 'a\n\nb');
});

test('logs reads a long output from its end', async (t) => {
  const lines = Array.from({ length: 50_000 }, (_each, index) => `line ${index}\n`);
  const { logs } = withOutput(t, lines.join(''));
  t.is((await logs('-n', '20000')).stdout, lines.slice(-20_000).join(''));
});

test('logs of a service that left none, or of no service, names those that there are', async (t) => {
  const { place } = withOutput(t, '');
  for (const name of ['kamailio', '../record', 'a/b', '.']) {
    const { code, stderr } = await callHotpair('logs', name, '--config', place.config);
    t.is(code, 2);
    t.regex(stderr, /^hotpair: SERVICE_LOG_MISSING: .*allowed: redis/);
  }
});

test('logs --follow goes on with what is written, over an emptying of the file, until it is interrupted', async (t) => {
  const { place, log } = withOutput(t, 'old\n');
  const [program = '', ...argv] = hotpairWords([
    'logs',
    'redis',
    '--follow',
    '-n',
    '1',
    '--config',
    place.config,
  ]);
  const child = spawn(program, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.on('close', resolve));
  t.teardown(() => child.kill('SIGKILL'));
  let text = '';
  child.stdout.on('data', (bytes: Buffer) => (text += bytes.toString()));
  await until('the old line is there', () => text === 'old\n', 20_000);
  appendFileSync(log, 'one\n');
  await until('the next line is there', () => text === 'old\none\n', 20_000);
  copyFileSync(log, `${log}.1`);
  truncateSync(log);
  appendFileSync(log, 'new\n');
  await until('the line after it is there', () => text === 'old\none\nnew\n', 20_000);
  child.kill('SIGINT');
  t.is(await ended, 0);
});
