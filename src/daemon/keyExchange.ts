// `hotpair key rotate`: the pair's key is exchanged for a new one while the boxes stay in contact. One box makes the next key and
// offers it; both accept both, then send with the new one, then give the old one up. Every step is on disk before anything is
// said of it, so that it goes on after any restart.
import { fingerprintOf, keyFileText, nextPairKey } from '../config/pairKeys.ts';
import type { PairKeys } from '../config/pairKeys.ts';
import { heartbeatKey, PairKey } from '../config/secrets.ts';
import { decodeKeyStatement, encodeKeyStatement } from '../protocol/keyStatement.ts';
import type { KeyStatement } from '../protocol/keyStatement.ts';
import { nextKeyStep } from './keyExchangeRules.ts';
import type { HeldKeys, KeyStep } from './keyExchangeRules.ts';
import { KeySeal } from './keySeal.ts';
import type { Log } from './log.ts';

export type KeyExchangeOptions = {
  readonly keys: PairKeys;
  readonly self: string;
  readonly log: Log;
  /** Puts the content of the key file on disk. */
  readonly write: (text: string) => Promise<void>;
  /** Sends a datagram on every path. */
  readonly send: (datagram: Buffer) => void;
  /** Lets the database go by this key; true when it does. Called again until then. */
  readonly settle: (key: PairKey) => Promise<boolean>;
  /** The keys in use are others than before. */
  readonly changed?: (keys: PairKeys) => void;
  readonly periodMs?: number;
};

export type KeyStatus = {
  readonly fingerprint: string;
  /** What the other key is while it is exchanged; null: there is one key. */
  readonly exchange: 'next' | 'previous' | null;
  readonly otherFingerprint: string | null;
};

const usualPeriodMs = 500;
/** Statements in answer to one of the peer's come no denser. */
const answerGapMs = 50;

export class KeyExchange {
  readonly #given: KeyExchangeOptions;
  readonly #seal = new KeySeal();
  #keys: PairKeys;
  #derived: Derived;
  #said: KeyStatement | null = null;
  #offered: PairKey | null = null;
  #settled: string | null = null;
  #work: Promise<void> = Promise.resolve();
  #isBusy = false;
  #saidAt = -Infinity;
  readonly #timer: NodeJS.Timeout;

  constructor(options: KeyExchangeOptions) {
    this.#given = options;
    this.#keys = options.keys;
    this.#derived = derivedOf(options.keys);
    this.#timer = setInterval(() => this.#tick(), options.periodMs ?? usualPeriodMs);
    this.#timer.unref();
  }

  /** The key that heartbeats are signed with. */
  sending(): Buffer {
    return this.#derived.sending;
  }

  /** Keys of heartbeats that are believed, the likelier one first. */
  accepted(): readonly Buffer[] {
    return this.#derived.accepted;
  }

  /** Keys of what the boxes show each other of their configurations, the one to send with first. */
  ofPages(): readonly Buffer[] {
    return this.#derived.pages;
  }

  status(): KeyStatus {
    const { sends, other } = heldOf(this.#keys);
    return {
      fingerprint: sends,
      exchange: other?.role ?? null,
      otherFingerprint: other?.fingerprint ?? null,
    };
  }

  /** Makes the next key; an exchange that was begun goes on instead. Resolves when it is on disk. */
  async begin(): Promise<'begun' | 'goesOn'> {
    return this.#inTurn(async () => {
      if (this.#keys.other !== null) return 'goesOn';
      const next = nextPairKey(this.#keys.sends);
      await this.#hold({ sends: this.#keys.sends, other: { key: next, role: 'next' } });
      this.#tell('keyOffered');
      return 'begun';
    });
  }

  /** Takes a datagram that calls itself a statement; answers whether it was one of this pair's other box. */
  take(datagram: Buffer): boolean {
    const { sends } = this.#keys;
    const said = decodeKeyStatement(datagram, sends.pairId, this.#derived.signing);
    if (said === null) return false;
    if (said.sender === this.#given.self) return true;
    this.#said = said;
    this.#offered = this.#unsealed(said);
    void this.#advance();
    if (said.other !== null) this.#state(answerGapMs);
    return true;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    if (this.#keys.other !== null) this.#state(0);
    void this.#advance();
  }

  /** One step after the other; each is on disk before the next statement tells of it. */
  async #advance(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      await this.#inTurn(async () => {
        await this.#settle();
        const step = this.#step();
        if (step === null) return;
        await this.#do(step);
        await this.#settle();
        this.#state(0);
      });
    } catch (error) {
      this.#given.log.history('error', 'keyExchangeFailed', { text: String(error) });
    } finally {
      this.#isBusy = false;
    }
  }

