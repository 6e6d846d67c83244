// The sets of files in the guardian: carries out what their machine wants, keeps the files of the daemon that hands them out, and
// tells what people have to know. The daemon itself is a service like any other.
import { copyAges, initialSync, stepSync, syncSummary } from '../../core/guardian/sync.ts';
import type {
  PullEnd,
  SyncEffect,
  SyncEvent,
  SyncState,
  SyncSummary,
} from '../../core/guardian/sync.ts';
import type { GuardianRole } from '../../core/guardian/settings.ts';
import { SetPuller } from '../../io/sync/pull.ts';
import { writeServerFiles } from '../../io/sync/syncServer.ts';
import type { Measure } from '../../io/sync/tree.ts';
import { monotonicMs } from '../../kernel/clock.ts';
import type {
  GuardianPlace,
  SyncDescription,
  SyncSecret,
  SyncSetDescription,
  SyncStatus,
} from '../../protocol/guardianMessages.ts';

export type SyncEventLevel = 'info' | 'warning' | 'error';
type Detail = Readonly<Record<string, string | number>>;

export type SyncRunnerOptions = {
  readonly description: SyncDescription;
  readonly place: Pick<GuardianPlace, 'heartbeatAddress' | 'peerAddress'>;
  readonly stateDirectory: string;
  readonly runDirectory: string;
  /** Environment by which what a guardian that was killed has left is found and ended. */
  readonly mark: Readonly<Record<string, string>>;
  readonly tell: (level: SyncEventLevel, event: string, detail: Detail) => void;
  /** What `status` gives has changed. */
  readonly onChange: () => void;
};

const tickMs = 250;

/** Trouble of this length is told: at every change of roles a box hands out nothing for a moment. */
const troubleMs = 30_000;

type RunningPull = { readonly cancel: AbortController; readonly ended: Promise<void> };

export class SyncRunner {
  readonly #given: SyncRunnerOptions;
  readonly #pullers: ReadonlyMap<string, SetPuller>;
  readonly #running = new Map<string, RunningPull>();
  readonly #troubles = new Map<string, Trouble>();
  readonly #timer: NodeJS.Timeout;
  #state: SyncState;
  #secrets: readonly SyncSecret[] = [];
  #isClosed = false;

  constructor(options: SyncRunnerOptions) {
    this.#given = options;
    const { sets } = options.description;
    this.#state = initialSync(sets);
    this.#pullers = new Map(sets.map((set) => [set.name, this.#pullerOf(set)]));
    this.#timer = setInterval(() => this.#step({ type: 'tick', at: monotonicMs() }), tickMs);
    for (const puller of this.#pullers.values()) void this.#measure(puller);
  }

  /** Before this a box neither hands out files nor copies any. */
  useSecrets(secrets: readonly SyncSecret[]): void {
    const { description, place, runDirectory } = this.#given;
    const { heartbeatAddress: address, peerAddress: peer } = place;
    this.#secrets = secrets;
    try {
      const { port, sets } = description;
      writeServerFiles({ address, port, peer, sets, runDirectory }, secrets);
    } catch (error) {
      this.#given.tell('error', 'syncServerFiles', { text: textOf(error) });
    }
  }

  /** To be called before the services of the role begin: what they write is no copy. */
  follow(role: GuardianRole): void {
    const at = monotonicMs();
    if (role === 'primary') this.#becomeSource(at);
    this.#step({ type: 'roleChanged', at, role });
    if (role !== 'standby') void this.#tidy();
  }

  status(): readonly SyncStatus[] {
    const summaries = syncSummary(this.#state, monotonicMs());
    return this.#given.description.sets.flatMap(({ name, directory }) => {
      const summary = summaries.find((each) => each.name === name);
      const kept = this.#pullers.get(name)?.kept;
      if (summary === undefined || kept === undefined) return [];
      return [{ ...summary, directory, keptFiles: kept.files, keptBytes: kept.bytes }];
    });
  }

  /** Copies under way are cut off. */
  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    for (const { cancel } of this.#running.values()) cancel.abort();
  }

