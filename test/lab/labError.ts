// What goes wrong in the lab and is no fault of the product: said in one sentence, with the exit
// status that the command ends with.

/** Exit status 2: the machine cannot run the lab, or the command was misused. 1: it did not work. */
export class LabError extends Error {
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2 = 1, options?: ErrorOptions) {
    super(message, options);
    this.name = 'LabError';
    this.exitCode = exitCode;
  }
}

/** The sentence of anything that was thrown. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
