// Boards: each profile of the tree is in order, a machine is recognised, and what a board settles gives way to the file.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'ava';
import { boardText, listText } from '../../src/cli/boardCommand.ts';
import { recogniseBoard } from '../../src/config/board.ts';
import { checkBoard } from '../../src/config/boardCheck.ts';
import {
  boardCalled,
  type BoardProfile,
  boardProfiles,
  parseBoard,
} from '../../src/config/boardProfile.ts';
import { configJsonSchema } from '../../src/config/jsonSchema.ts';
import { type LoadedConfig, parseConfig } from '../../src/config/load.ts';
import { type Machine, readMachine, unknownMachine } from '../../src/config/machine.ts';

const uc8000: Machine = { ...unknownMachine, vendor: 'Dinstar', product: 'UC8000' };

/** The least that a file says where the board settles the rest. */
const site = `node: { name: box-a }
heartbeat: { address: 169.254.69.1/30, peer: 169.254.69.2 }
service: { addresses: [192.0.2.10/24], references: [192.0.2.1, 192.0.2.2] }
`;

function loaded(text: string, machine?: Machine): LoadedConfig {
  const parsed = parseConfig(text, machine);
  if ('config' in parsed) return parsed;
  throw new Error(JSON.stringify(parsed.complaints));
}

test('every board of the tree is in order, and suffices with what only a site can know', (t) => {
  const names = boardProfiles().map(({ name }) => name);
  t.deepEqual(names, ['generic-x86_64', 'imx8mp-evk', 'qemu-x86_64', 'uc8000']);
  for (const board of boardProfiles()) {
    t.deepEqual(checkBoard(board), []);
    const { config } = loaded(`board: ${board.name}\n${site}`);
    t.deepEqual([config.heartbeat.port, config.service.port], ['eth1', 'eth0']);
    t.is(config.watchdog.device, '/dev/watchdog0');
  }
});

function planted(configuration: string): BoardProfile {
  return parseBoard(
    'planted',
    `title: a\nabout: b\narchitecture: x86_64\nconfiguration: ${configuration}`,
  );
}

test('the example that the firmware puts beside the configuration is a good one on every board', (t) => {
  const path = '../../buildroot-overlay/usr/share/hotpair/hotpair.yaml.example';
  const example = readFileSync(join(import.meta.dirname, path), 'utf8');
  for (const { name } of boardProfiles()) {
    t.is(loaded(`board: ${name}\n${example}`).board?.profile.name, name);
  }
});

test('a profile with a key of the site, a wrong value or an unknown word is refused with its name', (t) => {
  const place = 'board/planted/board.yaml: ';
  const ports = 'heartbeat: { port: eth1 }';
  t.deepEqual(checkBoard(planted(`{ ${ports}, service: { addresses: [192.0.2.1/24] } }`)), [
    `${place}service.addresses is no key that a board settles`,
  ]);
  t.regex(
    checkBoard(planted(`{ ${ports}, service: { port: eth0, standbyPort: up } }`))[0] ?? '',
    /^board\/planted\/board\.yaml: service\.standbyPort: /,
  );
  // A relation between two of its values.
  t.regex(
    checkBoard(planted(`{ ${ports}, service: { port: eth1 } }`))[0] ?? '',
    /CONFIG_RELATION_PORTS/,
  );
  t.throws(() => parseBoard('planted', 'title: a\n'), { message: /board\/planted\/board\.yaml/ });
  t.throws(() => planted('{}\nmatch: { pci: [x] }'), { message: /Unrecognized key/ });
  // Unquoted in a list of YAML it is two words.
  t.throws(() => planted('{}\nmatch: { deviceTree: [fsl,kit] }'), { message: /maker,model/ });
  t.throws(() => parseBoard('auto', 'title: a\n'), { message: /cannot be the name/ });
});

test('a board is found by all that a DMI entry says, or by the first name of the device tree that one has', (t) => {
  t.like(recogniseBoard(uc8000), { foundBy: 'DMI', profile: { name: 'uc8000' } });
  t.is(recogniseBoard({ ...uc8000, vendor: 'Other' }), null);
  t.is(recogniseBoard({ ...uc8000, product: 'UC8000-B' }), null);
  t.is(recogniseBoard(unknownMachine), null);
  const kit = { ...unknownMachine, compatible: ['acme,box', 'fsl,imx8mp-evk', 'fsl,imx8mp'] };
  t.like(recogniseBoard(kit), { foundBy: 'device tree', profile: { name: 'imx8mp-evk' } });
  // A product made after the kit with a profile of its own is not the kit.
  const acme = parseBoard(
    'acme-box',
    'title: a\nabout: b\narchitecture: aarch64\nmatch: { deviceTree: ["acme,box"] }\nconfiguration: {}',
  );
  t.is(recogniseBoard(kit, [...boardProfiles(), acme])?.profile.name, 'acme-box');
});

