// Lights of the case under /sys/class/leds. Writing to one may take long, because many hang on slow buses, and one may be
// missing: a single write is under way at a time, in the thread pool, and nobody ever waits for it.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { monotonicMs } from '../../kernel/clock.ts';

export type LightName = 'box' | 'role' | 'peer' | 'database';
export type LedColour = 'green' | 'amber' | 'red';

/** Names of folders under /sys/class/leds; a colour without one has no light of its own. */
export type LedNames = Readonly<
  Record<LightName, { readonly [Colour in LedColour]?: string | undefined }>
>;

export type LedLight = { readonly colour: LedColour | 'off'; readonly blinks: boolean };
export type LedLights = Readonly<Record<LightName, LedLight>>;

export type LedsOptions = {
  readonly names: LedNames;
  /** A light cannot be written to (told once), or can be again. */
  readonly failed: (name: string, reason: string) => void;
  readonly found: (name: string) => void;
  readonly directory?: string;
  readonly retryMs?: number;
};

export type Leds = {
  /** Never waits, never throws; the newest lights win. */
  show(lights: LedLights): void;
  /** Dark, where that is done within a moment. */
  close(): Promise<void>;
};

const usualDirectory = '/sys/class/leds';
const halfBlinkMs = 500;
const usualRetryMs = 60_000;
const closeMs = 500;
/** A write that takes longer hangs: nothing more can be shown until it returns. */
const hangMs = 5_000;

type Led = {
  readonly name: string;
  wanted: boolean;
  written: boolean | null;
  /** What "on" is; null: it was not opened yet. */
  most: string | null;
  hasFailed: boolean;
  retryAt: number;
};

const dark: LedLight = { colour: 'off', blinks: false };
const allDark: LedLights = { box: dark, role: dark, peer: dark, database: dark };

export function openLeds(options: LedsOptions): Leds {
  const { names, directory = usualDirectory, retryMs = usualRetryMs } = options;
  const leds = new Map<string, Led>();
  for (const name of Object.values(names).flatMap((each) => Object.values(each)))
    if (name !== undefined) leds.set(name, newLed(name));
  let lights = allDark;
  let isLit = true;
  let writing: Promise<void> | null = null;

  const beat = setInterval(() => {
    isLit = !isLit;
    refresh();
  }, halfBlinkMs);
  beat.unref();

  function refresh(): void {
    const lit = litLeds(names, lights, isLit);
    for (const led of leds.values()) led.wanted = lit.has(led.name);
    writing ??= pump();
  }

  async function pump(): Promise<void> {
    for (let led = due(); led !== undefined; led = due()) await write(led);
    writing = null;
  }

  function due(): Led | undefined {
    const now = monotonicMs();
    return [...leds.values()].find((led) => led.wanted !== led.written && now >= led.retryAt);
  }

  async function write(led: Led): Promise<void> {
    const { name, wanted } = led;
    const slow = setTimeout(
      () => fail(led, `a write has not ended within ${hangMs / 1000} s`),
      hangMs,
    );
    slow.unref();
    try {
      const folder = join(directory, name);
      led.most ??= await openLed(folder);
      await writeFile(join(folder, 'brightness'), wanted ? led.most : '0');
      led.written = wanted;
      led.retryAt = 0;
      if (led.hasFailed) options.found(name);
      led.hasFailed = false;
    } catch (error) {
      led.most = null;
      led.retryAt = monotonicMs() + retryMs;
      fail(led, reasonOf(error));
    } finally {
      clearTimeout(slow);
    }
  }

  function fail(led: Led, reason: string): void {
    if (!led.hasFailed) options.failed(led.name, reason);
    led.hasFailed = true;
  }

  return {
    show(shown) {
      lights = shown;
      refresh();
    },
    async close() {
      clearInterval(beat);
      lights = allDark;
      refresh();
      await withinAMoment(writing);
    },
  };
}

async function withinAMoment(work: Promise<void> | null): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, closeMs);
  });
  await Promise.race([work, deadline]);
  clearTimeout(timer);
}

function newLed(name: string): Led {
  return { name, wanted: false, written: null, most: null, hasFailed: false, retryAt: 0 };
}

/** What else drives it (disk, heartbeat of the kernel) lets go of it; how bright it can be. */
async function openLed(folder: string): Promise<string> {
  // A light without triggers has no such file.
  await writeFile(join(folder, 'trigger'), 'none').catch(() => undefined);
  const most = (await readFile(join(folder, 'max_brightness'), 'utf8')).trim();
  return /^[1-9]\d{0,9}$/.test(most) ? most : '1';
}

/** The lights that are on; `isLit` is the half of the rhythm in which what blinks is. */
export function litLeds(names: LedNames, lights: LedLights, isLit: boolean): ReadonlySet<string> {
  const lit = new Set<string>();
  for (const light of Object.keys(lights) as LightName[]) {
    const own = names[light];
    const shown = shownBy(own, lights[light]);
    if (shown.blinks && !isLit) continue;
    for (const colour of shown.colours) {
      const name = own[colour];
      if (name !== undefined) lit.add(name);
    }
  }
  return lit;
}

type Shown = { readonly colours: readonly LedColour[]; readonly blinks: boolean };

/** With the colours that there are: a single one blinks in the place of amber, and is never on in the place of another. */
function shownBy(own: LedNames[LightName], { colour, blinks }: LedLight): Shown {
  if (colour === 'off') return { colours: [], blinks: false };
  if (colour !== 'amber' || own.amber !== undefined) return { colours: [colour], blinks };
  const isMixed = own.green !== undefined && own.red !== undefined;
  return { colours: ['green', 'red'], blinks: blinks || !isMixed };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && error.code === 'ENOENT' ? 'there is no such light' : error.message;
}
