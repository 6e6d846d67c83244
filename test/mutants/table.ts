// All mutants. How to add one: CONTRIBUTING.md; which rule each belongs to: src/core/SPEC.md, compared by a test.
import { arbiters } from './arbiters.ts';
import { cable } from './cable.ts';
import { changes } from './changes.ts';
import { fitness } from './fitness.ts';
import type { Mutant } from './mutant.ts';
import { primaryEvidence } from './primaryEvidence.ts';
import { standbyEvidence } from './standbyEvidence.ts';
import { startTable } from './startTable.ts';
import { statements } from './statements.ts';

export const mutants: readonly Mutant[] = [
  ...statements,
  ...standbyEvidence,
  ...primaryEvidence,
  ...changes,
  ...cable,
  ...fitness,
  ...startTable,
  ...arbiters,
];
