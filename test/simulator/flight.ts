// Flight records of a simulated pair: one for each run of an agent, with its story beside it as it was told while the core
// decided. `hotpair replay` must tell the same from the record.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decisionOf, SegmentWriter } from '../../src/protocol/flightRecord.ts';
import type { FlightHeader } from '../../src/protocol/flightRecord.ts';
import { lineText, Story } from '../../src/protocol/flightStory.ts';
import type { Stepped } from '../../src/protocol/flightStory.ts';
import { programVersion } from '../../src/protocol/programVersion.ts';

export type Beginning = Pick<FlightHeader, 'at' | 'settings' | 'state'>;

export class Flight {
  readonly name: string;
  readonly #writer = new SegmentWriter();
  readonly #pieces: Buffer[] = [];
  readonly #lines: string[] = [];
  readonly #story = new Story({
    all: false,
    tell: (line) => void this.#lines.push(`${lineText(line)}\n`),
  });

  constructor(name: string, node: string, { at, settings, state }: Beginning) {
    this.name = name;
    const program = programVersion;
    const identity = { program, node, run: name, part: 1, lost: 0, wallOffsetMs: null };
    const header: FlightHeader = { ...identity, at, settings, state };
    this.#pieces.push(this.#writer.begin(header));
    this.#story.begin(header);
  }

  stepped(step: Stepped): void {
    const { event, after, effects } = step;
    const decision = decisionOf(after, effects);
    this.#pieces.push(this.#writer.entry({ kind: 'step', event, decision }));
    this.#story.stepped(step);
  }

  get record(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  get story(): string {
    return this.#lines.join('');
  }
}

/** The runs of both boxes in one simulation. */
export class Flights {
  readonly #all: Flight[] = [];

  get all(): readonly Flight[] {
    return this.#all;
  }

  /** Another run of the agent on a box: `A-1`, `A-2` and so on. */
  begin(node: string, beginning: Beginning): Flight {
    const before = this.#all.filter(({ name }) => name.startsWith(`${node}-`)).length;
    const flight = new Flight(`${node}-${before + 1}`, node, beginning);
    this.#all.push(flight);
    return flight;
  }

  /** `A-1.flight` and `A-1.txt` and so on. */
  writeTo(directory: string): void {
    mkdirSync(directory, { recursive: true });
    for (const { name, record, story } of this.#all) {
      writeFileSync(join(directory, `${name}.flight`), record);
      writeFileSync(join(directory, `${name}.txt`), story);
    }
  }
}
