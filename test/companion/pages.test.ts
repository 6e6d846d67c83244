// The pages of the front panel: pure functions of what is known, for both sizes of panel.
import { readFileSync } from 'node:fs';
import test from 'ava';
import { aService, aGuardian } from '../words/aGuardianStatus.ts';
import { detailsAt, glanceAt } from '../../src/companion/pages/pages.ts';
import { pageNames } from '../../src/companion/pages/page.ts';
import type { PageName } from '../../src/companion/pages/page.ts';
import type { View } from '../../src/companion/view.ts';
import type { StatusJson } from '../../src/daemon/status.ts';
import { aStatus } from '../words/aStatus.ts';
import { aView, silentAgent } from './aView.ts';
import { panelDocument, rewritten } from './panelDocument.ts';

const large = { columns: 20, rows: 4 };
const small = { columns: 16, rows: 2 };
/** LCDd drives such panels too. */
const smallest = { columns: 8, rows: 1 };

function text(name: PageName, view: View, size = large): string {
  return glanceAt(name, view, size)
    .map((line) => line.trimEnd())
    .join('\n');
}

test('the pictures and the table of lights in docs/panel.md are those of the code', (t) => {
  const document = readFileSync(panelDocument, 'utf8');
  t.is(rewritten(document), document, 'node test/companion/rewritePanelDocument.ts');
});

test('every page has exactly the lines of its panel, whatever the state', (t) => {
  const changes: readonly Partial<StatusJson>[] = [
    {},
    { role: 'none', state: 'unpaired', mode: null, epoch: null, peerStatus: null, silentMs: null },
    {
      role: 'standby',
      state: 'standby',
      eligible: false,
      guardian: null,
      alarms: ['x'.repeat(90)],
    },
    {
      node: 'a'.repeat(63),
      reason: 'é\u0000\u001b[2J'.repeat(30),
      role: 'none',
      state: 'starting',
    },
  ];
  for (const change of changes) {
    for (const name of pageNames) {
      for (const size of [large, small, smallest, { columns: 40, rows: 8 }]) {
        const view = aView(change);
        for (const each of [view, { ...view, agent: silentAgent }, { ...view, agent: asked }]) {
          const lines = glanceAt(name, each, size);
          t.is(lines.length, size.rows);
          for (const line of lines) t.regex(line, new RegExp(`^[ -~]{${size.columns}}$`));
          t.true(detailsAt(name, each, size.columns).every((line) => line.length <= size.columns));
        }
      }
    }
  }
});

const asked = { type: 'asked' } as const;

test('the first page says what the box is, in capitals, and how the pair stands', (t) => {
  t.regex(text('role', aView()), /^box-a +PRIMARY\npaired: both boxes\npeer standby, ready\nsince/);
  t.regex(text('role', aView({ mode: 'solo', state: 'solo' })), /PRIMARY\nSOLO: this box only\n/);
  const standby = { role: 'standby', state: 'standby' } as const;
  t.regex(text('role', aView({ ...standby, eligible: true })), /STANDBY\nit can take over\n/);
  t.regex(text('role', aView({ ...standby, eligible: false })), /STANDBY\ncannot take over now\n/);
  const takeover = aView({ role: 'none', state: 'takingOver', waitingFor: 'the arbiter' });
  t.regex(text('role', takeover), /TAKEOVER\nthe arbiter\n/);
  t.regex(text('role', aView({ peerHeard: false, silentMs: 12_000 })), /\npeer silent 12 s\n/);
  t.regex(text('role', aView({ alarms: ['unprotected', 'pathSilent'] })), /\nALARMS: 2$/);
});

test('an agent that does not answer leaves nothing of its last state, and says since when', (t) => {
  const view = aView({}, { agent: silentAgent });
  t.is(
    text('role', view),
    'box-a       NO AGENT\nagent not answering\nsince 11-23 07:10:12\nrole is not known',
  );
  t.is(text('role', view, small), 'agent: no answer\nsince 07:10:12');
  t.is(text('database', view), text('role', view));
  t.notRegex(pageNames.map((name) => text(name, view)).join('\n'), /PRIMARY|primary|in step/);
  t.regex(text('network', view), /^eth0 service +up\neth1 heartbeat +up\nagent: no answer/);
  t.regex(
    detailsAt('role', view, 80).join(' '),
    /not answering since .*: the agent does not answer: it is not running\. Nobody decides on this box\./,
  );
});

test('the database page says whether commits are on both boxes', (t) => {
  t.regex(text('database', aView()), /^Database +primary\nstandby has it all\ncommits on both\n/);
  const database = { ...aStatus().database, lagBytes: 40 * 1024 * 1024 };
  t.regex(
    text('database', aView({ database, mode: 'solo' })),
    /standby 40 MB late\ncommits HERE ONLY/,
  );
  const problem = { code: 'DATABASE_DISK', text: 'the disk is full' };
  const broken = { ...database, running: false, answering: false, problem };
  t.regex(text('database', aView({ database: broken })), /^Database +FAULT\nDATABASE_DISK\n/);
});

test('the network page tells a port without a cable from one that is down and one that is missing', (t) => {
  const view = aView();
  const [eth0, eth1] = view.facts.ports;
  const told = (ports: View['facts']['ports']): string =>
    text('network', { ...view, facts: { ...view.facts, ports } });
  t.truthy(eth0 !== undefined && eth1 !== undefined);
  if (eth0 === undefined || eth1 === undefined) return;
  t.regex(told([{ ...eth0, carrier: false }, eth1]), /^eth0 service NO LINK\neth1 heartbeat +up/);
  t.regex(
    told([{ ...eth0, isUp: false, carrier: null }]),
    /^eth0 service +down\neth1 heartb\w* MISSING/,
  );
  t.regex(
    detailsAt('network', view, 80).join('\n'),
    /eth0: up 1000 Mbit\/s full, 02:00:00:00:00:01/,
  );
});

test('services that are not as they should be come first', (t) => {
  const services = [
    aService('redis'),
    aService('kamailio', { state: 'pausing', problem: 'it ended', unfitForMs: 1_000 }),
    aService('cdr', { state: 'stopped', heldByOperator: true }),
    aService('rtp', { runs: 'primary', state: 'stopped' }),
  ];
  const view = aView({ guardian: aGuardian({ services }) });
  t.is(
    text('services', view),
    'Services   1 of 3 up\nkamailio      FAILED\ncdr             held\nredis             up',
  );
  t.regex(detailsAt('services', view, 80).join('\n'), /kamailio: FAILED\n/);
});

test('alarms are told in few words, and in the details with what to do', (t) => {
  const view = aView({ alarms: ['waitingForOperator', 'diskFilling'] });
  t.is(text('alarms', view), 'Alarms             2\nwaiting for operator\ndisk filling\n');
  t.regex(
    detailsAt('alarms', view, 200).join('\n'),
    /diskFilling: the database's disk fills: make room/,
  );
});

test('details are the sentences of hotpair status, each on one page', (t) => {
  const view = aView({ alarms: ['diskFilling'] });
  const all = pageNames.map((name) => detailsAt(name, view, 400).join('\n'));
  const once = [
    'because: ',
    'database: ',
    'service port: ',
    'watchdog: ',
    'arbiter: ',
    'services: ',
  ];
  for (const subject of once) t.is(all.filter((page) => page.includes(subject)).length, 1, subject);
});
