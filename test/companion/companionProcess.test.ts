// The companion as a box runs it: started by a real guardian, with a simulated panel on a pseudo terminal and an agent that this
// test plays on the control socket.
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { companionService } from '../../src/daemon/companionDescription.ts';
import { controlSocketPath } from '../../src/daemon/control/controlClient.ts';
import { openControlServer } from '../../src/daemon/control/controlServer.ts';
import type { ControlServer } from '../../src/daemon/control/controlServer.ts';
import type { StatusJson } from '../../src/daemon/status.ts';
import type { PanelKey } from '../../src/io/panel/panel.ts';
import { openSimulatedPanel } from '../../src/io/panel/simulatedPanel.ts';
import type { SimulatedPanel } from '../../src/io/panel/simulatedPanel.ts';
import { callHotpair, hotpairWords } from '../cli/callHotpair.ts';
import { someConfig } from '../config/configText.ts';
import { aGuardian, aSite } from '../daemon/guardian/aGuardian.ts';
import type { GuardianOfTest, Site } from '../daemon/guardian/aGuardian.ts';
import { until } from '../daemon/until.ts';
import { aStatus } from '../words/aStatus.ts';

/** Processes of the sources begin here, on a busy machine. */
const deadlineMs = 60_000;

type Box = {
  readonly site: Site;
  readonly panel: SimulatedPanel;
  readonly guardian: GuardianOfTest;
  readonly orders: string[];
  /** The agent of this test, with a status of its own. */
  readonly agent: (change?: Partial<StatusJson>) => Promise<ControlServer>;
};

function aBox(t: ExecutionContext): Box {
  const site = aSite(t);
  const panel = openSimulatedPanel({ model: '635', link: join(site.folder, 'panel') });
  t.teardown(() => panel.close());
  const config = someConfig({
    panel: { driver: 'crystalfontz', device: panel.path },
    state: { directory: site.stateDirectory, runDirectory: site.runDirectory },
  });
  const service = companionService(config, hotpairWords(['companion']));
  if (service === null) throw new Error('a box with a panel has no companion');
  const orders: string[] = [];
  const guardian = aGuardian(t, site, { services: [service] });
  return {
    site,
    panel,
    guardian,
    orders,
    async agent(change = {}) {
      const server = await openControlServer(controlSocketPath(site.runDirectory), (client) => {
        const { command } = client.request;
        if (command !== 'status') orders.push(command);
        client.reply(
          command === 'status'
            ? aStatus(change)
            : { ok: true, code: 'switchoverDone', text: 'the switchover is done' },
        );
      });
      t.teardown(() => server.close());
      return server;
    },
  };
}

async function shows({ panel }: Box, pattern: RegExp): Promise<string> {
  const text = (): string => panel.picture().lines.join('\n');
  await until(
    `the panel shows ${pattern.source}, not ${text()}`,
    () => pattern.test(text()),
    deadlineMs,
  );
  return text();
}

async function lamps({ panel }: Box, pattern: RegExp): Promise<void> {
  const text = (): string => panel.picture().lamps.join(' ');
  await until(`the lights are ${pattern.source}`, () => pattern.test(text()), deadlineMs);
}

/** As a person does it: keys that follow one another too fast are not heard. */
async function press({ panel }: Box, key: PanelKey, afterMs = 200): Promise<void> {
  const end = performance.now() + afterMs;
  await until('it was seen what is shown', () => performance.now() > end, deadlineMs);
  panel.press(key);
}

test.serial('the panel tells the truth while the agent comes, goes and comes back', async (t) => {
  const box = aBox(t);
  await shows(box, /agent not answering/);
  t.true(
    box.panel
      .picture()
      .lamps.slice(1)
      .every((lamp) => lamp === 'off'),
  );
  const first = await box.agent();
  await shows(box, /^box-a .*PRIMARY/);
  await lamps(box, /^green green green green$/);
  first.close();
  const silent = await shows(box, /NO AGENT\nagent not answering +\n[^]*role is not known/);
  t.notRegex(silent, /PRIMARY/);
  await box.agent({ role: 'standby', state: 'standby', eligible: true });
  await shows(box, /STANDBY/);
});

test.serial('a switchover is ordered at the panel in two steps, and its end is told', async (t) => {
  const box = aBox(t);
  await box.agent();
  await shows(box, /PRIMARY/);
  await press(box, 'up');
  await shows(box, /ENTER: next step/);
  await press(box, 'enter');
  await shows(box, />No</);
  await press(box, 'right');
  await shows(box, />Yes</);
  t.deepEqual(box.orders, []);
  await press(box, 'enter', 700);
  await shows(box, /Done: the switchover\s+is done\./);
  t.deepEqual(box.orders, ['switchover']);
});

test.serial(
  'a companion that is killed or stopped is started again, and the guardian goes on',
  async (t) => {
    const box = aBox(t);
    await box.agent();
    await shows(box, /PRIMARY/);
    const pid = (): number => box.guardian.service('companion')?.pid ?? 0;
    for (const signal of ['SIGKILL', 'SIGSTOP'] as const) {
      await box.guardian.untilState('companion', 'up');
      const before = pid();
      t.true(before > 0);
      process.kill(before, signal);
      await until(
        `another one runs after ${signal}`,
        () => ![0, before].includes(pid()),
        deadlineMs,
      );
      await box.agent({ role: 'standby', state: 'standby', eligible: true });
      await shows(box, /STANDBY/);
      await box.agent();
      await shows(box, /PRIMARY/);
    }
  },
);

test.serial('told to end, it says so on the panel and leaves no state there', async (t) => {
  const box = aBox(t);
  await box.agent();
  await shows(box, /PRIMARY/);
  t.true((await box.guardian.order('stop', 'companion')).ok);
  const text = await shows(box, /panel switched off/);
  t.notRegex(text, /PRIMARY/);
  await lamps(box, /^off off off off$/);
});

test('nobody but the guardian starts it, and people are not shown it', async (t) => {
  const { code, stderr } = await callHotpair('companion');
  t.is(code, 2);
  t.regex(stderr, /USAGE: the guardian starts the companion, nobody else/);
  t.notRegex((await callHotpair('help')).stdout, /^ {2}companion /m);
});
