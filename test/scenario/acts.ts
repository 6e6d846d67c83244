// What a script can do to the site: faults, mending, and the operator's orders. Each act takes no time.
import type { OperatorCommand } from '../../src/core/events.ts';
import type { Box } from '../simulator/box.ts';
import { crashDatabase } from '../simulator/databaseFaults.ts';
import type { Counter } from '../simulator/network.ts';
import { order } from '../simulator/operatorActs.ts';
import { durationMs } from './duration.ts';
import type { Phrase } from './phrase.ts';
import { ScenarioFailure } from './scenarioFailure.ts';
import type { Site } from './site.ts';

type Act = (site: Site) => void;

const bootMs = 5000;
const agentRestartMs = 300;
const foreignMac = '02:00:00:00:0f:00';

export const acts: readonly Phrase<Act>[] = [
  // Power
  { words: 'BOX loses power', means: (name) => on(name, (box) => box.powerOff()) },
  { words: 'BOX gets power', means: (name) => on(name, (box) => box.powerOn(bootMs)) },
  {
    words: 'both boxes lose power',
    means: () => (site) => {
      for (const box of site.world.boxes) box.powerOff();
    },
  },
  {
    words: 'both boxes get power',
    means: () => (site) => {
      for (const box of site.world.boxes) box.powerOn(bootMs);
    },
  },
  // Eth1 and replication
  { words: 'eth1 flaps every TIME for TIME', means: (every, time) => flap(every, time) },
  { words: 'eth1 is cut', means: () => begins((site) => site.world.cable.unplugged) },
  { words: 'eth1 is mended', means: () => ends((site) => site.world.cable.unplugged) },
  { words: 'eth1 goes silent', means: () => begins((site) => site.world.cable.silent) },
  { words: 'eth1 passes frames again', means: () => ends((site) => site.world.cable.silent) },
  { words: 'eth1 loses NUMBER % of its frames', means: (percent) => lose(Number(percent)) },
  { words: 'eth1 loses nothing any more', means: () => ends((site) => site.world.cable.lossy) },
  {
    words: 'eth1 passes nothing from BOX',
    means: (name) => begins((site) => site.world.cable.deafTo[site.box(name).side]),
  },
  {
    words: 'eth1 passes everything from BOX again',
    means: (name) => ends((site) => site.world.cable.deafTo[site.box(name).side]),
  },
  {
    words: 'replication is blocked',
    means: () => begins((site) => site.world.cable.replicationBlocked),
  },
  {
    words: 'replication is let through',
    means: () => ends((site) => site.world.cable.replicationBlocked),
  },
  // LAN
  {
    words: 'eth0 of BOX is cut',
    means: (name) => begins((site) => site.world.lan.unplugged[site.box(name).side]),
  },
  {
    words: 'eth0 of BOX is mended',
    means: (name) => ends((site) => site.world.lan.unplugged[site.box(name).side]),
  },
  {
    words: 'the switch forwards nothing for BOX',
    means: (name) => begins((site) => site.world.lan.silent[site.box(name).side]),
  },
  {
    words: 'the switch forwards for BOX again',
    means: (name) => ends((site) => site.world.lan.silent[site.box(name).side]),
  },
  { words: 'the switch dies', means: () => begins((site) => site.world.lan.dead) },
  { words: 'the switch works again', means: () => ends((site) => site.world.lan.dead) },
  { words: 'the gateway dies', means: () => begins((site) => site.world.lan.referencesDead) },
  {
    words: 'the gateway answers again',
    means: () => ends((site) => site.world.lan.referencesDead),
  },
  { words: 'the LAN is split', means: () => begins((site) => site.world.lan.partitioned) },
  { words: 'the LAN is whole again', means: () => ends((site) => site.world.lan.partitioned) },
  { words: 'another device claims the service address', means: () => claimAddress },
  {
    words: 'the device of eth0 of BOX is gone',
    means: (name) => begins((site) => site.world.lan.detached[site.box(name).side]),
  },
  {
    words: 'the device of eth0 of BOX is there again',
    means: (name) => ends((site) => site.world.lan.detached[site.box(name).side]),
  },
  // Arbiters outside the pair
  { words: 'etcd dies', means: () => begins((site) => site.world.etcd.down) },
  { words: 'etcd works again', means: () => ends((site) => site.world.etcd.down) },
  { words: 'etcd becomes slow', means: () => begins((site) => site.world.etcd.slow) },
  { words: 'etcd is fast again', means: () => ends((site) => site.world.etcd.slow) },
  { words: 'etcd forgets everything', means: () => (site) => site.world.etcd.forget() },
  {
    words: 'etcd is cut off from BOX',
    means: (name) => begins((site) => site.world.etcd.unreachable[site.box(name).side]),
  },
  {
    words: 'etcd is reached from BOX again',
    means: (name) => ends((site) => site.world.etcd.unreachable[site.box(name).side]),
  },
  { words: 'the fence device dies', means: () => begins((site) => site.world.fence.down) },
  { words: 'the fence device works again', means: () => ends((site) => site.world.fence.down) },
  { words: 'the fence device refuses', means: () => begins((site) => site.world.fence.refusing) },
  { words: 'the fence device obeys again', means: () => ends((site) => site.world.fence.refusing) },
  // Agents, clocks and boxes that hang
  {
    words: 'the agent of BOX stalls for TIME',
    means: (name, time) => on(name, (box) => box.agent?.stall(durationMs(time))),
  },
  {
    words: 'the agent of BOX crashes',
    means: (name) => on(name, (box) => box.crashAgent(agentRestartMs)),
  },
  { words: 'the kernel of BOX panics', means: (name) => panic(name) },
  {
    words: 'BOX stands still for TIME',
    means: (name, time) => on(name, (box) => box.freeze(durationMs(time))),
  },
  {
    words: 'the clock of BOX gains NUMBER ppm',
    means: (name, rate) => on(name, (box) => box.runClock(Number(rate))),
  },
  {
    words: 'the clock of BOX loses NUMBER ppm',
    means: (name, rate) => on(name, (box) => box.runClock(-Number(rate))),
  },
  // Databases and disks
  {
    words: 'PostgreSQL of BOX crashes',
    means: (name) => on(name, (box, site) => crashDatabase(site.world, box)),
  },
  { words: 'PostgreSQL of BOX hangs', means: (name) => on(name, hangDatabase) },
  { words: 'PostgreSQL of BOX answers again', means: (name) => awakenDatabase(name) },
  {
    words: 'the disk of BOX becomes slow',
    means: (name) => begins((site) => site.box(name).disk.slow),
  },
  {
    words: 'the disk of BOX is fast again',
    means: (name) => ends((site) => site.box(name).disk.slow),
  },
  {
    words: 'the disk of BOX refuses writes',
    means: (name) => begins((site) => site.box(name).disk.failing),
  },
  {
    words: 'the disk of BOX takes writes again',
    means: (name) => ends((site) => site.box(name).disk.failing),
  },
  {
    words: 'the log that BOX needs is recycled',
    means: (name) =>
      on(name, (box) => {
        box.logRecycled = true;
      }),
  },
  {
    words: 'a service fails at each start on BOX',
    means: (name) => on(name, (box, site) => site.world.services?.break(box)),
  },
  {
    words: 'the services of BOX can run again',
    means: (name) => on(name, (box, site) => site.world.services?.mendOn(box)),
  },
  {
    words: 'the log of BOX has lost its checkpoint',
    means: (name) =>
      on(name, (box) => {
        box.database.lostCheckpoint = true;
      }),
  },
  { words: 'the client gives up waiting', means: () => (site) => site.client.cancel() },
  // Messages that somebody else made
  {
    words: 'a forged datagram reaches BOX',
    means: (name) =>
      on(name, (box) => box.agent?.deliver({ type: 'garbageReceived', path: 'eth1' })),
  },
  {
    words: 'an old heartbeat of the other box reaches BOX',
    means: (name) => repeatHeartbeat(name),
  },
  { words: 'a heartbeat of BOX comes back to it', means: (name) => returnHeartbeat(name) },
  // The operator
  {
    words: 'the operator orders a switchover at BOX',
    means: (name) => orders(name, { type: 'switchover' }),
  },
  {
    words: 'the operator orders a takeover at BOX, accepting loss',
    means: (name) => (site) => {
      site.box(name).operatorOrdered = true;
      orders(name, { type: 'takeover' })(site);
    },
  },
  {
    words: 'the operator begins a maintenance of TIME at BOX',
    means: (time, name) => (site) =>
      orders(name, {
        type: 'maintenance',
        untilMs: site.box(name).clockMs() + durationMs(time),
      })(site),
  },
  {
    words: 'the operator ends the maintenance at BOX',
    means: (name) => orders(name, { type: 'maintenance', untilMs: null }),
  },
  // The script itself
  {
    words: 'the assumption of the arbiter is broken: WORD is not expected',
    means: (invariant) => (site) => void site.givenUp.add(invariant),
  },
];

