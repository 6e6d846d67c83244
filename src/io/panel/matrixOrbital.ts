// The dialect of Matrix Orbital's LK204-7T-1U: 20 by 4, a cross of keys and a key at its left, three lights of two colours. Nothing
// is acknowledged or checked, so each command ends with a poll of the keypad, whose one byte is both: the answer and the key.
import { monotonicMs } from '../../kernel/clock.ts';
import {
  clearKeysCommand,
  displayCommands,
  keepKeysCommand,
  matrixOrbitalLight,
  matrixOrbitalLights,
  matrixOrbitalText,
  moduleName,
  moduleTypeCommand,
  pollKeysCommand,
  readPollAnswer,
} from '../../protocol/panelMatrixOrbital.ts';
import type { Dialect, Hearer } from './dialect.ts';
import type { Light } from './panel.ts';
import type { Change } from './picture.ts';

/** After bytes that a panel would not send its keys are not believed: noise has no checksum that tells it from a finger. */
const distrustMs = 2000;
/** The more severe of two lights that share one. */
const severities = ['off', 'green', 'amber', 'red'] as const;

export function matrixOrbitalDialect(): Dialect {
  return new MatrixOrbitalDialect();
}

class MatrixOrbitalDialect implements Dialect {
  readonly keys = ['up', 'down', 'left', 'right', 'enter', 'cancel'] as const;
  readonly columns = 20;
  readonly rows = 4;
  readonly answerMs = 250;
  readonly tries = 3;
  /** Also how long a key may wait. */
  readonly idleMs = 100;
  /** A panel that was reset sends keys unasked and answers as before. */
  readonly refreshMs = 10_000;
  readonly changesAtOnce = 1;
  #asked: 'poll' | 'type' | null = null;
  #distrustedUntilMs = 0;

  /** Peer and database share the third light, which shows the more severe of them. */
  arrange(lights: readonly Light[]): readonly Light[] {
    const apart = lights.slice(0, matrixOrbitalLights - 1);
    const shared = lights
      .slice(matrixOrbitalLights - 1)
      .toSorted((one, other) => severity(other) - severity(one));
    return [...apart, ...shared.slice(0, 1)];
  }

  begin(): void {
    this.#asked = null;
    this.#distrustedUntilMs = 0;
  }

  introduction(): readonly (() => Buffer)[] {
    return [
      () => this.#polled(keepKeysCommand(), clearKeysCommand()),
      () => this.#asks('type', moduleTypeCommand()),
    ];
  }

  setUp(): readonly (() => Buffer)[] {
    return [() => this.#polled(keepKeysCommand(), displayCommands())];
  }

  tell([change]: readonly Change[]): Buffer {
    if (change === undefined) return this.ping();
    if (change.type === 'half')
      return this.#polled(matrixOrbitalLight(change.light, change.half, change.isLit));
    return this.#polled(matrixOrbitalText(change.column, change.row, change.text));
  }

  ping(): Buffer {
    return this.#polled();
  }

  hear(bytes: Buffer, hearer: Hearer): void {
    const [byte] = bytes;
    const asked = this.#asked;
    const answer = byte === undefined ? null : readPollAnswer(byte);
    const isNoise = asked === null || bytes.length !== 1 || (asked === 'poll' && answer === null);
    // Noise is no answer either: what comes after it may be one, and else the question is asked again.
    if (isNoise || byte === undefined) {
      this.#distrustedUntilMs = monotonicMs() + distrustMs;
      return;
    }
    this.#asked = null;
    if (asked === 'type') {
      hearer.answered(`Matrix Orbital ${moduleName(byte)}`);
      return;
    }
    // The key first: what is shown next may be its consequence.
    if (answer !== null && answer.key !== null && monotonicMs() >= this.#distrustedUntilMs)
      hearer.key(answer.key);
    hearer.answered();
  }

  silence(): void {
    // Nothing of an answer can be left: it is one byte.
  }

  #polled(...commands: readonly Buffer[]): Buffer {
    return this.#asks('poll', Buffer.concat([...commands, pollKeysCommand()]));
  }

  #asks(what: 'poll' | 'type', bytes: Buffer): Buffer {
    this.#asked = what;
    return bytes;
  }
}

function severity({ colour }: Light): number {
  return severities.indexOf(colour);
}
