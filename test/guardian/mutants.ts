// Every rule of the guardian's machine taken out in turn. None of this is in what is shipped; a text that is not found exactly
// once is an error, so that no change of the machine disarms a mutant.
import type { Patch } from '../mutants/mutant.ts';
import { patch as corePatch } from '../mutants/mutant.ts';
import type { GuardianMutant } from './mutatedGuardian.ts';

function patch(file: string, find: string, put: string): Patch {
  return corePatch(`guardian/${file}`, find, put);
}

function mutant(
  invariant: string,
  name: string,
  rule: string,
  ...patches: readonly Patch[]
): GuardianMutant {
  return { invariant, name, rule, patches };
}

const order: readonly GuardianMutant[] = [
  mutant(
    'G1',
    'start-while-stopping',
    'a service is started only when nothing of it is left',
    patch(
      'upkeep.ts',
      `phase !== 'off' || turn`,
      `(phase !== 'off' && phase !== 'stopping') || turn`,
    ),
    patch('service.ts', `if (life.phase !== 'off') throw`, 'if (life.runToken < 0) throw'),
  ),
  mutant(
    'G1',
    'exit-while-stopping',
    'a service that is being stopped has ended when that is answered, not when its process ends',
    patch(
      'service.ts',
      `service === undefined || !isRunning(service.life)) return;
  if (service.life.runToken !== event.token) return;
  if (mustRest`,
      `service === undefined || service.life.phase === 'off') return;
  if (service.life.runToken !== event.token) return;
  if (mustRest`,
    ),
  ),
  mutant(
    'G1',
    'exit-of-an-earlier-run',
    'an exit counts for the run that it is of',
    patch('adoption.ts', 'life.runToken = 0;', 'life.runToken = 1;'),
  ),
  mutant(
    'G2',
    'primary-anywhere',
    'a service of the primary is started only where the box is primary',
    patch(
      'wanted.ts',
      `(runs === 'always' || role === 'primary')`,
      `(runs === 'always' || role !== null)`,
    ),
  ),
  mutant(
    'G2',
    'goes-on-after-the-role',
    'a service of the primary is asked to stop when the role goes',
    patch('wanted.ts', `role !== null && role !== 'primary')`, `role === 'standby')`),
  ),
  mutant(
    'G2',
    'hold-ignored',
    'what an operator holds is not started',
    patch('wanted.ts', '&& !life.heldByOperator', ''),
  ),
  mutant(
    'G2',
    'hold-forgotten',
    'a hold survives the guardian',
    patch('adoption.ts', 'life.heldByOperator = heldByOperator;', ''),
  ),
  mutant(
    'G3',
    'start-without-order',
    'a service is started when everything that it needs is up',
    patch('wanted.ts', 'if (missing !== undefined) return missing;', ''),
  ),
  mutant(
    'G3',
    'start-after-what-ends',
    'what has to end counts as up for nobody',
    patch('wanted.ts', ` || mustRest(needed, turn.state);`, ';'),
  ),
  mutant(
    'G3',
    'started-counts-as-up',
    'a service is up when each of its checks has passed',
    patch('service.ts', 'if (!life.checks.every(({ passed }) => passed)) return;', ''),
  ),
  mutant(
    'G3',
    'stop-without-order',
    'what is needed ends after what needs it',
    patch('upkeep.ts', 'if (!needed.has(service.life.name)) askToStop', 'askToStop'),
  ),
  mutant(
    'G3',
    'stop-order-of-neighbours',
    'what is needed through others ends after what needs it',
    patch('wanted.ts', 'visit(turn.byName.get(name)?.settings.after ?? []);', ''),
  ),
];

