// Serves the control socket: what each request means for the running agent.
import { readEvents } from '../../io/events/eventLog.ts';
import { monotonicMs } from '../../kernel/clock.ts';
import { HotpairError, isHotpairError } from '../../protocol/hotpairError.ts';
import type { StopWish } from '../agent.ts';
import type { Box } from '../box.ts';
import type { Verdict } from '../commands.ts';
import { prepareShutdown } from '../leaving.ts';
import { writeMaintenance } from '../maintenanceStore.ts';
import type { RecordAtStart } from '../recordAtStart.ts';
import { guardianStatus, statusOf } from '../status.ts';
import { controlSocketPath } from './controlClient.ts';
import { openControlServer } from './controlServer.ts';
import type { ClientRequest, ControlServer } from './controlServer.ts';

/** An order that the core has not answered by then is reported as unfinished; it may still come true. */
const orderDeadlineMs = 120_000;

/** The longest deadlines of a start and of a stop that a configuration may have, and some more. */
export const serviceOrderDeadlineMs = 2_460_000;

export type ControlOptions = {
  readonly box: Box;
  readonly found: RecordAtStart;
  readonly stop: (wish: StopWish) => void;
};

export async function openControl(options: ControlOptions): Promise<ControlServer> {
  const { runDirectory } = options.box.ground.config.state;
  return openControlServer(controlSocketPath(runDirectory), (client) => {
    serve(options, client).catch((error: unknown) => client.refuse(refusalOf(error)));
  });
}

function refusalOf(error: unknown): HotpairError {
  if (isHotpairError(error)) return error;
  return new HotpairError('CONTROL_FAILED', error instanceof Error ? error.message : String(error));
}

async function serve(options: ControlOptions, client: ClientRequest): Promise<void> {
  const { box, stop } = options;
  const { request } = client;
  switch (request.command) {
    case 'status':
      client.reply(statusOf(box, options.found));
      return;
    case 'events':
      await serveEvents(box, client, request.limit, request.follow);
      return;
    case 'switchover':
      client.reply(await box.commands.give({ type: 'switchover' }, orderDeadlineMs));
      return;
    case 'takeover': {
      const { peerIsOff } = request;
      client.reply(await box.commands.give({ type: 'takeover', peerIsOff }, orderDeadlineMs));
      return;
    }
    case 'rotateKey':
      client.reply({ begun: (await box.keys.begin()) === 'begun', ...box.keys.status() });
      return;
    case 'peerConfiguration': {
      const { own, peers } = box.configurations;
      const peer = await peers();
      client.reply({ own: own(), peer });
      return;
    }
    case 'maintenance':
      client.reply(await setMaintenance(box, request.forMs));
      return;
    case 'services':
      client.reply(guardianStatus(box));
      return;
    case 'serviceOrder':
      client.reply(
        await box.guardian.order(request.order, request.service, serviceOrderDeadlineMs),
      );
      return;
    case 'stop':
      client.reply({ ok: true });
      stop('stop');
      return;
    case 'shutdown':
      client.reply(await prepareShutdown(box, orderDeadlineMs));
      stop('shutdown');
  }
}

async function setMaintenance(
  box: Box,
  forMs: number | null,
): Promise<Verdict & { readonly until: string | null }> {
  const until = forMs === null ? null : Date.now() + forMs;
  // On disk first: a maintenance that a restart forgets would be a surprise at the worst moment.
  await writeMaintenance(box.ground.config.state.directory, until);
  const untilMs = forMs === null ? null : monotonicMs() + forMs;
  if (untilMs === null) {
    box.quarantine.lift();
    await box.boot.noteSteady();
  }
  const verdict = await box.commands.give({ type: 'maintenance', untilMs }, orderDeadlineMs);
  return { ...verdict, until: until === null ? null : new Date(until).toISOString() };
}

async function serveEvents(
  box: Box,
  client: ClientRequest,
  limit: number,
  follow: boolean,
): Promise<void> {
  const { directory } = box.ground.config.state;
  const missed: string[] = [];
  let live = false;
  const unfollow = follow
    ? box.log.follow((line) => {
        if (live) client.event(JSON.parse(line));
        else missed.push(line);
      })
    : () => undefined;
  client.onGone(unfollow);
  const past = limit === 0 ? [] : await readEvents(directory, limit);
  if (!follow) {
    client.reply(past.map(parsed));
    return;
  }
  const known = new Set(past);
  for (const line of [...past, ...missed.filter((each) => !known.has(each))])
    client.event(parsed(line));
  live = true;
}

function parsed(line: string): unknown {
  return JSON.parse(line);
}