test('what a machine says is read from sysfs and the device tree; what is not there is empty', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'hotpair-machine-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  t.deepEqual(readMachine(root), unknownMachine);
  const files = {
    'sys/class/dmi/id/sys_vendor': 'Dinstar\n',
    'sys/class/dmi/id/product_name': 'UC8000\n',
    'proc/device-tree/compatible': 'fsl,imx8mp-evk\0fsl,imx8mp\0',
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  t.deepEqual(readMachine(root), { ...uc8000, compatible: ['fsl,imx8mp-evk', 'fsl,imx8mp'] });
});

test('auto follows the machine, a name wins over it, none means none', (t) => {
  t.is(loaded(site, uc8000).config.service.standbyPort, 'down');
  t.is(loaded(`board: auto\n${site}`, uc8000).board?.foundBy, 'DMI');
  const named = loaded(`board: generic-x86_64\n${site}`, uc8000);
  t.deepEqual([named.config.service.standbyPort, named.board?.foundBy], ['unaddressed', 'name']);
  const none = parseConfig(`board: none\n${site}`, uc8000);
  t.deepEqual('complaints' in none && none.complaints.map(({ code, key }) => [code, key]), [
    ['CONFIG_REQUIRED', 'heartbeat.port'],
    ['CONFIG_REQUIRED', 'service.port'],
  ]);
});

test('what the file says wins key by key, also by saying nothing', (t) => {
  const text = site.replace('service: {', 'service: { port: lan0, standbyPort: unaddressed,');
  const { config, fromBoard } = loaded(text, uc8000);
  t.deepEqual([config.service.port, config.service.standbyPort], ['lan0', 'unaddressed']);
  t.is(config.heartbeat.port, 'eth1');
  t.deepEqual(
    [...fromBoard].filter((key) => /^(heartbeat|service)/.test(key)),
    ['heartbeat.port'],
  );
  const qemu = `board: qemu-x86_64\n${site}`;
  t.is(loaded(qemu).config.heartbeat.serial.device, '/dev/ttyS2');
  const without = qemu.replace('heartbeat: {', 'heartbeat: { serial: ,');
  t.is(loaded(without).config.heartbeat.serial.device, undefined);
  t.false(loaded(without).fromBoard.has('heartbeat.serial.device'));
  const braces = qemu.replace('heartbeat: {', 'heartbeat: { serial: {},');
  t.is(loaded(braces).config.heartbeat.serial.device, undefined);
  t.false(loaded(braces).fromBoard.has('heartbeat.serial.device'));
});

test('a panel gives way as a whole: half of one driver and half of another make none', (t) => {
  const { config, fromBoard } = loaded(site, uc8000);
  t.like(config.panel, { driver: 'crystalfontz', device: '/dev/ttyS1', model: '635' });
  t.true(fromBoard.has('panel.driver'));
  const other = loaded(`${site}panel: { driver: lcdproc }\n`, uc8000);
  t.deepEqual([other.config.panel.driver, other.config.panel.device], ['lcdproc', undefined]);
  t.false([...other.fromBoard].some((key) => key.startsWith('panel')));
  for (const none of ['panel:', 'panel: {}']) {
    t.is(loaded(`${site}${none}\n`, uc8000).config.panel.driver, undefined);
  }
});

test('a wrong value that the file writes is complained of, whatever the board says', (t) => {
  const text = site.replace('service: {', 'service: { standbyPort: up,');
  const parsed = parseConfig(text, uc8000);
  t.like('complaints' in parsed && parsed.complaints[0], {
    code: 'CONFIG_CHOICE',
    key: 'service.standbyPort',
  });
});

test('the JSON Schema does not ask for what a board can settle', (t) => {
  const { properties } = configJsonSchema() as {
    readonly properties: Readonly<Record<string, { readonly required?: readonly string[] }>>;
  };
  t.deepEqual(properties['heartbeat']?.required, ['address', 'peer']);
  t.deepEqual(properties['service']?.required, ['addresses']);
});

test('list marks this machine, show tells how it was found and what it settles', (t) => {
  t.regex(listText(uc8000), /^\* uc8000 +Dinstar UC8000$/m);
  t.regex(listText(uc8000), /^ {2}generic-x86_64 +x86-64 server$/m);
  const profile = boardCalled('uc8000');
  if (profile === undefined) throw new Error('there is no uc8000');
  const text = boardText({ ...profile, foundBy: 'DMI' });
  t.regex(text, /^uc8000: Dinstar UC8000 \(found by DMI\)\n/);
  t.regex(text, /^recognised by: DMI Dinstar \/ UC8000$/m);
  t.regex(text, /^ {4}standbyPort: down$/m);
});
