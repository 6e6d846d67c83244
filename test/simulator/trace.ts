// What happened, one line each: the last lines are kept for a violation, or all are printed as they come.
import type { Report } from '../../src/core/effects.ts';
import type { Happening } from './core.ts';

const kept = 400;
const quiet: ReadonlySet<Happening['type']> = new Set([
  'tick',
  'heartbeatReceived',
  'databaseObserved',
  'probeRoundDone',
  'addressClaimed',
]);

export class Trace {
  readonly #print: ((line: string) => void) | null;
  #lines: string[] = [];

  constructor(print: ((line: string) => void) | null) {
    this.#print = print;
  }

  /** The newest lines, oldest first. */
  last(count: number): readonly string[] {
    return this.#lines.slice(-count);
  }

  add(atMs: number, who: string, text: string): void {
    const line = `${(atMs / 1000).toFixed(3).padStart(10)} ${who} ${text}`;
    if (this.#print !== null) this.#print(line);
    this.#lines.push(line);
    if (this.#lines.length > kept * 2) this.#lines = this.#lines.slice(-kept);
  }

  addEvent(atMs: number, who: string, happening: Happening): void {
    if (quiet.has(happening.type) || 'token' in happening) return;
    this.add(atMs, who, `< ${happening.type}${detail(happening)}`);
  }

  addReport(atMs: number, who: string, report: Report): void {
    const why = `${report.reason.code} ${JSON.stringify(report.reason.detail ?? {})}`;
    if (report.kind === 'transition')
      this.add(atMs, who, `${report.from} -> ${report.to} (${report.epoch ?? '-'}): ${why}`);
    else if (report.kind === 'note') this.add(atMs, who, `note ${why}`);
    else this.add(atMs, who, `${report.kind} ${report.alarm}: ${why}`);
  }
}

function detail(happening: Happening): string {
  if (happening.type === 'heartbeatCarrierChanged') return ` ${happening.carrier}`;
  if (happening.type === 'operatorCommanded') return ` ${happening.command.type}`;
  if (happening.type !== 'servicePortChanged') return '';
  return ` carrier ${happening.port.carrier} address ${happening.port.addressesOn}`;
}
