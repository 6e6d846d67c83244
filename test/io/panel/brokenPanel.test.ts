// A thousand broken panels of each kind at once: their bytes are lost, damaged, doubled, mixed with noise, their ports fail. Nothing
// may throw, nothing may grow, no key may be made up, and each must show the page when its panel works again.
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { PanelConversation } from '../../../src/io/panel/conversation.ts';
import { crystalfontzDialect } from '../../../src/io/panel/crystalfontz.ts';
import type { Dialect } from '../../../src/io/panel/dialect.ts';
import { lcdprocDialect } from '../../../src/io/panel/lcdproc.ts';
import { matrixOrbitalDialect } from '../../../src/io/panel/matrixOrbital.ts';
import type { LineEvents, PanelLine } from '../../../src/io/panel/panelLine.ts';
import { SimulatedCrystalfontz } from '../../../src/io/panel/simulatedCrystalfontz.ts';
import { SimulatedMatrixOrbital } from '../../../src/io/panel/simulatedMatrixOrbital.ts';
import { monotonicMs } from '../../../src/kernel/clock.ts';
import { until } from '../../kernel/until.ts';
import { Random } from '../../simulator/random.ts';

const streams = 1000;
const noisyMs = 3000;
const patience = 60_000;

/** A device that works: bytes in, and whether it shows a text. */
type Device = { receive(bytes: Buffer): void; shows(text: string): boolean };
type MakeDevice = (send: (bytes: Buffer) => void) => Device;

function simulated(device: SimulatedCrystalfontz | SimulatedMatrixOrbital): Device {
  return {
    receive: (bytes) => device.receive(bytes),
    shows: (text) => device.screen.lines().some((line) => line.includes(text)),
  };
}

/** As much of LCDd as a client needs to be content: the lines come from its documentation. */
function lcdd(send: (bytes: Buffer) => void): Device {
  let held = '';
  const rows = new Map<string, string>();
  const obey = (line: string): void => {
    const set = /^widget_set hotpair (row\d) 1 \d "(.*)"$/.exec(line);
    if (set !== null) rows.set(set[1] ?? '', set[2] ?? '');
    if (line === 'hello')
      send(
        Buffer.from('connect LCDproc 0.5.9 protocol 0.3 lcd wid 20 hgt 4 cellwid 5 cellhgt 8\n'),
      );
    else send(Buffer.from(line === 'noop' ? 'noop complete\n' : 'success\n'));
  };
  return {
    receive(bytes) {
      const lines = (held + bytes.toString('latin1')).split('\n');
      held = (lines.pop() ?? '').slice(-500);
      for (const line of lines) obey(line);
    },
    shows: (text) => [...rows.values()].some((row) => row.includes(text)),
  };
}

function noise(random: Random, most: number): Buffer {
  return Buffer.from(Array.from({ length: 1 + random.below(most) }, () => random.below(256)));
}

/** What a bad contact makes of bytes. */
function damaged(random: Random, bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  switch (random.below(7)) {
    case 0:
      return Buffer.alloc(0);
    case 1:
      return copy.subarray(0, random.below(copy.length + 1));
    case 2:
      return Buffer.concat([copy, copy]);
    case 3:
      return Buffer.concat([noise(random, 8), copy]);
    case 4: {
      const at = random.below(copy.length);
      copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
      return copy;
    }
    default:
      return copy;
  }
}

/** A panel on a bad line until `isSane`, with everything that it has been told and said. */
class BrokenPanel {
  readonly news: string[] = [];
  keys = 0;
  readonly conversation: PanelConversation;
  readonly #random: Random;
  readonly #device: Device;
  #events: LineEvents | null = null;
  #isSane = false;

