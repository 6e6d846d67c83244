// Faults that the lab cannot show, with the reason and the place where they are shown. The report
// of a suite names them, so that nobody takes their absence for a pass.

export type ElsewhereFault = {
  readonly id: string;
  readonly title: string;
  readonly why: string;
  readonly where: string;
};

const appliances = 'the virtual appliances';
const simulator = 'the simulator (npm run simulate, npm run scenarios)';

export const elsewhereFaults: readonly ElsewhereFault[] = [
  {
    id: 'A02',
    title: 'kernel panic of the primary',
    why: 'both boxes of the lab share the kernel of this machine',
    where: appliances,
  },
  {
    id: 'A03',
    title: 'reset of the primary by a hardware watchdog',
    why: 'a namespace has no watchdog of its own; the lab has a stand-in outside the box (C01)',
    where: appliances,
  },
  {
    id: 'C06',
    title: 'swap storm',
    why: 'memory is shared with the machine: the storm would hit the other box and the lab as well',
    where: appliances,
  },
  {
    id: 'C08',
    title: 'the clock of one box is slewed by 500 ppm',
    why: 'both boxes read the clock of this machine, and it takes days',
    where: simulator,
  },
  {
    id: 'C09',
    title: 'monotonic clocks run at different rates for a day',
    why: 'both boxes read the clock of this machine, and it takes days',
    where: simulator,
  },
  {
    id: 'C11',
    title: 'the watchdog fires during the boot, three times',
    why: 'a box of the lab has no boot',
    where: appliances,
  },
  {
    id: 'torn disks',
    title: 'a power cut tears what the disk was writing',
    why: 'a killed process leaves its writes in the page cache of this machine',
    where: appliances,
  },
];
