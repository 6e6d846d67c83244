// Lights of the case in a folder that looks like /sys/class/leds.
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync } from 'node:fs';
import { rmSync, writeFileSync, writeSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { litLeds, openLeds } from '../../../src/io/leds/leds.ts';
import type { LedLight, LedLights, LedNames, LedsOptions } from '../../../src/io/leds/leds.ts';
import { until } from '../../kernel/until.ts';

const deadlineMs = 20_000;
const none = {};
const names: LedNames = {
  box: { green: 'box:green', red: 'box:red' },
  role: { green: 'role:green', amber: 'role:amber' },
  peer: { green: 'peer:green' },
  database: none,
};

const off: LedLight = { colour: 'off', blinks: false };
const green: LedLight = { colour: 'green', blinks: false };
const amber: LedLight = { colour: 'amber', blinks: false };
const red: LedLight = { colour: 'red', blinks: false };

function lights(change: Partial<LedLights>): LedLights {
  return { box: off, role: off, peer: off, database: off, ...change };
}

type Case = {
  readonly directory: string;
  readonly failed: string[];
  readonly found: string[];
  readonly put: (name: string, most?: string) => void;
  readonly bright: (name: string) => string;
  readonly open: (options?: Partial<LedsOptions>) => ReturnType<typeof openLeds>;
};

function aCase(t: ExecutionContext): Case {
  const directory = mkdtempSync(join(tmpdir(), 'hotpair-leds-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const failed: string[] = [];
  const found: string[] = [];
  const put = (name: string, most = '255'): void => {
    mkdirSync(join(directory, name));
    writeFileSync(join(directory, name, 'brightness'), '0');
    writeFileSync(join(directory, name, 'max_brightness'), `${most}\n`);
    writeFileSync(join(directory, name, 'trigger'), 'disk');
  };
  return {
    directory,
    failed,
    found,
    put,
    bright: (name) => readFileSync(join(directory, name, 'brightness'), 'utf8'),
    open(options = {}) {
      const leds = openLeds({
        names,
        directory,
        failed: (name, reason) => failed.push(`${name}: ${reason}`),
        found: (name) => found.push(name),
        ...options,
      });
      t.teardown(async () => leds.close());
      return leds;
    },
  };
}

function lit(change: Partial<LedLights>, isLit = true): readonly string[] {
  return [...litLeds(names, lights(change), isLit)].toSorted();
}

test('each colour lights what there is of it, amber without a light of its own green and red', (t) => {
  t.deepEqual(lit({ box: green }), ['box:green']);
  t.deepEqual(lit({ box: amber }), ['box:green', 'box:red']);
  t.deepEqual(lit({ box: red }), ['box:red']);
  t.deepEqual(lit({ role: amber }), ['role:amber']);
  t.deepEqual(lit({ role: red }), []);
  t.deepEqual(lit({}), []);
});

test('a light that is green alone blinks in the place of amber and is dark in the place of red', (t) => {
  t.deepEqual(lit({ peer: green }, false), ['peer:green']);
  t.deepEqual(lit({ peer: amber }), ['peer:green']);
  t.deepEqual(lit({ peer: amber }, false), []);
  t.deepEqual(lit({ peer: red }), []);
});

test('what blinks is dark in the other half of the rhythm', (t) => {
  t.deepEqual(lit({ box: { ...red, blinks: true } }), ['box:red']);
  t.deepEqual(lit({ box: { ...red, blinks: true } }, false), []);
});

test('lights are switched with their full brightness, freed of what else drives them, and dark at the end', async (t) => {
  const site = aCase(t);
  for (const name of ['box:green', 'box:red', 'role:green', 'role:amber', 'peer:green'])
    site.put(name);
  const leds = site.open();
  leds.show(lights({ box: green, role: amber }));
  await until('both are lit', () => site.bright('box:green') === '255', deadlineMs);
  await until('both are lit', () => site.bright('role:amber') === '255', deadlineMs);
  t.is(readFileSync(join(site.directory, 'box:green', 'trigger'), 'utf8').trim(), 'none');
  leds.show(lights({ box: red }));
  await until('red is lit', () => site.bright('box:red') === '255', deadlineMs);
  await until('green is dark', () => site.bright('box:green') === '0', deadlineMs);
  await leds.close();
  t.is(site.bright('box:red'), '0');
  t.deepEqual(site.failed, []);
});

test('a light that is missing is told once, keeps no other one, and is told when it is there', async (t) => {
  const site = aCase(t);
  for (const name of ['box:red', 'role:green', 'role:amber', 'peer:green']) site.put(name);
  const leds = site.open({ retryMs: 20 });
  leds.show(lights({ box: green, role: green }));
  await until('the other one is lit', () => site.bright('role:green') === '255', deadlineMs);
  await until('it was told', () => site.failed.length > 0, deadlineMs);
  for (let each = 0; each < 3; each += 1) leds.show(lights({ box: green, role: green }));
  site.put('box:green');
  await until('it was found', () => site.found.includes('box:green'), deadlineMs);
  t.is(site.bright('box:green'), '255');
  t.deepEqual(site.failed, ['box:green: there is no such light']);
});

test('a blinking light goes on and off', async (t) => {
  const site = aCase(t);
  for (const name of ['box:green', 'box:red', 'role:green', 'role:amber', 'peer:green'])
    site.put(name);
  const leds = site.open();
  leds.show(lights({ box: { ...red, blinks: true } }));
  for (const wanted of ['255', '0', '255'])
    await until(`it is ${wanted}`, () => site.bright('box:red') === wanted, deadlineMs);
  t.pass();
});

test('a light whose write hangs holds up nobody: showing and closing return at once', async (t) => {
  const site = aCase(t);
  for (const name of ['box:red', 'role:green', 'role:amber', 'peer:green']) site.put(name);
  // A pipe that nobody reads hangs whoever opens it.
  mkdirSync(join(site.directory, 'box:green'));
  const pipe = join(site.directory, 'box:green', 'max_brightness');
  execFileSync('mkfifo', [pipe]);
  const leds = site.open({ names: { ...names, box: { green: 'box:green' } } });
  const begun = performance.now();
  for (let each = 0; each < 1_000; each += 1) leds.show(lights({ box: each % 2 ? green : off }));
  const tookMs = performance.now() - begun;
  t.true(tookMs < 2_000, `${tookMs} ms`);
  await leds.close();
  // Whoever hangs is let go, so that the process of this test can end.
  const fd = openSync(pipe, 'r+');
  writeSync(fd, '1');
  await until('it was let go', () => site.failed.length > 0, deadlineMs);
  closeSync(fd);
});
