// scripts/lab: the command line of the lab.

import { spawnSync } from 'node:child_process';
import { UsageError } from '../usage.ts';
import { boxPid } from './databaseSession.ts';
import { demo } from './demo.ts';
import { faults } from './faults.ts';
import { described } from './health.ts';
import { hotpair } from './hotpairCommand.ts';
import { enterBox } from './insideBox.ts';
import { askKeeper } from './keeperProtocol.ts';
import { LabError, sentenceOf } from './labError.ts';
import { boxNames, isBoxName, namespaces, type BoxName } from './layout.ts';
import { startObserver } from './observerProcess.ts';
import { requireRights } from './rights.ts';
import { leader, type Sight } from './sight.ts';
import { bringUp, heal, type Say } from './site.ts';
import { holdingLock } from './siteLock.ts';
import { leftovers, removeSite } from './siteRemoval.ts';
import { readState, type SiteOptions } from './siteState.ts';
import { soak } from './soak.ts';
import { suite } from './suite.ts';
import { missedGoals, summaryOf } from './summary.ts';
import type { TrialLine } from './trialRun.ts';
import { runSeries, turnsOf } from './trialSeries.ts';
import { trials, trialsCalled } from './trials.ts';
import { parseWords, type Words } from './words.ts';

const usage = `usage: scripts/lab COMMAND
  up                      build the site and wait for a healthy pair
  down                    remove the site with everything it made
  status                  both boxes, from outside and by their own word
  shell NODE [COMMAND..]  a shell in box-a, box-b or client
  fault NAME [NODE]       apply a fault (list names them); NODE: the primary
  heal                    undo every fault
  trial NAME              run a trial, or all of an id (A01): --runs N --json --load cpu --minutes N --during-checkpoint
  suite                   every fault: --only A01,B03 --runs 3 --pairs N --seed S --json --report DIR
  soak                    mixed trials: --trials 200 --seed 1 --resume
  list                    names of trials and faults
up, trial, suite and soak take --eth1 direct|switched, --standby-port unaddressed|down,
--arbiter lan|etcd|fence, --second-path none|serial|lan, --sip, --binary FILE;
trial, suite and soak take --stop-on-failure, trial and suite --keep (the site stays up).`;

const say: Say = (text) => process.stderr.write(`${text}\n`);
const tell = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

type Command = (words: Words, rest: readonly string[]) => Promise<number>;

const commands: Readonly<Record<string, Command>> = {
  up: async (words) =>
    changing(words.site.binary, async () => {
      const pair = await bringUp(words.site, say);
      tell(`up: ${pair.primary} is primary, ${pair.standby} is standby, ${pair.mode}`);
      return 0;
    }),
  down: async () =>
    changing(undefined, async () => {
      await removeSite();
      for (const what of leftovers()) say(`left behind: ${what}`);
      return leftovers().length === 0 ? 0 : 1;
    }),
  status: async () => {
    requireRights();
    await showStatus();
    return 0;
  },
  shell: async (_words, [where = '', ...command]) => {
    requireRights();
    return openShell(where, command);
  },
  fault: async (_words, [name = '', node]) => {
    requireRights();
    await applyFault(name, node);
    return 0;
  },
  heal: async () => {
    requireRights();
    await heal();
    return 0;
  },
  trial: async (words, [name = '']) => runTrials(words, name),
  soak: async (words) =>
    changing(words.site.binary, async () => {
      const passed = await soak({
        ...words,
        count: words.trials,
        options: words.trial,
        onLine: words.json ? tellLine : () => undefined,
        say,
      });
      return passed ? 0 : 1;
    }),
  suite: async (words) => {
    return changing(words.site.binary, async () =>
      suite({ words, site: words.site, onLine: words.json ? tellLine : () => undefined, say }),
    );
  },
  demo: async (words) => changing(words.site.binary, async () => demo(words)),
  list: async () => {
    tell('trials:');
    for (const { name, title } of trials) tell(`  ${name.padEnd(28)} ${title}`);
    tell('faults:');
    for (const { name, title } of faults) tell(`  ${name.padEnd(22)} ${title}`);
    return Promise.resolve(0);
  },
};

/** How many words a command takes besides its options; a shell takes what comes. */
const wordsOf: Readonly<Record<string, number>> = { fault: 2, trial: 1 };

async function runTrials(words: Words, name: string): Promise<number> {
  const called = trialsCalled(name);
  const runs = words.runs ?? 1;
  const site = siteOf(words);
  return changing(site.binary, async () => {
    const lines = await runSeries({
      turns: turnsOf(called, runs),
      site,
      options: words.trial,
      stopOnFailure: words.stopOnFailure,
      onLine: tellLine,
      say,
    });
    say(summaryOf(lines));
    const missed = missedGoals(called, lines);
    for (const sentence of missed) say(`FAILED ${sentence}`);
    if (!words.keep && !words.stopOnFailure) await removeSite();
    const complete = lines.length === called.length * runs;
    return complete && missed.length === 0 && lines.every(({ pass }) => pass) ? 0 : 1;
  });
}

