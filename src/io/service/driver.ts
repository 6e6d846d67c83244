// What is different between a service that is a child, a script of the init system and a unit of systemd: how it is started,
// asked to stop and looked for. What is the same stands in supervised.ts.
import type { ChildProcess } from 'node:child_process';
import type { ProcessIdentity } from '../../kernel/processes.ts';
import type { Program } from '../../kernel/programStart.ts';
import type { ServiceDescription } from '../../protocol/guardianMessages.ts';

export type DriverStart =
  | {
      readonly started: true;
      /** Null where no single process stands for it. */
      readonly main: ProcessIdentity | null;
      /** Where it is a child of this process, which then learns how it ends. */
      readonly child: ChildProcess | null;
    }
  | { readonly started: false; readonly text: string };

export type Found = { readonly main: ProcessIdentity | null };

export type Driver = {
  /** Ends at `signal` or at the service's start deadline, never later. Never rejects. */
  readonly start: (signal: AbortSignal) => Promise<DriverStart>;
  /** Asks it to stop; what of it does so is seen by others. Resolves at the deadline at the latest, never rejects. */
  readonly askToStop: (main: ProcessIdentity | null, deadlineMs: number) => Promise<void>;
  /** What is to be done besides killing processes where it has ended or was killed. Never rejects. */
  readonly tidy: () => Promise<void>;
  /** What runs of it; null: nothing. Told by whoever manages it; `known` is what this program knew last. */
  readonly find: (known: ProcessIdentity | null) => Promise<Found | null>;
};

export type DriverOptions = {
  readonly description: ServiceDescription;
  readonly logDirectory: string;
  /** How its programs run; made anew for each, because the environment tells of the role. Throws for an unknown user. */
  readonly program: (command: readonly string[]) => Program;
};

/** A sentence instead of a program that cannot be described: its user is not there. */
export function programOr(options: DriverOptions, command: readonly string[]): Program | string {
  try {
    return options.program(command);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
