// How often the interesting things happened: a world in which nothing happens proves nothing.
import type { Report } from '../../src/core/effects.ts';
import type { StateName } from '../../src/core/stateName.ts';

export type Counts = {
  readonly takeovers: number;
  readonly solos: number;
  readonly rejoins: number;
  readonly pairings: number;
  readonly switchovers: number;
  readonly operatorTakeovers: number;
};

export class Tally implements Counts {
  takeovers = 0;
  solos = 0;
  rejoins = 0;
  pairings = 0;
  switchovers = 0;
  operatorTakeovers = 0;

  count(report: Report): void {
    if (report.kind !== 'transition') return;
    this.#countChange(report.from, report.to);
  }

  add(other: Counts): void {
    this.takeovers += other.takeovers;
    this.solos += other.solos;
    this.rejoins += other.rejoins;
    this.pairings += other.pairings;
    this.switchovers += other.switchovers;
    this.operatorTakeovers += other.operatorTakeovers;
  }

  #countChange(from: StateName, to: StateName): void {
    if (to === 'takingOver') this.takeovers += 1;
    if (to === 'leaving') this.solos += 1;
    if (from === 'rejoining' && to === 'standby') this.rejoins += 1;
    if (to === 'paired') this.pairings += 1;
    if (to === 'handingOver') this.switchovers += 1;
  }
}
