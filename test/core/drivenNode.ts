// A node driven by hand: a test gives it every event, the answer to every effect, and the time. What the peer says is
// fresh and echoes the node's last heartbeat unless the test says otherwise.
import type { Effect, EffectName, EffectWithToken } from '../../src/core/effects.ts';
import type {
  CoreEvent,
  DatabaseObservation,
  PortState,
  ProbeResult,
} from '../../src/core/events.ts';
import type { DurableRecord } from '../../src/core/record.ts';
import type { Settings } from '../../src/core/settings.ts';
import type { Echo, Heartbeat, Standing } from '../../src/core/standing.ts';
import type { State } from '../../src/core/state.ts';
import { initialState, step } from '../../src/core/step.ts';
import type { Happening } from '../simulator/core.ts';
import {
  boxA,
  boxB,
  durableRecord,
  heartbeat,
  settings,
  someSystemId,
  standing,
} from './builders.ts';

export const macA = '02:00:00:00:0a:00';
export const macB = '02:00:00:00:0b:00';
export const referenceMac = '02:00:00:00:00:01';
export const startA = 'a1a2a3a4a5a6a7a8';
export const startB = 'b1b2b3b4b5b6b7b8';

type EffectOf<N extends EffectName> = Extract<Effect, { readonly type: N }>;
type Asked = EffectWithToken['type'];

/** What comes back besides the time: rounds are answered with `round`, the peer says `peer` every 50 ms. */
export type Surroundings = {
  readonly round?: Partial<ProbeResult> | 'unanswered';
  readonly peer?: Partial<Standing>;
};

export type Beat = {
  readonly path?: string;
  readonly sender?: string;
  readonly agentStart?: string;
  readonly seq?: number;
  readonly echo?: Echo | null;
  readonly heard?: Echo | null;
};

export type DrivenNode = {
  readonly settings: Settings;
  readonly now: () => number;
  readonly state: () => State;
  readonly happen: (happening: Happening) => readonly Effect[];
  /** Lets time pass, with a tick every 10 ms. */
  readonly pass: (ms: number, surroundings?: Surroundings) => void;
  /** Lets time pass without a word to the node: its process is held up. */
  readonly sleep: (ms: number) => void;
  readonly hears: (said: Partial<Standing>, beat?: Beat) => void;
  /** Whether an effect waits for its answer. */
  readonly waitsFor: (type: Asked) => boolean;
  /** The newest effect of this type; throws where there was none. */
  readonly asked: <N extends EffectName>(type: N) => EffectOf<N>;
  /** Of this type, in the order in which they were asked for. */
  readonly all: <N extends EffectName>(type: N) => readonly EffectOf<N>[];
  readonly fails: (type: Asked) => void;
  readonly writes: () => void;
  readonly observes: (database: DatabaseObservation) => void;
  readonly port: (changes: Partial<PortState>) => void;
  /** The heartbeat that was sent last. */
  readonly said: () => Heartbeat;
  /** Everything that happened since the node was made. */
  readonly steps: readonly Step[];
};

export type Step = {
  readonly before: State;
  readonly event: CoreEvent;
  readonly after: State;
  readonly effects: readonly Effect[];
  readonly settings: Settings;
};

export type Beginning = {
  readonly settings?: Partial<Settings>;
  readonly record: DurableRecord | null;
  readonly database: DatabaseObservation;
  readonly port?: Partial<PortState>;
};

/** A node whose agent starts at 10 s of its clock. */
export function drivenNode(beginning: Beginning): DrivenNode {
  const chosen = settings(beginning.settings);
  const isA = chosen.self === boxA;
  const peerStart = isA ? startB : startA;
  let now = 10_000;
  let state = initialState(chosen);
  let peerSeq = 0;
  let heardAt = -Infinity;
  const effects: { readonly effect: Effect; readonly at: number }[] = [];
  const steps: Step[] = [];

  function happen(happening: Happening): readonly Effect[] {
    const before = state;
    const event: CoreEvent = { ...happening, at: now };
    const result = step(before, event, chosen);
    state = result.state;
    steps.push({ before, event, after: state, effects: result.effects, settings: chosen });
    for (const effect of result.effects) effects.push({ effect, at: now });
    return result.effects;
  }

  function all<N extends EffectName>(type: N): readonly EffectOf<N>[] {
    return effects
      .map(({ effect }) => effect)
      .filter((effect) => effect.type === type) as EffectOf<N>[];
  }

  function asked<N extends EffectName>(type: N): EffectOf<N> {
    const found = all(type).at(-1);
    if (found === undefined) throw new Error(`${type} was never asked for`);
    return found;
  }

  function said(): Heartbeat {
    return asked('sendHeartbeat').heartbeat;
  }

  function answerRound(changes: Partial<ProbeResult>): void {
    const { token } = asked('probe');
    const startedAtMs = effects.findLast(({ effect }) => effect.type === 'probe')?.at ?? now;
    happen({
      type: 'probeRoundDone',
      token,
      result: probeResult({ startedAtMs, endedAtMs: now, ...changes }),
    });
  }

  function roundIsDue(): boolean {
    const asking = effects.findLast(({ effect }) => effect.type === 'probe')?.at ?? Infinity;
    return state.pending.probe !== undefined && now - asking >= chosen.probeRoundMs;
  }

  function hears(changes: Partial<Standing>, { path = 'eth1', ...beat }: Beat = {}): void {
    peerSeq += 1;
    heardAt = now;
    const sent = all('sendHeartbeat').at(-1)?.heartbeat ?? null;
    const echo = sent === null ? null : { agentStart: sent.agentStart, seq: sent.seq };
    happen({
      type: 'heartbeatReceived',
      path,
      heartbeat: heartbeat({
        sender: isA ? boxB : boxA,
        agentStart: peerStart,
        seq: peerSeq,
        echo,
        heard: echo,
        standing: standing({ serviceMac: isA ? macB : macA, grant: null, ...changes }),
        ...beat,
      }),
    });
  }

  function pass(ms: number, { round = {}, peer }: Surroundings = {}): void {
    for (const end = now + ms; now < end;) {
      now = Math.min(end, now + 10);
      if (round !== 'unanswered' && roundIsDue()) answerRound(round);
      if (peer !== undefined && now - heardAt >= chosen.heartbeatIntervalMs) hears(peer);
      happen({ type: 'tick' });
    }
  }

  function tokenOf(type: Asked): number {
    const pending = state.pending[type];
    if (pending === undefined) throw new Error(`nothing waits for ${type}`);
    return pending;
  }

  happen({
    type: 'agentStarted',
    agentStart: isA ? startA : startB,
    record: beginning.record,
    database: beginning.database,
    port: portState({ mac: isA ? macA : macB, ...beginning.port }),
    heartbeatCarrier: true,
  });
  return {
    settings: chosen,
    now: () => now,
    state: () => state,
    happen,
    pass,
    sleep: (ms) => {
      now += ms;
    },
    hears,
    waitsFor: (type) => state.pending[type] !== undefined,
    asked,
    all,
    fails: (type) => {
      happen({
        type: 'effectFailed',
        token: tokenOf(type),
        code: 'FAILED',
        text: 'as the test wants',
      });
    },
    writes: () => {
      happen({ type: 'recordWritten', token: tokenOf('writeRecord') });
    },
    observes: (database) => {
      happen({ type: 'databaseObserved', database });
    },
    port: (changes) => {
      happen({ type: 'servicePortChanged', port: { ...state.port, ...changes } });
    },
    said,
    steps,
  };
}

