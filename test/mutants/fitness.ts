// Changes of role without a death: whose services have failed, and what a box says before it knows.
import { patch } from './mutant.ts';
import type { Mutant } from './mutant.ts';

const lan = ['lan'] as const;

export const fitness: readonly Mutant[] = [
  {
    name: 'hands-over-to-a-marked-box',
    rule: 'a service that has failed on both boxes does not wander between them',
    section: '7, handover',
    arbiters: lan,
    patches: [
      patch(
        'fitness.ts',
        "return turn.state.servicesFit === false && said.fitness.services ? 'servicesUnfit' : null;",
        "return turn.state.servicesFit === false ? 'servicesUnfit' : null;",
      ),
    ],
  },
  {
    name: 'unknown-services-are-fit',
    rule: 'a new agent does not call services fit before its guardian has spoken',
    section: '7, handover',
    arbiters: lan,
    patches: [
      patch(
        'fitness.ts',
        'services: state.servicesFit === true,',
        'services: state.servicesFit !== false,',
      ),
    ],
  },
  {
    name: 'old-test-of-a-lost-lan',
    rule: 'what a port that is kept down was tested for counts no more when its LAN was lost in service',
    section: '6, standby 4',
    arbiters: lan,
    patches: [
      patch(
        'lan.ts',
        "if (settings.standbyPort === 'down' && serves(state)) state.lan.selfTestedAt = null;",
        'if (settings.self === state.agentStart) state.lan.selfTestedAt = null;',
      ),
    ],
    implied:
      'every change is an ordinary handover; kept because the service would wander between two boxes that have both lost their LAN',
  },
];
