// A guardian's machine in the hands of a test: time is passed, events are told by name, and what it asks for is collected.
import type { GuardianEffect } from '../../src/core/guardian/effects.ts';
import type {
  FoundService,
  GuardianEvent,
  Remembered,
  ServiceOrder,
} from '../../src/core/guardian/events.ts';
import { initialGuardianState, stepGuardian } from '../../src/core/guardian/machine.ts';
import type {
  GuardianRole,
  GuardianSettings,
  HookSettings,
  RestartSettings,
  ServiceSettings,
} from '../../src/core/guardian/settings.ts';
import type { GuardianState, HooksDone } from '../../src/core/guardian/state.ts';
import type { ServiceSummary } from '../../src/core/guardian/status.ts';
import { guardianFitness, summarizeGuardian } from '../../src/core/guardian/summary.ts';
import { nextGuardianWakeAt } from '../../src/core/guardian/wake.ts';

export const restart: RestartSettings = {
  firstMs: 200,
  longestMs: 30_000,
  limit: 5,
  windowMs: 60_000,
  steadyMs: 60_000,
  quarantineMs: 30 * 60_000,
};

export const check = { intervalMs: 5000, timeoutMs: 2000, threshold: 3 };

export function service(name: string, changes: Partial<ServiceSettings> = {}): ServiceSettings {
  return {
    name,
    runs: 'always',
    after: [],
    required: true,
    startDeadlineMs: 10_000,
    stopDeadlineMs: 5000,
    restart,
    checks: [],
    ...changes,
  };
}

export function hook(name: string, changes: Partial<HookSettings> = {}): HookSettings {
  return { name, on: ['primary'], required: false, deadlineMs: 10_000, ...changes };
}

type Without<E> = E extends unknown ? Omit<E, 'at' | 'draw'> : never;

export class DrivenGuardian {
  readonly settings: GuardianSettings;
  state: GuardianState;
  now = 1000;
  draw = 0;

  constructor(services: readonly ServiceSettings[], hooks: readonly HookSettings[] = []) {
    this.settings = { services, hooks };
    this.state = initialGuardianState(this.settings);
  }

  begin(
    found: readonly FoundService[] = [],
    remembered: Remembered | null = null,
    hooksDone: HooksDone | null = null,
  ): readonly string[] {
    return this.send({ type: 'guardianStarted', found, remembered, hooksDone });
  }

  /** The effects in words, in their order; reports are left out. */
  send(event: Without<GuardianEvent>): readonly string[] {
    return this.effectsOf(event).flatMap(inWords);
  }

  effectsOf(event: Without<GuardianEvent>): readonly GuardianEffect[] {
    const told = { ...event, at: this.now, draw: this.draw } as GuardianEvent;
    const { state, effects } = stepGuardian(this.state, told, this.settings);
    this.state = state;
    return effects;
  }

  role(role: GuardianRole, epoch = 1): readonly string[] {
    return this.send({ type: 'roleChanged', role, epoch });
  }

  started(name: string): readonly string[] {
    return this.send({ type: 'serviceStarted', service: name, token: this.life(name).runToken });
  }

  exited(name: string, text = 'exit code 1'): readonly string[] {
    const { runToken } = this.life(name);
    return this.send({ type: 'serviceExited', service: name, token: runToken, text });
  }

  stopped(name: string): readonly string[] {
    return this.send({ type: 'serviceStopped', service: name, token: this.life(name).stopToken });
  }

  checked(name: string, ok: boolean, index = 0): readonly string[] {
    const token = this.life(name).checks[index]?.token ?? -1;
    return this.send({
      type: 'checkDone',
      service: name,
      token,
      check: index,
      ok,
      text: ok ? 'answers' : 'no answer',
    });
  }

  hookEnds(name: string, ok = true): readonly string[] {
    const token = this.state.hooks.find((one) => one.name === name)?.token ?? -1;
    return this.send({ type: 'hookDone', hook: name, token, ok, text: ok ? 'exit 0' : 'exit 1' });
  }

  order(order: ServiceOrder, name: string, commandId = 1): readonly string[] {
    return this.send({ type: 'serviceOrdered', commandId, order, service: name });
  }

  /** Lets time pass, with a tick whenever the machine wants one. */
  passMs(ms: number): readonly string[] {
    const until = this.now + ms;
    const seen: string[] = [];
    for (;;) {
      const wakeAt = nextGuardianWakeAt(this.state, this.settings);
      this.now = Math.min(wakeAt, until);
      seen.push(...this.send({ type: 'tick' }));
      if (wakeAt >= until) return seen;
    }
  }

  life(name: string): GuardianState['services'][number] {
    const found = this.state.services.find((one) => one.name === name);
    if (found === undefined) throw new Error(`there is no service ${name}`);
    return found;
  }

  shown(name: string): ServiceSummary {
    const { services } = summarizeGuardian(this.state, this.settings, this.now);
    const found = services.find((one) => one.name === name);
    if (found === undefined) throw new Error(`there is no service ${name}`);
    return found;
  }

  get fit(): boolean {
    return guardianFitness(this.state, this.settings);
  }
}

/** `start a`, `kill a`, `run hook`, `answer 1 ok: …` and so on. */
export function inWords(effect: GuardianEffect): readonly string[] {
  switch (effect.type) {
    case 'startService':
      return [`start ${effect.service}`];
    case 'stopService':
      return [`${effect.kill ? 'kill' : 'stop'} ${effect.service}`];
    case 'runCheck':
      return [`check ${effect.service} ${effect.check}`];
    case 'runHook':
      return [`run ${effect.hook} ${effect.role} ${effect.epoch}`];
    case 'cancelHook':
      return [`cancel ${effect.hook}`];
    case 'rememberHooks':
      return [`remember ${effect.role} ${effect.epoch}: ${effect.done.join(' ')}`.trim()];
    case 'answerOrder':
      return [`answer ${effect.commandId} ${effect.ok ? 'ok' : 'no'}: ${effect.text}`];
    case 'report':
      return [];
    default:
      return effect satisfies never;
  }
}