export function portState(changes: Partial<PortState> = {}): PortState {
  return {
    present: true,
    up: true,
    carrier: true,
    carrierChanges: 1,
    mac: macA,
    addressesOn: false,
    anyAddressOn: false,
    ...changes,
  };
}

export const addressOn = { addressesOn: true, anyAddressOn: true } as const;
export const addressOff = { addressesOn: false, anyAddressOn: false } as const;

/** A silent round of a LAN that works. */
export function probeResult(changes: Partial<ProbeResult> = {}): ProbeResult {
  return {
    startedAtMs: 0,
    endedAtMs: 90,
    asked: 3,
    carrier: true,
    carrierChanges: 1,
    referenceAnswered: true,
    referenceMacs: [referenceMac],
    serviceAnsweredBy: [],
    peerAnsweredOnHeartbeatPort: false,
    ...changes,
  };
}

export const someLsn = 0x3000148n;

export function stoppedDatabase(changes: Partial<DatabaseObservation> = {}): DatabaseObservation {
  return {
    present: true,
    running: false,
    answering: false,
    inRecovery: null,
    systemId: someSystemId,
    timeline: 3,
    lsn: someLsn,
    receiving: false,
    standbyStreaming: false,
    standbyFlushLsn: null,
    synchronousSetting: false,
    admitted: false,
    rewindable: false,
    majorVersion: 15,
    problem: null,
    ...changes,
  };
}

/** The database of a standby that follows. */
export function standbyDatabase(changes: Partial<DatabaseObservation> = {}): DatabaseObservation {
  const runs = { running: true, answering: true, inRecovery: true, receiving: true };
  return stoppedDatabase({ ...runs, ...changes });
}

/** The database of a primary whose standby streams and holds everything. */
export function primaryDatabase(changes: Partial<DatabaseObservation> = {}): DatabaseObservation {
  return stoppedDatabase({
    running: true,
    answering: true,
    inRecovery: false,
    standbyStreaming: true,
    standbyFlushLsn: someLsn,
    synchronousSetting: true,
    admitted: true,
    rewindable: true,
    ...changes,
  });
}

/** What the standby of epoch 4 says while all is well. */
export const wellStandby: Partial<Standing> = {
  stateName: 'standby',
  eligible: true,
  database: {
    systemId: someSystemId,
    majorVersion: 15,
    timeline: 3,
    lsn: someLsn,
    receiving: true,
    rewindable: false,
  },
};

/** A grant of epoch 4 to this start and this counter of box B. */
export function grantTo(lossCounter: number, toStart = startB): Partial<Standing> {
  return { grant: { type: 'eligibility', epoch: 4, toStart, lossCounter } };
}

/** The primary of epoch 4, found running by its agent, its standby in contact. */
export function pairedPrimary(changes: Partial<Settings> = {}): DrivenNode {
  const node = drivenNode({
    settings: { self: boxA, ...changes },
    record: durableRecord({ node: boxA, arbiter: changes.arbiter ?? 'lan' }),
    database: primaryDatabase(),
    port: addressOn,
  });
  node.pass(2510, { peer: wellStandby });
  return node;
}

/** The standby of epoch 4: follows, granted, and its probe was answered by the primary. */
export function eligibleStandby(changes: Partial<Settings> = {}): DrivenNode {
  const node = freshStandby(changes);
  node.pass(1510, {
    peer: grantTo(node.state().eligibility.lossCounter),
    round: { serviceAnsweredBy: [macA] },
  });
  return node;
}

/** The standby of epoch 4 before it heard anything. */
export function freshStandby(changes: Partial<Settings> = {}): DrivenNode {
  return drivenNode({
    settings: { self: boxB, ...changes },
    record: durableRecord({ node: boxB, arbiter: changes.arbiter ?? 'lan' }),
    database: standbyDatabase(),
  });
}
