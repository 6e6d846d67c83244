// Puts what code, tests and mutants say of the guardian's invariants into its SPEC.md: read the difference before it is committed.
import { readFileSync, writeFileSync } from 'node:fs';
import { guardianSpec, rewritten } from './guardianSpecTables.ts';

writeFileSync(guardianSpec, rewritten(readFileSync(guardianSpec, 'utf8')));