const marks: readonly GuardianMutant[] = [
  mutant(
    'G4',
    'row-not-counted',
    'as many failures in a row as the limit says mark a service',
    patch('trouble.ts', 'failed.row >= limit || ', ''),
  ),
  mutant(
    'G4',
    'window-not-counted',
    'as many failures within the window as the limit says mark a service',
    patch('trouble.ts', ' || recent.length >= limit', ''),
  ),
  mutant(
    'G4',
    'one-more-than-the-limit',
    'the failure that reaches the limit is the one that marks',
    patch(
      'trouble.ts',
      'failed.row >= limit || recent.length >= limit',
      'failed.row > limit || recent.length > limit',
    ),
    patch('trouble.ts', 'recent.slice(-limit)', 'recent'),
  ),
  mutant(
    'G4',
    'late-start-not-counted',
    'a service that is not up within its start deadline has failed',
    patch('upkeep.ts', 'if (isLate && !mustRest', 'if (isLate && life.started && !mustRest'),
  ),
  mutant(
    'G4',
    'steady-run-seen-late',
    'a run that was steady when it ended was a steady one, although nobody looked before',
    patch('machine.ts', 'for (const service of turn.services) noteSteadyRun(turn, service);', ''),
  ),
  mutant(
    'G4',
    'waits-and-is-fit',
    'a required service that waits for one that is marked makes the box unfit',
    patch('summary.ts', ' && !services.some((each) => waits(each, byName))', ''),
  ),
  mutant(
    'G4',
    'failures-forgotten',
    'failures survive the guardian',
    patch(
      'adoption.ts',
      'life.trouble = sound(trouble, turn.state.now);\n    life.start',
      'life.start',
    ),
  ),
  mutant(
    'G5',
    'mark-ends-with-the-role',
    'a mark survives a change of role',
    patch(
      'hooks.ts',
      '    cancelHooks(turn);\n    for',
      '    cancelHooks(turn);\n    for (const { life } of turn.services) life.trouble = fitAgain(life.trouble);\n    for',
    ),
  ),
  mutant(
    'G5',
    'mark-ends-while-it-fails',
    'time ends a mark only where the service is not tried',
    patch(
      'upkeep.ts',
      ' || mayRun(service, turn.state)) return;\n  endMark',
      ') return;\n  endMark',
    ),
  ),
  mutant(
    'G5',
    'quarantine-of-the-first-failure',
    'a quarantine counts from the last failure',
    patch('trouble.ts', 'tooMany || isMarked(trouble) ?', 'tooMany && !isMarked(trouble) ?'),
  ),
  mutant(
    'G5',
    'quarantine-not-doubled',
    'each mark lasts twice as long as the one before',
    patch('trouble.ts', '2 ** Math.min(quarantines - 1, 30)', '1'),
  ),
  mutant(
    'G5',
    'steady-run-ends-no-mark',
    'a steady run ends a mark',
    patch('upkeep.ts', `endMark(turn, service, 'it runs steadily again')`, 'return'),
  ),
  mutant(
    'G5',
    'order-forgives-nothing',
    'an order to start ends a mark',
    patch('orders.ts', 'life.trouble = noTrouble;', ''),
  ),
  mutant(
    'G5',
    'hook-mark-ends-while-it-fails',
    'time ends the mark of a hook only where it is not tried',
    patch(
      'hooks.ts',
      ` || life.progress === 'waiting' || turn.state.now < unfitUntil`,
      ' || turn.state.now < unfitUntil - 29 * 60_000',
    ),
  ),
  mutant(
    'G6',
    'no-pause',
    'a service that fails again is started after its pause',
    patch('upkeep.ts', ' || turn.state.now < notBefore', ''),
  ),
  mutant(
    'G6',
    'pause-does-not-grow',
    'each pause in a row is twice as long as the one before',
    patch('trouble.ts', 'firstMs * 2 ** Math.min(trouble.row - 2, 30)', 'firstMs'),
  ),
  mutant(
    'G6',
    'pause-of-a-first-failure',
    'the first failure after a steady run waits for nothing',
    patch('trouble.ts', 'if (trouble.row <= 1) return 0;', ''),
  ),
  mutant(
    'G6',
    'marked-but-hurried',
    'what is marked is tried at the longest pause',
    patch('trouble.ts', 'if (isMarked(trouble)) return longestMs;', ''),
  ),
  mutant(
    'G6',
    'pause-forgotten',
    'a new guardian shortens no pause',
    patch(
      'adoption.ts',
      'life.notBefore = failedAt + pauseMs(life.trouble, settings.restart, turn.draw);',
      ';',
    ),
  ),
];