function on(name: string, act: (box: Box, site: Site) => void): Act {
  return (site) => act(site.box(name), site);
}

function begins(which: (site: Site) => Counter): Act {
  return (site) => {
    which(site).begin();
    site.world.linksChanged();
  };
}

function ends(which: (site: Site) => Counter): Act {
  return (site) => {
    if (!which(site).active) throw new ScenarioFailure('this was not broken');
    which(site).end();
    site.world.linksChanged();
  };
}

function lose(percent: number): Act {
  return (site) => {
    site.world.cable.heavyLoss = percent / 100;
    begins(({ world }) => world.cable.lossy)(site);
  };
}

/** A device with the same address: it announces itself, and answers whoever asks for the address. */
function claimAddress(site: Site): void {
  for (const { agent } of site.world.boxes)
    agent?.deliver({ type: 'addressClaimed', mac: foreignMac, how: 'announced' });
}

/** Nothing of the box runs or answers, its link lights stay on, and nobody kicks its watchdog. */
function panic(name: string): Act {
  return on(name, (box, site) => {
    const { cable, lan, queue } = site.world;
    const dead = [cable.deafTo[box.side], lan.silent[box.side]];
    for (const counter of dead) counter.begin();
    box.agent?.stall(Infinity);
    hangDatabase(box);
    site.world.linksChanged();
    const recover = (): void => {
      if (box.powered) {
        queue.after(10, recover);
        return;
      }
      for (const counter of dead) counter.end();
      box.databaseHangs.end();
      site.world.linksChanged();
    };
    recover();
  });
}

