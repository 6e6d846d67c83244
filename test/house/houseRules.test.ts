// Each rule of the house is proved with a planted fault, because a check that cannot fail is no
// check; then the real tree is held to all of them.

import { join } from 'node:path';
import test from 'ava';
import type { Complaint, RuleName } from './complaint.ts';
import { complaintsAbout } from './houseRules.ts';
import { readSourceTree } from './sourceTree.ts';

const HEADER = '// What this file is for.\n\n';

function complain(path: string, code: string): readonly Complaint[] {
  return complaintsAbout({ path, text: HEADER + code });
}

function rules(complaints: readonly Complaint[]): readonly RuleName[] {
  return complaints.map((complaint) => complaint.rule);
}

type Planted = { readonly path: string; readonly code: string };

/** A rule, faults that it has to find, and neighbours of these that it has to leave alone. */
function rule(
  name: RuleName,
  claim: string,
  faults: readonly Planted[],
  good: readonly Planted[],
): void {
  test(`${name}: ${claim}`, (t) => {
    for (const { path, code } of faults) {
      t.deepEqual(rules(complain(path, code)), [name], `${path}: ${code}`);
    }
    for (const { path, code } of good) {
      t.deepEqual(complain(path, code), [], `${path}: ${code}`);
    }
  });
}

function importing(path: string, wanted: string): Planted {
  return { path, code: `import { thing } from '${wanted}';\n` };
}

rule(
  'importDirection',
  'an arrow that points back to an outer ring is found',
  [
    importing('src/core/step.ts', '../protocol/heartbeat.ts'),
    importing('src/protocol/heartbeat.ts', '../kernel/links.ts'),
    importing('src/kernel/links.ts', '../io/link/port.ts'),
    importing('src/io/link/port.ts', '../../daemon/mailbox.ts'),
    importing('src/daemon/mailbox.ts', '../cli/status.ts'),
    importing('src/daemon/mailbox.ts', '../companion/front.ts'),
    importing('src/daemon/mailbox.ts', '../words/statusText.ts'),
    importing('src/words/statusText.ts', '../companion/front.ts'),
    importing('src/cli/status.ts', '../main.ts'),
    importing('src/cli/status.ts', '../../test/lab/site.ts'),
    importing('src/extra/thing.ts', '../core/step.ts'),
  ],
  [
    importing('src/main.ts', './cli/commands.ts'),
    importing('src/companion/front.ts', '../daemon/status.ts'),
    importing('src/daemon/mailbox.ts', '../core/step.ts'),
    importing('src/io/link/port.ts', '../../kernel/links.ts'),
    importing('src/kernel/links.ts', '../protocol/hotpairError.ts'),
    importing('test/core/step.test.ts', '../../src/core/step.ts'),
  ],
);

rule(
  'importDirection',
  'subjects of io do not know one another',
  [importing('src/io/link/port.ts', '../heartbeat/socket.ts')],
  [importing('src/io/link/port.ts', './addresses.ts')],
);

rule(
  'importDirection',
  'config is known to daemon, cli and main, and itself knows only core and HotpairError',
  [
    importing('src/core/step.ts', '../config/schema.ts'),
    importing('src/io/link/port.ts', '../../config/schema.ts'),
    importing('src/config/load.ts', '../io/link/port.ts'),
    importing('src/config/load.ts', '../protocol/heartbeat.ts'),
  ],
  [
    importing('src/cli/config.ts', '../config/load.ts'),
    importing('src/config/load.ts', '../core/settings.ts'),
    importing('src/config/load.ts', '../protocol/hotpairError.ts'),
  ],
);

rule(
  'importDirection',
  'core imports nothing from outside, not even as a type, again, or later',
  [
    importing('src/core/step.ts', 'node:crypto'),
    { path: 'src/core/step.ts', code: "import type { Socket } from 'node:net';\n" },
    { path: 'src/core/step.ts', code: "export * from '../daemon/mailbox.ts';\n" },
    { path: 'src/core/step.ts', code: "const later = import('../daemon/mailbox.ts');\n" },
    { path: 'src/core/step.ts', code: "import {\n  a,\n  b,\n} from '../io/link/port.ts';\n" },
  ],
  [
    importing('src/core/step.ts', './record.ts'),
    { path: 'src/core/step.ts', code: "// import { a } from '../io/link/port.ts';\n" },
    { path: 'src/core/step.ts', code: 'const text = "import a from \'../io/link/port.ts\'";\n' },
  ],
);

rule(
  'importDirection',
  'a package with one place is not imported elsewhere',
  [
    importing('src/io/link/port.ts', 'node:ffi'),
    importing('src/daemon/mailbox.ts', 'pg'),
    importing('src/daemon/mailbox.ts', 'systeminformation'),
    importing('src/io/record/file.ts', 'zod'),
  ],
  [
    importing('src/kernel/links.ts', 'node:ffi'),
    importing('src/io/database/session.ts', 'pg'),
    importing('src/config/schema.ts', 'zod'),
  ],
);

rule(
  'importDirection',
  'a simulated panel shares no code with the drivers',
  [importing('src/io/panel/simulatedCrystalfontz.ts', '../../protocol/panelPacket.ts')],
  [
    importing('src/io/panel/simulatedPanel.ts', '../../kernel/pseudoTerminal.ts'),
    importing('src/io/panel/crystalfontz.ts', '../../protocol/panelPacket.ts'),
  ],
);

rule(
  'importDirection',
  'the simulator knows only core, protocol and config',
  [importing('test/simulator/world.ts', '../../src/daemon/mailbox.ts')],
  [
    importing('test/simulator/world.ts', '../../src/core/step.ts'),
    importing('test/simulator/drawnSettings.ts', '../../src/config/coreSettings.ts'),
    importing('test/simulator/world.ts', './disk.ts'),
  ],
);