const runs: readonly GuardianMutant[] = [
  mutant(
    'G7',
    'unknown-role-is-none',
    'what was found running goes on until the role is told',
    patch('wanted.ts', 'role !== null && role', 'role'),
  ),
  mutant(
    'G7',
    'found-is-restarted',
    'what was found running with its present description is not restarted',
    patch('adoption.ts', 'life.outdated = !found.current;', 'life.outdated = true;'),
  ),
  mutant(
    'G7',
    'outdated-goes-on',
    'what was found running with another description is started anew',
    patch('adoption.ts', 'life.outdated = !found.current;', 'life.outdated = false;'),
  ),
  mutant(
    'G7',
    'outdated-after-its-end',
    'what was found, ended and was started anew is not outdated',
    patch('service.ts', '  life.outdated = false;\n', ''),
  ),
  mutant(
    'G10',
    'check-twice-at-once',
    'there is one run of a check at a time, also across two runs of a service',
    patch(
      'service.ts',
      '({ ...idleCheck, token }));',
      '({ ...idleCheck, token: token && null }));',
    ),
  ),
  mutant(
    'G10',
    'check-of-an-earlier-run',
    'what was asked of an earlier run says nothing of the present one',
    patch('checks.ts', 'event.token < life.runToken || ', ''),
  ),
  mutant(
    'G10',
    'check-without-interval',
    'a check is asked at its interval',
    patch('checks.ts', ' || now < check.nextAt', ''),
  ),
  mutant(
    'G10',
    'failed-checks-are-added-up',
    'the threshold counts failures in a row',
    patch(
      'checks.ts',
      `event.ok || life.phase !== 'up' ? 0`,
      `event.ok || life.phase !== 'up' ? check.failed`,
    ),
  ),
  mutant(
    'G10',
    'one-failed-check-is-enough',
    'fewer failures of a check than its threshold change nothing',
    patch('checks.ts', '?.threshold ?? Infinity', '?.threshold === undefined ? Infinity : 1'),
  ),
  mutant(
    'G10',
    'hung-service-is-asked',
    'what fails its check is killed, for what hangs does not end when it is asked to',
    patch('checks.ts', `event.text}\`, 'kill')`, `event.text}\`, 'stop')`),
  ),
  mutant(
    'G12',
    'stuck-not-seen',
    'what cannot be stopped marks the box',
    patch('upkeep.ts', 'if (!life.stuck && now >= life.stuckAt) noteStuck(turn, service);', ''),
  ),
  mutant(
    'G12',
    'stuck-is-waited-for',
    'what cannot be stopped is waited for by nobody',
    patch('wanted.ts', ` && !stuck;`, ' && (!stuck || stuck);'),
  ),
  mutant(
    'G12',
    'stuck-mark-expires',
    'the mark of what cannot be stopped lasts for as long as it is there',
    patch(
      'upkeep.ts',
      '    if (!life.stuck && now >=',
      '    expireMark(turn, service);\n    if (!life.stuck && now >=',
    ),
  ),
];

const hooks: readonly GuardianMutant[] = [
  mutant(
    'G8',
    'hook-outlives-its-role',
    'a new role cancels the hooks of the old one',
    patch('hooks.ts', '    cancelHooks(turn);\n    for', '    for'),
  ),
  mutant(
    'G8',
    'cancelled-counts-as-done',
    'what a cancelled hook did was for a role that is over',
    patch('hooks.ts', 'if (isOver) return;', ''),
  ),
  mutant(
    'G8',
    'hook-not-tried-again',
    'a required hook is tried until it is done or its role is over',
    patch('hooks.ts', 'else if (hook.settings.required) tryAgainLater(turn, hook);', ''),
  ),
  mutant(
    'G8',
    'optional-tried-again',
    'an optional hook that failed is passed over',
    patch('hooks.ts', `life.progress = 'passedOver';`, ''),
  ),
  mutant(
    'G8',
    'hooks-at-every-epoch',
    'a new epoch of the same role runs no hook again',
    patch('hooks.ts', 'if (!isSameRole) {', 'if (!isSameRole || state.hooksDone === null) {'),
  ),
  mutant(
    'G8',
    'done-in-another-epoch',
    'what was done for another epoch is not done for this one',
    patch('hooks.ts', ' && known.epoch === epoch;', ';'),
  ),
  mutant(
    'G8',
    'done-not-remembered',
    'what is done is remembered, and what is not is not',
    patch(
      'hooks.ts',
      `({ life }) => life.progress === 'done');`,
      `({ life }) => life.progress !== 'idle');`,
    ),
  ),
  mutant(
    'G8',
    'run-before-remembered',
    'before a hook is run it is on disk that it is not done',
    patch('hooks.ts', '  remember(turn);\n}\n\nfunction beginRole', '}\n\nfunction beginRole'),
    patch(
      'hooks.ts',
      '  turn.hooks.forEach((hook, index)',
      '  remember(turn);\n  turn.hooks.forEach((hook, index)',
    ),
  ),
  mutant(
    'G8',
    'hooks-beside-the-primary',
    'where the role went, the services of the primary end before hooks are run',
    patch('hooks.ts', ' || !servicesAreQuiet(turn)) return;', ') return;'),
  ),
  mutant(
    'G9',
    'services-before-hooks',
    'services of the primary wait for its required hooks',
    patch('wanted.ts', `life.progress !== 'done',`, `life.progress === 'passedOver',`),
  ),
  mutant(
    'G9',
    'optional-delays-required',
    'a required hook waits for no optional one',
    patch('hooks.ts', '(settings.required && !other.settings.required) || ', ''),
  ),
  mutant(
    'G9',
    'hooks-out-of-order',
    'a hook waits for those before it',
    patch(
      'hooks.ts',
      `(settings.required && !other.settings.required) || other`,
      `other.settings.name !== '' || other`,
    ),
  ),
  mutant(
    'G9',
    'dying-hook-waited-for',
    'a hook of an old role that does not die holds up nothing but itself',
    patch(
      'hooks.ts',
      'life.cancelledAt !== null && now < life.cancelledAt + cancelGraceMs',
      'life.cancelledAt !== null && now >= 0',
    ),
  ),
  mutant(
    'G9',
    'services-wait-for-the-disk',
    'services are started and stopped before anything is written for hooks',
    patch(
      'machine.ts',
      '[...turn.effects, ...turn.hookEffects]',
      '[...turn.hookEffects, ...turn.effects]',
    ),
  ),
];