function hangDatabase(box: Box): void {
  box.databaseHangs.begin();
  box.database.hung = box.database.running;
}

function awakenDatabase(name: string): Act {
  return on(name, (box, site) => {
    box.databaseHangs.end();
    box.database.hung = box.databaseHangs.active;
    site.world.logGrew(box);
  });
}

function repeatHeartbeat(name: string): Act {
  return on(name, (box, site) => {
    const heartbeat = site.recorded.get(box.peer);
    if (heartbeat === undefined) throw new ScenarioFailure('no heartbeat was sent yet');
    box.agent?.deliver({ type: 'heartbeatReceived', path: 'eth1', heartbeat });
  });
}

function returnHeartbeat(name: string): Act {
  return on(name, (box, site) => {
    const heartbeat = site.recorded.get(box);
    if (heartbeat === undefined) throw new ScenarioFailure('no heartbeat was sent yet');
    box.agent?.deliver({ type: 'heartbeatReceived', path: 'eth1', heartbeat });
  });
}

/** Cut for the first half of each turn, whole for the second. */
function flap(every: string, time: string): Act {
  return (site) => {
    const { queue, cable } = site.world;
    const endMs = queue.nowMs + durationMs(time);
    const turn = (): void => {
      if (queue.nowMs >= endMs) return;
      cable.unplugged.begin();
      site.world.linksChanged();
      queue.after(durationMs(every) / 2, () => {
        cable.unplugged.end();
        site.world.linksChanged();
      });
      queue.after(durationMs(every), turn);
    };
    turn();
  };
}

function orders(name: string, command: OperatorCommand): Act {
  return on(name, (box, site) => order(site.world, box, command));
}
