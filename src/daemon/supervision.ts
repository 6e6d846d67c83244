// Who looks after the agent from outside: the watchdog of the hardware, and the init system where that wants to hear from it. Both
// are kicked by the same decision of the core, and both are told when the agent ends in order.
import type { Watchdog } from '../io/watchdog/watchdog.ts';
import type { InitSystem } from '../kernel/initSystem.ts';

/** The watchdog, whose kicks the init system gets too. */
export function supervisedBy(watchdog: Watchdog, initSystem: InitSystem): Watchdog {
  return {
    get armed() {
      return watchdog.armed;
    },
    get effectiveMs() {
      return watchdog.effectiveMs;
    },
    identity: watchdog.identity,
    lastReset: watchdog.lastReset,
    pretimeoutMs: watchdog.pretimeoutMs,
    noWayOut: watchdog.noWayOut,
    get problem() {
      return watchdog.problem;
    },
    kick() {
      watchdog.kick();
      initSystem.kick();
    },
    disarm() {
      watchdog.disarm();
      initSystem.stopping();
    },
  };
}