  #step(): KeyStep | null {
    const said = this.#said;
    const offered = this.#offered === null ? null : fingerprintOf(this.#offered);
    const held = heldOf(this.#keys);
    return nextKeyStep(held, said, offered, this.#settled === held.sends);
  }

  async #do(step: KeyStep): Promise<void> {
    const { sends, other } = this.#keys;
    if (step === 'takeOffer' && this.#offered !== null) {
      await this.#hold({ sends, other: { key: this.#offered, role: 'next' } });
      this.#tell('keyAccepted');
    } else if (step === 'sendNext' && other !== null) {
      await this.#hold({ sends: other.key, other: { key: sends, role: 'previous' } });
      this.#tell('keySent');
    } else if (step === 'dropPrevious') {
      await this.#hold({ sends, other: null });
      this.#offered = null;
      this.#tell('keyExchanged');
    }
  }

  async #hold(keys: PairKeys): Promise<void> {
    await this.#given.write(keyFileText(keys));
    this.#keys = keys;
    this.#derived = derivedOf(keys);
    this.#given.changed?.(keys);
  }

  async #settle(): Promise<void> {
    const { sends } = this.#keys;
    const fingerprint = fingerprintOf(sends);
    this.#settled = (await this.#given.settle(sends)) ? fingerprint : null;
  }

  #state(gapMs: number): void {
    const now = performance.now();
    if (now - this.#saidAt < gapMs) return;
    this.#saidAt = now;
    const { sends, other } = this.#keys;
    const statement: KeyStatement = {
      sender: this.#given.self,
      ...heldOf(this.#keys),
      publicKey: this.#seal.publicKey,
      offer: other?.role === 'next' ? this.#sealed(other.key) : null,
    };
    this.#given.send(encodeKeyStatement(statement, sends.pairId, signingKey(sends)));
  }

  /** Sealed for the agent that was heard last: its public key is signed with a key that this box accepts. */
  #sealed(next: PairKey): KeyStatement['offer'] {
    if (this.#said === null) return null;
    const salt = sealSalt(this.#keys.sends);
    return this.#seal.seal(next.secretHex(), this.#said.publicKey, salt);
  }

  #unsealed({ offer, other, publicKey }: KeyStatement): PairKey | null {
    if (offer === null || other?.role !== 'next') return null;
    const { sends } = this.#keys;
    const secret = this.#seal.open(offer, publicKey, sealSalt(sends));
    if (secret === null) return null;
    const key = new PairKey(sends.pairId, Buffer.from(secret, 'hex'));
    return fingerprintOf(key) === other.fingerprint ? key : null;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#work.then(work);
    this.#work = done.then(
      () => {},
      () => {},
    );
    return done;
  }

  #tell(event: 'keyOffered' | 'keyAccepted' | 'keySent' | 'keyExchanged'): void {
    const { fingerprint, otherFingerprint } = this.status();
    this.#given.log.history('info', event, { sends: fingerprint, other: otherFingerprint });
  }
}

function heldOf({ sends, other }: PairKeys): HeldKeys {
  return {
    sends: fingerprintOf(sends),
    other: other === null ? null : { fingerprint: fingerprintOf(other.key), role: other.role },
  };
}

/** Derived once for each change: every datagram is looked at with them. */
type Derived = {
  readonly sending: Buffer;
  readonly accepted: readonly Buffer[];
  readonly signing: readonly Buffer[];
  readonly pages: readonly Buffer[];
};

function derivedOf({ sends, other }: PairKeys): Derived {
  const keys = [sends, ...(other === null ? [] : [other.key])];
  const accepted = keys.map(heartbeatKey);
  const pages = keys.map((key) => key.derive('hotpair configuration 1'));
  return { sending: heartbeatKey(sends), accepted, signing: keys.map(signingKey), pages };
}

function signingKey(key: PairKey): Buffer {
  return key.derive('hotpair key statement 1');
}

function sealSalt(key: PairKey): Buffer {
  return key.derive('hotpair key seal 1');
}
