// The Debian package: what it holds and says of itself, and its whole life (installed, serving, upgraded, removed, purged) on a copy of
// this system in which nothing that is written reaches the real one.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { runProgram } from '../cli/callHotpair.ts';
import type { Outcome } from '../cli/callHotpair.ts';
import { until } from '../daemon/until.ts';
import { setTimeout as delay } from 'node:timers/promises';

const top = join(import.meta.dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'hotpair-package-'));
const manifest = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8')) as {
  readonly version: string;
};
const next = `${manifest.version}+1`;
let first = '';
let second = '';

function packaged(...words: readonly string[]): string {
  return execFileSync(
    join(top, 'scripts/package'),
    ['--output', folder, '--no-compress', ...words],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  ).trim();
}

test.before((t) => {
  t.timeout(240_000);
  first = packaged();
  second = packaged('--version', next);
});

test.after.always(() => rmSync(folder, { recursive: true, force: true }));

function field(name: string): string {
  return execFileSync('dpkg-deb', ['--field', first, name], { encoding: 'utf8' }).trim();
}

test('the package says what it is and what it needs', (t) => {
  t.is(field('Version'), manifest.version);
  t.is(
    field('Architecture'),
    execFileSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }).trim(),
  );
  t.true(Number(field('Installed-Size')) > 100_000);
  for (const needed of ['libc6', 'libatomic1', 'libstdc++6', 'postgresql'])
    t.true(field('Depends').includes(needed), needed);
  const [summary = '', ...rest] = field('Description').split('\n');
  t.true(summary.length <= 80 && !summary.endsWith('.') && !/^(an?|the) /i.test(summary));
  t.true(rest.length > 1 && rest.every((line) => line.startsWith(' ') && line.length <= 80));
});

