// What the lines of a script do: set up the site, let time pass, act, wait, expect, show the status.
import { acts } from './acts.ts';
import { conditions } from './conditions.ts';
import type { Condition } from './conditions.ts';
import { durationMs } from './duration.ts';
import { nearest, understand } from './phrase.ts';
import type { Phrase } from './phrase.ts';
import { ScenarioFailure } from './scenarioFailure.ts';
import type { Setup } from './setup.ts';
import { Site } from './site.ts';
import { statusLines } from './status.ts';
import { seconds } from './story.ts';

/** A script being played: what it asked for before its pair began, then the site. */
export type Play = {
  setup: Setup;
  site: Site | null;
};

type Command = (play: Play) => void;

export const commands: readonly Phrase<Command>[] = [
  { words: 'seed NUMBER', means: (seed) => sets({ seed: Number(seed) }) },
  {
    words: 'the port of the standby is kept down',
    means: () => sets({ standbyPort: 'down' }),
  },
  { words: 'etcd is the arbiter', means: () => sets({ arbiter: 'etcd' }) },
  { words: 'a fence device is the arbiter', means: () => sets({ arbiter: 'fence' }) },
  { words: 'eth1 goes over a switch', means: () => sets({ directCable: false }) },
  {
    words: 'a switch port listens for TIME before it forwards',
    means: (time) => sets({ listenMs: durationMs(time) }),
  },
  {
    words: 'the first box is preferred, and asks for the service after TIME',
    means: (time) => sets({ failbackAfterMs: durationMs(time) }),
  },
  { words: 'a healthy pair', means: () => beginPair },
  { words: 'wait TIME', means: (time) => inSite((site) => site.advance(durationMs(time))) },
  {
    words: 'wait until TEXT, at most TIME',
    means: (text, time) => inSite((site) => waitUntil(site, text, time)),
  },
  {
    words: 'expect TEXT within TIME',
    means: (text, time) => inSite((site) => expectWithin(site, text, time)),
  },
  {
    words: 'expect TEXT for TIME',
    means: (text, time) => inSite((site) => expectFor(site, text, time)),
  },
  { words: 'expect TEXT', means: (text) => inSite((site) => expectNow(site, text)) },
  { words: 'from now on', means: () => inSite(forget) },
  { words: 'status', means: () => inSite(showStatus) },
  {
    words: 'after TIME, TEXT',
    means: (time, text) => inSite((site) => actLater(site, time, text)),
  },
];

/** Does what one line says. Throws a ScenarioFailure where that cannot be or was not so. */
export function obey(play: Play, line: string): void {
  const command = understand(commands, line);
  if (command !== null) command(play);
  else inSite((site) => act(site, line))(play);
}

function sets(change: Partial<Setup>): Command {
  return (play) => {
    if (play.site !== null) throw new ScenarioFailure('this must be said before the pair begins');
    play.setup = { ...play.setup, ...change };
  };
}

function beginPair(play: Play): void {
  if (play.site !== null) throw new ScenarioFailure('there is a pair already');
  play.site = new Site(play.setup);
  play.site.begin();
}

function inSite(run: (site: Site) => void): Command {
  return ({ site }) => {
    if (site === null) throw new ScenarioFailure('a script begins with "a healthy pair"');
    run(site);
  };
}

function act(site: Site, line: string): void {
  const meaning = understand(acts, line);
  if (meaning === null)
    throw new ScenarioFailure(
      `nobody knows what "${line}" means; nearest: ${nearest([...acts, ...commands], line)}`,
    );
  meaning(site);
  site.watch.look();
}

function actLater(site: Site, time: string, line: string): void {
  site.advance(durationMs(time));
  act(site, line);
}

function condition(site: Site, text: string): Condition {
  const meaning = understand(conditions, text);
  if (meaning === null)
    throw new ScenarioFailure(
      `nobody knows when "${text}" is so; nearest: ${nearest(conditions, text)}`,
    );
  return meaning(site);
}

function waitUntil(site: Site, text: string, time: string): void {
  const { holds } = condition(site, text);
  if (!site.until(holds, durationMs(time)))
    throw new ScenarioFailure(`waited ${time} in vain until ${text}`);
}

function expectNow(site: Site, text: string): void {
  const { holds, figure } = condition(site, text);
  const said = figure?.() ?? '';
  if (!holds())
    throw new ScenarioFailure(`it is not so that ${text}${said === '' ? '' : `: ${said}`}`);
  if (said !== '') measured(site, said);
}

function expectWithin(site: Site, text: string, time: string): void {
  const { holds } = condition(site, text);
  const { queue } = site.world;
  const beginMs = queue.nowMs;
  if (!site.until(holds, durationMs(time)))
    throw new ScenarioFailure(`within ${time} it was never so that ${text}`);
  measured(site, `after ${seconds(queue.nowMs - beginMs)}`);
}

function expectFor(site: Site, text: string, time: string): void {
  const { holds } = condition(site, text);
  const { queue } = site.world;
  const beginMs = queue.nowMs;
  if (site.until(() => !holds(), durationMs(time)))
    throw new ScenarioFailure(
      `after ${seconds(queue.nowMs - beginMs)} it was no longer so that ${text}`,
    );
}

/** The figure behind an expectation that is met. */
function measured(site: Site, text: string): void {
  site.story.tell(site.world.queue.nowMs, '*', text);
}

function forget(site: Site): void {
  site.client.forget();
  site.watch.forget();
}

function showStatus(site: Site): void {
  for (const line of statusLines(site)) site.story.say(line);
}
