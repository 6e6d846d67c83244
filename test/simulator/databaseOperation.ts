// What the shell does to PostgreSQL, in the steps in which the world can be seen half done. Durations are those measured
// on PostgreSQL 15; a step fails or hangs as often as the world's options say.
import type { Effect, EffectName } from '../../src/core/effects.ts';
import type { Box } from './box.ts';
import type { Happening } from './core.ts';
import type { Operation, Stage } from './operation.ts';
import { failed } from './operation.ts';
import { lsnOf } from './log.ts';
import { checkPromoted } from './steps.ts';
import type { World } from './world.ts';

type Of<N extends Effect['type']> = Extract<Effect, { readonly type: N }>;
type Site = { readonly world: World; readonly box: Box };

const operations = {
  startDatabase: starting,
  stopDatabase: stopping,
  promoteDatabase: promoting,
  setSynchronous: settingSynchronous,
  clearSynchronous: clearingSynchronous,
  admitClients: admitting,
  checkpointDatabase: checkpointing,
  keepDivergence: keeping,
  rewindDatabase: rewinding,
  cloneDatabase: cloning,
} satisfies { readonly [N in EffectName]?: (site: Site, effect: Of<N>) => Operation };
export type DatabaseEffect = Of<keyof typeof operations>;

export function databaseOperation(world: World, box: Box, effect: DatabaseEffect): Operation {
  // The table pairs each name with its own effect, which tsc cannot follow through the lookup.
  const begin = operations[effect.type] as (site: Site, effect: DatabaseEffect) => Operation;
  return begin({ world, box }, effect);
}

/** A stage that needs a postmaster that answers; it waits for one that hangs and fails without one. */
function withServer(
  { box }: Site,
  effect: DatabaseEffect,
  afterMs: number,
  act: () => Happening | null,
): Stage {
  return {
    afterMs,
    act: () => {
      if (!box.database.running) return failed(effect, 'notRunning');
      return box.database.hung ? 'again' : act();
    },
  };
}

function mayFail({ world }: Site, effect: DatabaseEffect, factor = 1): Happening | null {
  return world.random.chance(world.options.databaseFailure * factor)
    ? failed(effect, 'databaseFault')
    : null;
}

function starting(site: Site, effect: Of<'startDatabase'>): Operation {
  const { world, box } = site;
  const { random } = world;
  const { orders } = box.database;
  const recoveryMs = box.database.crashed ? random.between(100, 1200) : 0;
  const comeUp = (): null => {
    const { database } = box;
    database.isComingUp = database.present && !database.running && !database.broken;
    return null;
  };
  const start = (): Happening | null => {
    const { database } = box;
    database.isComingUp = false;
    if (!database.present) return failed(effect, 'ENOENT');
    if (database.broken)
      world.ledger.break('job', `${box.name} starts a database that is half rewound`);
    if (database.running) return failed(effect, 'DATABASE_RUNNING');
    if (box.disk.failing.active) {
      box.triedInVain = true;
      return failed(effect, 'EROFS');
    }
    if (database.orders !== orders) return failed(effect, 'overtaken');
    const failure = mayFail(site, effect);
    if (failure !== null || database.lostCheckpoint) {
      box.triedInVain = true;
      return failure ?? failed(effect, 'lostCheckpoint');
    }
    const { timeline } = database.log.branch;
    database.start(effect.role, effect.synchronous);
    if (database.isPrimary && database.log.branch.timeline !== timeline) checkPromoted(world, box);
    world.databaseStarted(box);
    return null;
  };
  return {
    stages: [
      { afterMs: 20, act: comeUp },
      { afterMs: random.between(100, 480) + recoveryMs, act: start },
      withServer(site, effect, random.between(5, 60), () => null),
    ],
    answer: () => ({ type: 'databaseStarted', token: effect.token }),
  };
}

function stopping(site: Site, effect: Of<'stopDatabase'>): Operation {
  return effect.how === 'clean' ? stoppingClean(site, effect) : stoppingNow(site, effect);
}

