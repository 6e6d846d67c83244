// The quick figures: of this machine, and of a tree that looks like a box.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'ava';
import { readBoxFacts } from '../../src/companion/boxFacts.ts';

test('this machine tells its load, memory and uptime, without a process', (t) => {
  const facts = readBoxFacts();
  t.true((facts.uptimeMs ?? 0) > 0);
  t.true((facts.load ?? -1) >= 0);
  t.true((facts.memoryBytes ?? 0) > (facts.memoryAvailableBytes ?? Infinity));
  t.false(facts.ports.some(({ name }) => name === 'lo'));
});

test('ports say what the kernel says; what it does not say is not known', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'hotpair-facts-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), `${text}\n`);
  };
  const eth0 = { flags: '0x1003', carrier: '1', speed: '1000', duplex: 'full', address: '02::1' };
  for (const [name, text] of Object.entries(eth0)) put(`sys/class/net/eth0/${name}`, text);
  // Down: the kernel refuses carrier, and the speed is unknown.
  put('sys/class/net/eth1/flags', '0x1002');
  put('sys/class/net/eth1/speed', '-1');
  put('sys/class/thermal/thermal_zone0/temp', '41500');
  put('sys/class/thermal/thermal_zone1/temp', '52400');
  const { ports, temperature, load, memoryBytes } = readBoxFacts(root);
  t.deepEqual(ports, [
    { name: 'eth0', isUp: true, carrier: true, speed: 1_000, duplex: 'full', mac: '02::1' },
    { name: 'eth1', isUp: false, carrier: null, speed: null, duplex: null, mac: null },
  ]);
  t.is(temperature, 52);
  t.is(load, null);
  t.is(memoryBytes, null);
});