rule(
  'importEnding',
  'a relative import that does not end in .ts is found',
  [importing('src/core/step.ts', './record'), importing('src/core/step.ts', './record.js')],
  [importing('src/daemon/mailbox.ts', 'node:fs')],
);

rule(
  'corePurity',
  'a clock, chance, a timer or the process in core is found',
  [
    'const now = Date.now();',
    'const when = new Date();',
    'const luck = Math.random();',
    'setTimeout(step, 50);',
    'const host = process.env;',
    'const now = performance.now();',
    'const answer = fetch(address);',
    'const text = `at ${Date.now()}`;',
  ].map((code) => ({ path: 'src/core/step.ts', code })),
  [
    {
      path: 'src/core/step.ts',
      code: '// Date.now() is not for core.\nconst most = Math.max(1, 2);',
    },
    { path: 'src/core/step.ts', code: "const said = 'process'; const t = { process: 1 };" },
    { path: 'src/core/step.ts', code: 'const text = `Date ${most} Date`; const x = job.process;' },
    { path: 'src/daemon/mailbox.ts', code: 'const now = performance.now();' },
  ],
);

rule(
  'fileName',
  'a barrel, a drawer for everything, and a name that is not camelCase are found',
  [
    'src/core/index.ts',
    'src/io/link/utils.ts',
    'src/io/link/linkHelpers.ts',
    'src/daemon/stateManager.ts',
    'test/lab/common.ts',
    'src/daemon/effect-runner.ts',
    'src/daemon/Mailbox.ts',
  ].map((path) => ({ path, code: '' })),
  ['src/daemon/mailbox.ts', 'test/core/step.test.ts', 'src/io/link/ipv6.ts'].map((path) => ({
    path,
    code: '',
  })),
);

rule(
  'fileLength',
  'a source file of more than 400 lines is found',
  [{ path: 'src/core/step.ts', code: 'a();\n'.repeat(399) }],
  [
    { path: 'src/core/step.ts', code: 'a();\n'.repeat(398) },
    { path: 'test/core/step.test.ts', code: 'a();\n'.repeat(999) },
  ],
);

test('fileHeader: a file that does not say what it is for is found', (t) => {
  const fault = complaintsAbout({ path: 'src/core/step.ts', text: 'export const a = 1;\n' });
  t.deepEqual(rules(fault), ['fileHeader']);
  const good = complaintsAbout({
    path: 'scripts/build.ts',
    text: `#!/usr/bin/env node\n${HEADER}`,
  });
  t.deepEqual(good, []);
});

rule(
  'defaultExport',
  'a default export in src is found',
  [
    { path: 'src/core/step.ts', code: 'export default step;\n' },
    { path: 'src/core/step.ts', code: 'export { step as default };\n' },
  ],
  [{ path: 'src/core/step.ts', code: 'switch (a) { default: }\nexport const step = 1;\n' }],
);

rule(
  'testThatDoesNotRun',
  'a test that is skipped, promised, alone, or expected to fail is found',
  ['skip', 'todo', 'only', 'failing', 'serial.skip'].map((how) => ({
    path: 'test/core/step.test.ts',
    code: `test.${how}('claim', check);\n`,
  })),
  [
    { path: 'test/core/step.test.ts', code: "test('a .skip( in words', check);\n" },
    { path: 'test/core/step.test.ts', code: "test.serial('claim', check);\n" },
  ],
);

rule(
  'unfinishedWork',
  'a note to do something later is found',
  [
    { path: 'src/core/step.ts', code: '// TODO: more\n' },
    { path: 'test/core/step.test.ts', code: '/* FIXME */\n' },
    { path: 'scripts/lab', code: '# XXX\n' },
  ],
  [{ path: 'src/core/step.ts', code: "const words = 'TODO';\n" }],
);

// Put together here, so that this file does not hold what it forbids.
const place = ['', 'work', 'main', 'dist'].join('/');

rule(
  'machinePath',
  'a path of one machine is found, in code, comments, strings, scripts and documents',
  [
    { path: 'src/core/step.ts', code: `const path = '${place}';\n` },
    { path: 'src/core/step.ts', code: `// see ${place}\n` },
    { path: 'scripts/lab', code: `cd ${['', 'home', 'someone', 'hotpair'].join('/')}\n` },
    { path: 'README.md', code: `Run ${['', 'root', 'hotpair'].join('/')}/scripts/demo\n` },
  ],
  [
    { path: 'src/core/step.ts', code: "const path = '/var/lib/hotpair';\n" },
    { path: 'scripts/lab', code: 'cd "$top/work/site"\n' },
  ],
);

test('lockfileHost: a lock file that names a registry host is found', (t) => {
  const path = 'package-lock.json';
  const fault = complaintsAbout({ path, text: '"resolved": "https://registry.example/a.tgz"' });
  t.deepEqual(rules(fault), ['lockfileHost']);
  t.deepEqual(complaintsAbout({ path, text: '"integrity": "sha512-abc"' }), []);
});

test('a complaint names the line of the fault', (t) => {
  const [complaint] = complain('src/core/step.ts', "const a = 1;\n\nimport b from 'node:fs';\n");
  t.is(complaint?.line, 5);
});

test('the whole tree keeps the rules of the house', (t) => {
  const tree = readSourceTree(join(import.meta.dirname, '..', '..'));
  t.true(tree.some((file) => file.path === 'src/main.ts'));
  t.true(tree.some((file) => file.path === 'package-lock.json'));
  const complaints = tree.flatMap(complaintsAbout);
  t.deepEqual(
    complaints.map(
      ({ path, line, rule: name, sentence }) => `${path}:${line} ${name}: ${sentence}`,
    ),
    [],
  );
});