  constructor(random: Random, dialect: Dialect, makeDevice: MakeDevice) {
    this.#random = random;
    this.#device = makeDevice((bytes) => this.#say(bytes));
    this.conversation = new PanelConversation(async (events) => this.#open(events), dialect, {
      key: () => (this.keys += 1),
      found: (identity) => this.news.push(`found ${identity}`),
      lost: (reason) => this.news.push(`lost ${reason}`),
    });
    this.conversation.seek();
  }

  /** Something that the panel says unasked, or its port fails. */
  disturb(): void {
    const random = this.#random;
    if (random.chance(0.02)) this.#events?.gone('its port is gone (EIO)');
    // Now and then more than any line could bring.
    else this.#events?.bytes(noise(random, random.chance(0.01) ? 60_000 : 60));
    this.conversation.show([`page ${random.uint32()}`, String.fromCharCode(random.below(65_536))]);
    this.conversation.light([{ colour: random.pick(['off', 'green', 'red']), blinks: false }]);
  }

  heal(): void {
    this.#isSane = true;
    this.conversation.show(['sane at last']);
  }

  isSeen(): boolean {
    return this.#device.shows('sane at last');
  }

  async #open(events: LineEvents): Promise<PanelLine> {
    if (!this.#isSane && this.#random.chance(0.1)) throw new Error('no such device');
    this.#events = events;
    return {
      write: (bytes) => {
        if (!this.#isSane && this.#random.chance(0.01)) throw new Error('EIO');
        setImmediate(() => this.#device.receive(this.#passed(bytes)));
        return !this.#random.chance(0.1);
      },
      close: async () => undefined,
    };
  }

  #say(bytes: Buffer): void {
    const { bytes: hear } = this.#events ?? {};
    setImmediate(() => hear?.(this.#passed(bytes)));
  }

  #passed(bytes: Buffer): Buffer {
    return this.#isSane ? bytes : damaged(this.#random, bytes);
  }
}

async function survive(
  t: ExecutionContext,
  makeDialect: () => Dialect,
  makeDevice: MakeDevice,
): Promise<readonly BrokenPanel[]> {
  const seed = Number(process.env['SEED'] ?? Math.trunc(Math.random() * 2 ** 31));
  t.log(`SEED=${seed}`);
  const random = new Random(seed);
  const panels = Array.from(
    { length: streams },
    () => new BrokenPanel(random.branch(), makeDialect(), makeDevice),
  );
  t.teardown(async () => Promise.all(panels.map(async ({ conversation }) => conversation.close())));
  const beganAt = monotonicMs();
  await until(
    'the noise is over',
    () => {
      for (let turn = 0; turn < 20; turn += 1) random.pick(panels).disturb();
      return monotonicMs() - beganAt > noisyMs;
    },
    patience,
  );
  for (const panel of panels) panel.heal();
  await until('all show the page', () => panels.every((panel) => panel.isSeen()), patience);
  const told = panels.map(({ news }) => news.length);
  t.log(
    `back after ${Math.round(monotonicMs() - beganAt - noisyMs)} ms; news ${Math.max(...told)}`,
  );
  // Two for each pause between two looks, which grow.
  t.true(Math.max(...told) < 100);
  t.true(panels.every(({ news }) => news.at(-1)?.startsWith('found') === true));
  return panels;
}

test.serial('a thousand broken CFA-635', async (t) => {
  const panels = await survive(
    t,
    () => crystalfontzDialect('635'),
    (send) => simulated(new SimulatedCrystalfontz('635', send)),
  );
  t.is(
    panels.reduce((sum, { keys }) => sum + keys, 0),
    0,
    'keys have a checksum',
  );
});

test.serial('a thousand broken LK204-7T-1U', async (t) => {
  const panels = await survive(
    t,
    () => matrixOrbitalDialect(),
    (send) => simulated(new SimulatedMatrixOrbital(send)),
  );
  const keys = panels.reduce((sum, panel) => sum + panel.keys, 0);
  t.log(`${keys} keys that nobody pressed`);
  t.true(keys < streams / 10, 'a byte of noise is hardly ever believed');
});

test.serial('a thousand broken connections to LCDd', async (t) => {
  const panels = await survive(t, () => lcdprocDialect(), lcdd);
  t.is(
    panels.reduce((sum, { keys }) => sum + keys, 0),
    0,
  );
});