const answersAndTime: readonly GuardianMutant[] = [
  mutant(
    'G11',
    'overtaken-not-answered',
    'an order is answered when another one for the same service comes',
    patch(
      'orders.ts',
      `answerTaken(turn, older, false, 'another order came');`,
      'turn.state.orders = turn.state.orders.filter((other) => other !== older);',
    ),
  ),
  mutant(
    'G11',
    'late-not-answered',
    'an order that is not done in time is answered',
    patch(
      'orders.ts',
      'const isLate = turn.state.now >= order.until;',
      'const isLate = turn.state.now === Infinity;',
    ),
  ),
  mutant(
    'G11',
    'answered-and-kept',
    'an order is answered once',
    patch(
      'orderAnswers.ts',
      'turn.state.orders = turn.state.orders.filter((other) => other !== order);',
      '',
    ),
  ),
  mutant(
    'G11',
    'shutdown-does-not-last',
    'nothing is started once everything is to stop',
    patch('wanted.ts', 'return !shuttingDown && (', 'return ('),
  ),
  mutant(
    'G13',
    'sleeps-through-pauses',
    'it wakes when a pause is over',
    patch('wake.ts', 'mayRun(service, state) ? life.notBefore : mark', 'mark'),
  ),
  mutant(
    'G13',
    'sleeps-through-marks',
    'it wakes when a quarantine is over',
    patch('wake.ts', 'mayRun(service, state) ? life.notBefore : mark', 'life.notBefore'),
  ),
  mutant(
    'G13',
    'sleeps-through-start-deadlines',
    'it wakes at a start deadline',
    patch(
      'wake.ts',
      'return [service.life.phaseSince + service.settings.startDeadlineMs];',
      'return [];',
    ),
  ),
  mutant(
    'G13',
    'sleeps-through-checks',
    'it wakes when a check is due',
    patch('wake.ts', '[...ownTimes, ...checkTimes(state, service)]', '[...ownTimes]'),
  ),
  mutant(
    'G13',
    'sleeps-through-steady-runs',
    'it wakes when a run has become steady',
    patch('wake.ts', 'if (row > 0 || isMarked(life.trouble)) times', 'if (row < 0) times'),
  ),
  mutant(
    'G13',
    'sleeps-through-stuck-services',
    'it wakes when a service counts as one that cannot be stopped',
    patch('wake.ts', 'return [life.stuckAt];', 'return [];'),
  ),
  mutant(
    'G13',
    'sleeps-through-hooks',
    'it wakes when a hook is to be tried again',
    patch('wake.ts', `times.push(life.notBefore);`, ';'),
  ),
  mutant(
    'G13',
    'sleeps-through-dying-hooks',
    'it wakes when a hook of an old role is no longer waited for',
    patch('wake.ts', 'times.push(life.cancelledAt + cancelGraceMs);', ';'),
  ),
  mutant(
    'G13',
    'sleeps-through-orders',
    'it wakes when an order is to be answered',
    patch('wake.ts', '...state.orders.map(({ until }) => until),', ''),
  ),
];

export const guardianMutants: readonly GuardianMutant[] = [
  ...order,
  ...marks,
  ...runs,
  ...hooks,
  ...answersAndTime,
];
