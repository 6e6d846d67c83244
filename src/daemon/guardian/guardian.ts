// The guardian around its machine: what happens goes in, one at a time, what the machine wants is carried out, and the agent is
// told. Nothing here decides.
import { join } from 'node:path';
import type { GuardianEffect } from '../../core/guardian/effects.ts';
import type { GuardianEvent } from '../../core/guardian/events.ts';
import { initialGuardianState, stepGuardian } from '../../core/guardian/machine.ts';
import type { GuardianState } from '../../core/guardian/state.ts';
import { rememberedOf } from '../../core/guardian/state.ts';
import { nextGuardianWakeAt } from '../../core/guardian/wake.ts';
import { runCheck } from '../../io/check/check.ts';
import { markOfCheck, markOfPair } from '../../io/service/members.ts';
import { openRunFile, readRunFile } from '../../io/service/runFile.ts';
import type { RunFileWriter } from '../../io/service/runFile.ts';
import { removeOtherMarks } from '../../io/sync/copyMark.ts';
import { openServices } from '../../io/service/services.ts';
import type { Services } from '../../io/service/services.ts';
import { monotonicMs } from '../../kernel/clock.ts';
import type { ToGuardian } from '../../protocol/guardianMessages.ts';
import { serviceEnvironment } from './environment.ts';
import type { Situation } from './environment.ts';
import { endLeftHooks, openHookRunner } from './hookRunner.ts';
import type { HookRunner } from './hookRunner.ts';
import { readHooksDone } from './hooksFile.ts';
import type { LineOutput } from './lineOutput.ts';
import { openStateTeller } from './stateTeller.ts';
import type { StateTeller } from './stateTeller.ts';
import { SyncRunner } from './syncRunner.ts';

export type Configure = Extract<ToGuardian, { readonly type: 'configure' }>;
export type Told = Exclude<ToGuardian, Configure>;

export type Guardian = {
  /** Finds what runs already; resolves when the machine goes on with it, and only then it may be told anything. */
  readonly begin: () => Promise<void>;
  readonly tell: (message: Told) => void;
  /** Services run on; hooks and checks under way are ended, because nobody would see to their deadline. */
  readonly close: () => void;
};

/** An event without time and chance, which every event is given when it happens. */
type Happening = GuardianEvent extends infer E
  ? E extends unknown
    ? Omit<E, 'at' | 'draw'>
    : never
  : never;

type Guarding = {
  readonly configure: Configure;
  readonly out: LineOutput;
  readonly services: Services;
  readonly hooks: HookRunner;
  /** Null: nothing is copied. */
  readonly sync: SyncRunner | null;
  readonly teller: StateTeller;
  readonly runFile: RunFileWriter;
  readonly checks: AbortController;
  state: GuardianState;
  situation: Situation;
  begun: boolean;
  /** As it was written last. */
  remembered: string;
  wake: NodeJS.Timeout | undefined;
};

/** A timer of Node's holds no longer; the machine only finds that it was asked too soon. */
const longestSleepMs = 60_000;

export function openGuardian(configure: Configure, out: LineOutput): Guardian {
  const it = guardingOf(configure, out);
  return {
    begin: async () => begin(it),
    tell: (message) => tell(it, message),
    close() {
      clearTimeout(it.wake);
      it.checks.abort();
      it.hooks.close();
      it.sync?.close();
      it.services.close();
      it.teller.close();
    },
  };
}

function guardingOf(configure: Configure, out: LineOutput): Guarding {
  const { services, hooks, stateDirectory, runDirectory, place } = configure;
  const onChange = (): void => writeRunFile(it);
  const it: Guarding = {
    configure,
    out,
    services: openServices({
      descriptions: services,
      logDirectory: join(stateDirectory, 'services'),
      runDirectory,
      environment: (description, user) => serviceEnvironment(description, user, it.situation),
      onEvent: (event) => post(it, event),
      onChange,
    }),
    hooks: openHookRunner({
      hooks,
      stateDirectory,
      situation: () => it.situation,
      onDone: (event) => post(it, event),
      onChange,
      onTrouble: (event, text) => tellTrouble(it, event, text),
    }),
    teller: openStateTeller(configure, out, {
      state: () => it.state,
      pid: (service) => it.services.main(service)?.pid ?? null,
      sync: () => it.sync?.status() ?? [],
    }),
    sync: openSync(configure, out, () => it.teller.note()),
    runFile: openRunFile(runDirectory),
    checks: new AbortController(),
    state: initialGuardianState(configure),
    situation: {
      place,
      runDirectory,
      role: 'none',
      epoch: 0,
      reason: { code: '', text: '' },
    },
    begun: false,
    remembered: '',
    wake: undefined,
  };
  return it;
}

function openSync(
  { sync: description, place, stateDirectory, runDirectory }: Configure,
  out: LineOutput,
  onChange: () => void,
): SyncRunner | null {
  if (description === null) return null;
  return new SyncRunner({
    description,
    place,
    stateDirectory,
    runDirectory,
    mark: { [markOfCheck]: 'sync', [markOfPair]: runDirectory },
    tell: (level, event, detail) => out.say({ type: 'event', level, event, detail }),
    onChange,
  });
}