/** Clients are thrown out, the last checkpoint is written, and the sender ships all of it before the server ends. */
function stoppingClean(site: Site, effect: Of<'stopDatabase'>): Operation {
  const { world, box } = site;
  const { random, queue } = world;
  const killMs = queue.nowMs + effect.deadlineMs;
  box.database.orders += 1;
  const close = (): 'again' | null => {
    const { database } = box;
    if (database.hung && queue.nowMs < killMs) return 'again';
    database.admitted = false;
    if (database.isPrimary && !database.hung) database.checkpoint();
    world.logGrew(box);
    return null;
  };
  const end = (): 'again' | null => {
    const { database } = box;
    const killed = queue.nowMs >= killMs;
    const ships = database.isPrimary && world.replicationFrom(box).primarySees;
    if (ships && (database.standbyFlush ?? 0) < database.log.length && !killed) return 'again';
    world.databaseEnded(box, !killed);
    return null;
  };
  const stages: readonly Stage[] = [
    { afterMs: random.between(20, 120), act: close },
    { afterMs: random.between(10, 100), act: end },
  ];
  return {
    stages: box.database.running ? stages : stages.slice(0, 0),
    answer: () => stopped(site, effect.token),
  };
}

function stoppingNow(site: Site, effect: Of<'stopDatabase'>): Operation {
  site.box.database.orders += 1;
  const act = (): null => {
    site.world.databaseEnded(site.box, false);
    return null;
  };
  return {
    stages: [{ afterMs: site.world.random.between(10, 80), act }],
    answer: () => stopped(site, effect.token),
  };
}

function stopped({ box }: Site, token: number): Happening {
  const { log, crashed } = box.database;
  return {
    type: 'databaseStopped',
    token,
    clean: !crashed,
    lsn: lsnOf(log),
    timeline: log.branch.timeline,
  };
}

/** Promotion, then the proof by a write, then the clients: each can be the last thing that was done. */
function promoting(site: Site, effect: Of<'promoteDatabase'>): Operation {
  const { world, box } = site;
  const { random } = world;
  const slowMs = random.chance(world.options.databaseFailure) ? random.between(500, 6000) : 0;
  const promote = (): Happening | null => {
    const failure = mayFail(site, effect);
    if (failure !== null) return failure;
    if (box.database.role === 'primary') return null;
    if (random.chance(world.options.promotionFailure)) return failed(effect, 'notPromoted');
    box.database.promote();
    world.databasePromoted(box);
    return null;
  };
  const prove = (): Happening | null => mayFail(site, effect, 0.3) ?? write();
  const write = (): null => {
    box.database.append();
    box.database.admitted = true;
    world.clientsAdmitted(box);
    return null;
  };
  return {
    stages: [
      withServer(site, effect, random.between(100, 210) + slowMs, promote),
      withServer(site, effect, random.between(10, 60), prove),
    ],
    answer: () => ({
      type: 'databasePromoted',
      token: effect.token,
      timeline: box.database.log.branch.timeline,
      lsn: lsnOf(box.database.log),
    }),
  };
}

/** The setting is in the file, then in force, then proved; a failure can come after each. */
function settingSynchronous(site: Site, effect: Of<'setSynchronous'>): Operation {
  const { random } = site.world;
  const { database } = site.box;
  const { orders } = database;
  const configure = (): Happening | null => {
    if (!database.isPrimary) return failed(effect, 'notPrimary');
    if (database.orders !== orders) return failed(effect, 'overtaken');
    database.synchronousSetting = true;
    return mayFail(site, effect);
  };
  const force = (): Happening | null => {
    if (database.orders !== orders) return failed(effect, 'overtaken');
    database.synchronous = site.world.options.planted.lyingSwitch !== true;
    return mayFail(site, effect);
  };
  return {
    stages: [
      withServer(site, effect, random.between(2, 20), configure),
      withServer(site, effect, random.between(20, 150), force),
      withServer(site, effect, random.between(20, 100), () => null),
    ],
    answer: () => ({ type: 'synchronousProved', token: effect.token, lsn: lsnOf(database.log) }),
  };
}