  #pullerOf(set: SyncSetDescription): SetPuller {
    const { description, place, stateDirectory, runDirectory, mark } = this.#given;
    return new SetPuller({
      set,
      address: place.heartbeatAddress,
      peer: place.peerAddress,
      port: description.port,
      stateDirectory,
      runDirectory,
      mark,
      onKept: (folder, kept) => this.#tellKept(set.name, folder, kept),
    });
  }

  #step(event: SyncEvent): void {
    const { state, effects } = stepSync(this.#state, event);
    this.#state = state;
    for (const effect of effects) this.#carryOut(effect);
    this.#tellTroubles(event.at);
    if (event.type !== 'tick' || effects.length > 0) this.#given.onChange();
  }

  #carryOut({ type, set }: SyncEffect): void {
    if (type === 'cancelPull') this.#running.get(set)?.cancel.abort();
    else this.#begin(set);
  }

  #begin(set: string): void {
    const cancel = new AbortController();
    const ended = this.#pull(set, cancel.signal);
    this.#running.set(set, { cancel, ended });
  }

  async #pull(set: string, signal: AbortSignal): Promise<void> {
    const end = await this.#pullWithSecret(set, signal);
    this.#running.delete(set);
    if (!this.#isClosed) this.#step({ type: 'pullEnded', at: monotonicMs(), set, end });
  }

  async #pullWithSecret(set: string, signal: AbortSignal): Promise<PullEnd> {
    const [secret] = this.#secrets;
    const puller = this.#pullers.get(set);
    if (puller === undefined) throw new Error(`there is no set ${set}`);
    return secret === undefined
      ? { type: 'failed', text: 'SYNC_SECRET: this box has no secret yet' }
      : puller.pull(secret, signal);
  }

  #becomeSource(at: number): void {
    for (const { name, ageMs } of copyAges(this.#state, at)) {
      if (ageMs === null) continue;
      const seconds = (ageMs / 1000).toFixed(1);
      const text = `the files of ${name} are those that the other box had complete ${seconds} s ago`;
      this.#given.tell('info', 'syncAtTakeover', { set: name, ageMs: Math.round(ageMs), text });
    }
    for (const [set, puller] of this.#pullers) {
      puller.becomeSource().catch((error: unknown) => {
        this.#given.tell('error', 'syncMark', { set, text: textOf(error) });
      });
    }
  }

  /** What cut copies have left goes when they have ended: it lies beside the files, and nobody uses it. */
  async #tidy(): Promise<void> {
    await Promise.all([...this.#running.values()].map(async ({ ended }) => ended));
    for (const [set, puller] of this.#pullers) {
      if (this.#state.role === 'standby') return;
      try {
        await puller.tidy();
      } catch (error) {
        this.#given.tell('warning', 'syncLeftovers', { set, text: textOf(error) });
      }
    }
  }

  async #measure(puller: SetPuller): Promise<void> {
    await puller.measureKept();
    this.#given.onChange();
  }

  #tellKept(set: string, folder: string, { files, bytes }: Measure): void {
    const text = `files of ${set} that only this box had were put aside in ${folder}: ${files}, ${bytes} bytes`;
    this.#given.tell('warning', 'syncKept', { set, files, bytes, folder, text });
  }

  #tellTroubles(at: number): void {
    for (const summary of syncSummary(this.#state, at)) {
      const { name } = summary;
      const before = this.#troubles.get(name) ?? noTrouble;
      const [now, told] = troubleOf(before, summary, at);
      this.#troubles.set(name, now);
      for (const { level, event, text } of told)
        this.#given.tell(level, event, { set: name, text });
    }
  }
}

type Trouble = {
  readonly since: number | null;
  readonly isTold: boolean;
  readonly isBehind: boolean;
};
type Told = { readonly level: SyncEventLevel; readonly event: string; readonly text: string };

const noTrouble: Trouble = { since: null, isTold: false, isBehind: false };

/** A problem is told when it stays, and that it is over when it was told; being behind at once. */
function troubleOf(
  before: Trouble,
  { name, problem, isBehind, lagMs }: SyncSummary,
  at: number,
): readonly [Trouble, readonly Told[]] {
  const since = problem === null ? null : (before.since ?? at);
  const isTold = since !== null && (before.isTold || at - since >= troubleMs);
  const seconds = Math.round((lagMs ?? 0) / 1000);
  const told: readonly (Told | false)[] = [
    isTold && !before.isTold && { level: 'warning', event: 'syncFails', text: problem ?? '' },
    !isTold &&
      before.isTold && { level: 'info', event: 'syncGoesOn', text: `${name} is copied again` },
    isBehind &&
      !before.isBehind && {
        level: 'warning',
        event: 'syncBehind',
        text: `${name} is ${seconds} s behind the primary`,
      },
    !isBehind &&
      before.isBehind && {
        level: 'info',
        event: 'syncCaughtUp',
        text: `${name} is no longer behind`,
      },
  ];
  return [{ since, isTold, isBehind }, told.filter((each) => each !== false)];
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