async function begin(it: Guarding): Promise<void> {
  const { runDirectory, stateDirectory } = it.configure;
  const left = readRunFile(runDirectory);
  forgetOtherSets(it);
  await endLeftHooks(left.hooks);
  const found = await it.services.begin(left.services);
  const hooksDone = await readHooksDone(stateDirectory);
  it.begun = true;
  post(it, { type: 'guardianStarted', found, remembered: left.remembered, hooksDone });
  writeRunFile(it);
}

function forgetOtherSets(it: Guarding): void {
  const { stateDirectory, sync } = it.configure;
  try {
    removeOtherMarks(stateDirectory, sync?.sets.map(({ name }) => name) ?? []);
  } catch (error) {
    tellTrouble(it, 'syncMark', error instanceof Error ? error.message : String(error));
  }
}

function tell(it: Guarding, message: Told): void {
  if (message.type === 'role') {
    const { role, epoch, reason } = message;
    it.situation = { ...it.situation, role, epoch, reason };
    // What services write from now on is this box's own.
    it.sync?.follow(role);
    post(it, { type: 'roleChanged', role, epoch });
  } else if (message.type === 'order') {
    const { id: commandId, order, service } = message;
    post(it, { type: 'serviceOrdered', commandId, order, service });
  } else if (message.type === 'syncSecrets') {
    it.sync?.useSecrets(message.secrets);
  } else {
    post(it, { type: 'shutdownOrdered', commandId: message.id });
    // PostgreSQL is stopped then, and nobody watches any more.
    setTimeout(() => it.services.killAll(), message.deadlineMs).unref();
  }
}

function post(it: Guarding, happening: Happening): void {
  const event = { ...happening, at: monotonicMs(), draw: Math.random() } as GuardianEvent;
  const { state, effects } = stepGuardian(it.state, event, it.configure);
  it.state = state;
  for (const effect of effects) carryOut(it, effect);
  const remembered = JSON.stringify(rememberedOf(state));
  if (remembered !== it.remembered) writeRunFile(it);
  it.teller.note();
  sleep(it);
}

function sleep(it: Guarding): void {
  clearTimeout(it.wake);
  const waitMs = nextGuardianWakeAt(it.state, it.configure) - monotonicMs();
  const sleepMs = Math.min(longestSleepMs, Math.max(0, Math.ceil(waitMs)));
  it.wake = setTimeout(() => post(it, { type: 'tick' }), sleepMs);
}

/** Before the guardian has begun the file is still about what the one before it left. */
function writeRunFile(it: Guarding): void {
  if (!it.begun) return;
  const remembered = rememberedOf(it.state);
  it.remembered = JSON.stringify(remembered);
  const services = it.services.running();
  const refused = it.runFile.write({ services, remembered, hooks: it.hooks.running() });
  if (refused !== null) tellTrouble(it, 'servicesNotWrittenDown', refused);
}

function tellTrouble({ out }: Guarding, event: string, text: string): void {
  out.say({ type: 'event', level: 'warning', event, detail: { text } });
}

const executors: {
  readonly [T in GuardianEffect['type']]: (
    it: Guarding,
    effect: Extract<GuardianEffect, { readonly type: T }>,
  ) => void;
} = {
  startService: ({ services }, { service, token }) => services.start(service, token),
  stopService: ({ services }, { service, token, kill, deadlineMs }) =>
    services.stop(service, token, kill, deadlineMs),
  runCheck: (it, effect) => void check(it, effect),
  runHook: ({ hooks }, effect) => hooks.run(effect),
  cancelHook: ({ hooks }, effect) => hooks.cancel(effect),
  rememberHooks: ({ hooks }, effect) => hooks.remember(effect),
  answerOrder: ({ out }, { commandId: id, ok, text }) => out.say({ type: 'answer', id, ok, text }),
  report: ({ out }, { report, level, name, text }) => {
    const detail = report.startsWith('hook') ? { hook: name, text } : { service: name, text };
    out.say({ type: 'event', level, event: report, detail });
  },
};

function carryOut<T extends GuardianEffect['type']>(
  it: Guarding,
  effect: Extract<GuardianEffect, { readonly type: T }>,
): void {
  const execute = executors[effect.type] as (it: Guarding, effect: GuardianEffect) => void;
  execute(it, effect);
}

async function check(
  it: Guarding,
  effect: Extract<GuardianEffect, { readonly type: 'runCheck' }>,
): Promise<void> {
  const { service, token, check: index, timeoutMs } = effect;
  const description = it.configure.services.find(({ name }) => name === service)?.checks[index];
  if (description === undefined) throw new Error(`${service} has no check ${index}`);
  const { ok, text } = await runCheck(description, timeoutMs, {
    main: it.services.main(service),
    program: () => it.services.programOfCheck(service),
    signal: it.checks.signal,
  });
  if (it.checks.signal.aborted) return;
  post(it, { type: 'checkDone', service, token, check: index, ok, text });
}
