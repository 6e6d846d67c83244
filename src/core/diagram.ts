// Prints the table for people: one line a state and event, cells that do nothing left out. Compared with SPEC.md by a test.
import { table } from './table.ts';

/** Lines `state event -> handler`, in the order of the table. */
export function printTable(): string {
  const lines: string[] = [];
  for (const [state, row] of Object.entries(table)) {
    for (const [event, handler] of Object.entries(row)) {
      if (handler.name !== 'noted' && handler.name !== 'outdated')
        lines.push(`${state} ${event} -> ${handler.name}`);
    }
  }
  return lines.join('\n');
}