test('every file belongs to root, is listed with its checksum, and is where it should be', (t) => {
  const tree = join(folder, 'tree');
  execFileSync('dpkg-deb', ['--raw-extract', first, tree]);
  t.teardown(() => rmSync(tree, { recursive: true }));
  const listed = execFileSync('dpkg-deb', ['--contents', first], { encoding: 'utf8' })
    .trimEnd()
    .split('\n');
  t.true(
    listed.every((line) => /^[d-][rwx-]{9} root\/root /.test(line) && !/^.{8}w/.test(line)),
    'nobody else may write',
  );
  const names = listed
    .filter((line) => line.startsWith('-'))
    .map((line) => line.replace(/^.* \.\//, ''));
  t.deepEqual(
    names.filter(
      (name) =>
        !/^(usr\/(bin\/hotpair$|share\/(doc\/hotpair|man)\/)|lib\/systemd\/system\/)/.test(name),
    ),
    [],
  );
  for (const name of [
    'copyright',
    'changelog.gz',
    'licenses.txt.gz',
    'sbom.cdx.json.gz',
    'README.md',
    'updates.md',
  ])
    t.true(names.includes(`usr/share/doc/hotpair/${name}`), name);
  const sums = readFileSync(join(tree, 'DEBIAN/md5sums'), 'utf8').trimEnd().split('\n');
  t.deepEqual(sums.map((line) => line.split('  ')[1] ?? '').toSorted(), names.toSorted());
  t.is(spawnSync('md5sum', ['--check', '--quiet', 'DEBIAN/md5sums'], { cwd: tree }).status, 0);
  for (const script of ['postinst', 'prerm', 'postrm']) {
    const path = join(tree, 'DEBIAN', script);
    t.is(statSync(path).mode & 0o777, 0o755);
    t.regex(readFileSync(path, 'utf8'), /^#!\/bin\/sh\n(#.*\n)*set -e\n/);
    t.is(spawnSync('sh', ['-n', path]).status, 0, script);
  }
  const changes = spawnSync(
    'gunzip',
    ['--stdout', join(tree, 'usr/share/doc/hotpair/changelog.gz')],
    { encoding: 'utf8' },
  );
  t.regex(
    changes.stdout,
    /^hotpair \(\S+\) unstable; urgency=\w+\n\n {2}\* .*\n\n -- .+ <.+@.+> {2}\w{3}, \d\d? \w{3} \d{4} [\d:]{8} \+0000\n$/,
  );
});

test('the unit leaves PostgreSQL alone, starts a dead agent again and a stopped one not, and the shutdown comes before it', (t) => {
  const unit = readFileSync(join(top, 'packaging/debian/hotpair.service'), 'utf8');
  for (const line of [
    'Type=notify',
    'KillMode=process',
    'Restart=on-failure',
    'WatchdogSec=3s',
    'StartLimitIntervalSec=0',
  ])
    t.regex(unit, new RegExp(`^${line}$`, 'm'));
  const shutdown = readFileSync(join(top, 'packaging/debian/hotpair-shutdown.service'), 'utf8');
  t.regex(shutdown, /^After=hotpair\.service /m);
  t.regex(shutdown, /^ExecStop=-\/usr\/bin\/hotpair shutdown$/m);
});

/** A copy of this system: what is written to it lies in a folder of its own. It has a network of its own, too. */
type Copy = {
  readonly run: (...words: readonly string[]) => Promise<Outcome>;
  readonly start: (...words: readonly string[]) => ChildProcess;
};

/** A process that holds namespaces until the test ends. */
async function holding(t: ExecutionContext, ...namespaces: readonly string[]): Promise<number> {
  const words = [...namespaces, 'sh', '-c', 'echo made; exec sleep 900'];
  const holder = spawn('unshare', words, { stdio: ['ignore', 'pipe', 'ignore'] });
  t.teardown(() => holder.kill('SIGKILL'));
  let made = '';
  holder.stdout.on('data', (bytes: Buffer) => {
    made += bytes.toString();
  });
  await until('the namespaces are there', () => made === 'made\n', 30_000);
  return holder.pid ?? 0;
}

async function aCopy(t: ExecutionContext): Promise<Copy> {
  const place = mkdtempSync(join(folder, 'system-'));
  for (const name of ['written', 'work', 'root']) mkdirSync(join(place, name));
  const root = join(place, 'root');
  const system = await holding(t, '--mount', '--net', '--propagation', 'private');
  const lan = await holding(t, '--net');
  const enter = (pid: number, words: readonly string[]): readonly string[] => [
    'nsenter',
    `--target=${pid}`,
    ...(pid === system ? ['--mount'] : []),
    '--net',
    ...words,
  ];
  const demand = (pid: number, words: string): void => {
    const [program = '', ...argv] = enter(pid, words.split(' '));
    execFileSync(program, argv, { stdio: ['ignore', 'ignore', 'inherit'] });
  };
  const layers = `lowerdir=/,upperdir=${join(place, 'written')},workdir=${join(place, 'work')}`;
  demand(system, `mount -t overlay overlay -o ${layers} ${root}`);
  for (const name of ['proc', 'dev']) demand(system, `mount --bind /${name} ${join(root, name)}`);
  demand(system, `mount -t tmpfs tmpfs ${join(root, 'run')}`);
  for (const device of ['eth0', 'eth1']) {
    demand(system, `ip link add ${device} type veth peer name ${device} netns ${lan}`);
    for (const pid of [system, lan]) demand(pid, `ip link set ${device} up`);
  }
  demand(system, 'ip link set lo up');
  for (const address of ['192.0.2.1/24', '192.0.2.2/24'])
    demand(lan, `ip addr add ${address} dev eth0`);
  const inside = (words: readonly string[]): readonly string[] =>
    enter(system, ['chroot', root, ...words]);
  return {
    run: async (...words) => runProgram(inside(words)),
    start: (...words) => {
      const [program = '', ...argv] = inside(words);
      return spawn(program, argv, { stdio: 'ignore' });
    },
  };
}

const configuration = `node: { name: box-a }
heartbeat: { port: eth1, address: 169.254.69.1/30, peer: 169.254.69.2 }
service: { port: eth0, addresses: [192.0.2.10/24], references: [192.0.2.1, 192.0.2.2] }
watchdog: { policy: off }
`;

test.serial(
  'installed, serving, upgraded under the running service, removed and purged, the data stays',
  async (t) => {
    t.timeout(400_000);
    const { run, start } = await aCopy(t);
    const demand = async (...words: readonly string[]): Promise<string> => {
      const { code, stdout, stderr } = await run(...words);
      t.is(code, 0, `${words.join(' ')}\n${stdout}${stderr}`);
      return stdout;
    };
    const inside = async (path: string): Promise<boolean> =>
      (await run('test', '-e', path)).code === 0;

    t.regex(await demand('dpkg', '--install', first), /not configured yet/);
    t.is(await demand('hotpair', '--version'), `hotpair ${manifest.version}\n`);
    for (const unit of ['hotpair.service', 'hotpair-shutdown.service'])
      t.true(
        await inside(`/etc/systemd/system/multi-user.target.wants/${unit}`),
        `${unit} is enabled`,
      );

    await demand('sh', '-c', 'printf %s "$0" >/etc/hotpair/hotpair.yaml', configuration);
    await demand('hotpair', 'init');
    const agent = start('hotpair', 'agent');
    t.teardown(() => agent.kill('SIGKILL'));
    const status = async (): Promise<string> => (await run('hotpair', 'status')).stdout;
    await untilText('the box serves', status, (text) => text.startsWith('box-a is primary, solo'));
    const postmaster = await demand('head', '-n', '1', '/var/lib/hotpair/pgdata/postmaster.pid');

    await demand('dpkg', '--install', second);
    t.is((await demand('dpkg-query', '--show', '--showformat=${Version}', 'hotpair')).trim(), next);
    t.true(
      (await status()).startsWith('box-a is primary, solo'),
      'the running agent answers the new command',
    );
    t.is(
      await demand('head', '-n', '1', '/var/lib/hotpair/pgdata/postmaster.pid'),
      postmaster,
      'PostgreSQL goes on',
    );

    const ended = new Promise((resolve) => agent.on('close', resolve));
    await demand('dpkg', '--remove', 'hotpair');
    t.is(await ended, 0, 'the agent was told to hand over and end');
    t.false(
      await inside('/var/lib/hotpair/pgdata/postmaster.pid'),
      'PostgreSQL was stopped in order',
    );
    t.true(await inside('/etc/hotpair/hotpair.yaml'));

    t.regex(await demand('dpkg', '--purge', 'hotpair'), /\/var\/lib\/hotpair stays/);
    t.false(await inside('/etc/hotpair/hotpair.yaml'), 'the configuration went');
    for (const kept of [
      '/var/lib/hotpair/pgdata/PG_VERSION',
      '/var/lib/hotpair/record.a',
      '/etc/hotpair/pair.key',
    ])
      t.true(await inside(kept), kept);
    for (const unit of ['hotpair.service', 'hotpair-shutdown.service'])
      t.false(await inside(`/etc/systemd/system/multi-user.target.wants/${unit}`));

    await demand('dpkg', '--install', first);
    await demand('touch', '/etc/hotpair/purge-data');
    await demand('dpkg', '--purge', 'hotpair');
    t.false(await inside('/var/lib/hotpair'), 'told so, the purge removes the data');
    t.false(await inside('/etc/hotpair'));
    t.false(existsSync('/var/lib/dpkg/info/hotpair.list'), 'the real system was not touched');
  },
);

async function untilText(
  what: string,
  look: () => Promise<string>,
  wanted: (text: string) => boolean,
): Promise<void> {
  const end = performance.now() + 60_000;
  for (;;) {
    const text = await look();
    if (wanted(text)) return;
    if (performance.now() > end) throw new Error(`waited in vain until ${what}: ${text}`);
    await delay(100);
  }
}