function clearingSynchronous(site: Site, effect: Of<'clearSynchronous'>): Operation {
  const { world, box } = site;
  const { random } = world;
  const slowMs = random.chance(0.02) ? random.between(500, 3000) : 0;
  box.database.orders += 1;
  const configure = (): Happening | null => {
    box.database.synchronousSetting = false;
    return mayFail(site, effect);
  };
  const release = (): null => {
    world.synchronousCleared(box);
    box.database.clearSynchronous();
    return null;
  };
  return {
    stages: [
      withServer(site, effect, random.between(2, 20), configure),
      withServer(site, effect, random.between(20, 60) + slowMs, release),
    ],
    answer: () => ({ type: 'synchronousCleared', token: effect.token }),
  };
}

function admitting(site: Site, effect: Of<'admitClients'>): Operation {
  const { world, box } = site;
  const admit = (): Happening | null => {
    const failure = mayFail(site, effect);
    if (failure !== null) return failure;
    box.database.admitted = true;
    world.clientsAdmitted(box);
    return null;
  };
  return {
    stages: [withServer(site, effect, world.random.between(5, 50), admit)],
    answer: () => ({ type: 'clientsAdmitted', token: effect.token }),
  };
}

function checkpointing(site: Site, effect: Of<'checkpointDatabase'>): Operation {
  const { world, box } = site;
  const checkpoint = (): null => {
    box.database.checkpoint();
    world.logGrew(box);
    return null;
  };
  return {
    stages: [withServer(site, effect, world.random.between(50, 500), checkpoint)],
    answer: () => ({ type: 'databaseCheckpointed', token: effect.token }),
  };
}

function keeping(site: Site, effect: Of<'keepDivergence'>): Operation {
  const { random } = site.world;
  const keep = (): Happening | null => {
    const failure = mayFail(site, effect);
    if (failure !== null) site.box.triedInVain = true;
    return failure;
  };
  return {
    stages: [{ afterMs: random.between(50, 800), act: keep }],
    answer: () => ({
      type: 'divergenceKept',
      token: effect.token,
      kept: random.chance(0.5) ? 'divergence/1' : null,
    }),
  };
}

/** The data directory is garbage from the first changed block to the last. */
function rewinding(site: Site, effect: Of<'rewindDatabase'>): Operation {
  const { world, box } = site;
  const { random } = world;
  const sourceGone = (): boolean => !box.peer.database.isPrimary || !world.databasesMeet();
  const begin = (): Happening | null => {
    box.triedInVain = true;
    if (!box.database.present) return failed(effect, 'ENOENT');
    if (box.database.running || sourceGone()) return failed(effect, 'noSource');
    const failure = mayFail(site, effect, 3);
    if (failure !== null) return failure;
    if (!box.database.needsRewind(box.peer.database)) return null;
    box.database.broken = true;
    box.database.showsBroken = random.chance(0.3);
    return null;
  };
  const finish = (): Happening | null => {
    if (sourceGone()) return failed(effect, 'sourceLost');
    const failure = mayFail(site, effect, 3);
    if (failure !== null) return failure;
    if (box.database.forkedUnseenFrom(box.peer.database))
      world.ledger.break('I1', `${box.name} is rewound from a fork that pg_rewind does not see`);
    box.database.rewindTo(box.peer.database);
    box.database.broken = false;
    return null;
  };
  return {
    stages: [
      { afterMs: random.between(200, 1000), act: begin },
      { afterMs: random.between(300, 3000), act: finish },
    ],
    answer: () => ({ type: 'databaseRewound', token: effect.token }),
  };
}

/** Beside the old directory; the old one is replaced only at the end. */
function cloning(site: Site, effect: Of<'cloneDatabase'>): Operation {
  const { world, box } = site;
  const { random } = world;
  const sourceGone = (): boolean => !box.peer.database.isPrimary || !world.databasesMeet();
  const begin = (): Happening | null => {
    if (box.database.running) return failed(effect, 'running');
    return sourceGone() ? failed(effect, 'noSource') : mayFail(site, effect);
  };
  const finish = (): Happening | null => {
    if (sourceGone()) return failed(effect, 'sourceLost');
    box.database.cloneFrom(box.peer.database);
    box.logRecycled = false;
    return null;
  };
  return {
    stages: [
      { afterMs: random.between(100, 500), act: begin },
      { afterMs: random.between(1000, 8000), act: finish },
    ],
    answer: () => ({ type: 'databaseCloned', token: effect.token }),
  };
}
