// Writes into SPEC.md which files enforce and test each invariant, and the table that runs: node test/core/rewriteSpec.ts
import { readFileSync, writeFileSync } from 'node:fs';
import { printTable } from '../../src/core/diagram.ts';
import { rewritten, specFile } from './specTables.ts';

writeFileSync(specFile, rewritten(readFileSync(specFile, 'utf8'), printTable()));