/** Work that changes the site: rights are asked for first, then the lock. */
async function changing(binary: string | undefined, work: () => Promise<number>): Promise<number> {
  requireRights(binary);
  return holdingLock(work);
}

/** A running site is taken as it is unless the command line asks for something else. */
function siteOf(words: Words): SiteOptions {
  const running = readState();
  if (words.siteGiven || running === undefined) return words.site;
  const { eth1, standbyPort, arbiter, secondPath, sip, binary } = running.options;
  say(
    `the running site: Eth1 ${eth1}, standby port ${standbyPort}, arbiter ${arbiter}, second path ${secondPath}, ` +
      `${sip ? 'with' : 'without'} the telephone service, ${binary}`,
  );
  return running.options;
}

function tellLine(line: TrialLine): void {
  tell(JSON.stringify(line));
}

async function showStatus(): Promise<void> {
  const { boxes, cableConnected } = await askKeeper({ type: 'report' });
  const binary = readState()?.options.binary ?? '';
  const sight = await look();
  tell(`from outside: ${described(sight)}`);
  tell(`Eth1: ${cableConnected ? 'connected' : 'cut'}`);
  for (const box of boxNames) {
    const { pid, watchdog, resets, lanConnected } = boxes[box];
    const power = pid === null ? 'off' : `on (PID 1 is ${pid})`;
    const lan = lanConnected ? 'connected' : 'cut';
    tell(`${box}: power ${power}, Eth0 ${lan}, watchdog ${watchdog}, ${resets} resets`);
    if (pid === null) continue;
    const word = await hotpair(binary, box, ['status'], 5000).catch(sentenceOf);
    tell(word.trimEnd().replace(/^/gmu, '  '));
  }
}

async function look(): Promise<Sight> {
  const observer = startObserver();
  try {
    await observer.untilSeen('both databases', 1500, allAnswer).catch(() => undefined);
    return observer.report().sight;
  } finally {
    await observer.stop();
  }
}

function allAnswer(sight: Sight): boolean {
  return boxNames.every((box) => boxPid(box) === undefined || sight[box].database !== null);
}

function openShell(where: string, command: readonly string[]): number {
  const inside = command.length > 0 ? command : ['sh', '-i'];
  const enter = isBoxName(where)
    ? enterBox(where)
    : where === 'client'
      ? [`--net=/run/netns/${namespaces.client}`, '--']
      : undefined;
  if (enter === undefined) throw new LabError('shell: name box-a, box-b or client', 2);
  const binaryDirectory = (readState()?.options.binary ?? '').replace(/\/[^/]*$/u, '');
  const env = {
    ...process.env,
    PS1: `${where}# `,
    PATH: `${binaryDirectory}:${process.env['PATH'] ?? ''}`,
  };
  const done = spawnSync('nsenter', [...enter, ...inside], { stdio: 'inherit', env });
  return done.status ?? 1;
}

async function applyFault(name: string, node: string | undefined): Promise<void> {
  const fault = faults.find((candidate) => candidate.name === name);
  if (fault === undefined) {
    throw new LabError(`no fault is called ${name || '(nothing)'}; scripts/lab list has them`, 2);
  }
  const box = fault.takesBox ? (node === undefined ? await primary() : named(node)) : 'box-a';
  await fault.apply(box);
  tell(fault.takesBox ? `${name}: ${box}` : name);
}

function named(node: string): BoxName {
  if (!isBoxName(node)) throw new LabError(`no box is called ${node}: box-a or box-b`, 2);
  return node;
}

async function primary(): Promise<BoxName> {
  const box = leader(await look());
  if (box === undefined) throw new LabError('there is no one primary now: name a box');
  return box;
}

async function main(): Promise<number> {
  const [name = '', ...line] = process.argv.slice(2);
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    if (name !== '' && name !== 'help' && name !== '--help')
      throw new UsageError(`no command is called ${name}; scripts/lab help has them`);
    tell(usage);
    return 0;
  }
  if (name === 'shell') return command(parseWords([]), line);
  const words = parseWords(line);
  const extra = words.positional[wordsOf[name] ?? 0];
  if (extra !== undefined) throw new UsageError(`${name}: ${extra} is not expected here`);
  return command(words, words.positional);
}

/** A reader that goes away (head, grep -q) does not end the work: a site that was made is removed, a verdict is reached. */
function outliveReader({ code, message }: NodeJS.ErrnoException): void {
  if (code === 'EPIPE') return;
  process.stderr.write(`lab: what is printed is refused: ${code ?? message}\n`);
  process.exit(1);
}

for (const stream of [process.stdout, process.stderr]) stream.on('error', outliveReader);

try {
  process.exitCode = await main();
} catch (error) {
  say(`lab: ${sentenceOf(error)}`);
  process.exitCode = statusOf(error);
}

function statusOf(error: unknown): number {
  if (error instanceof UsageError) return 2;
  return error instanceof LabError ? error.exitCode : 1;
}
