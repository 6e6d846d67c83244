// Links and addresses of a network namespace of its own, and the kernel's news of them.

import test from 'ava';
import { openLinkEvents } from '../../src/kernel/linkEvents.ts';
import { openRouteNetlink } from '../../src/kernel/routeNetlink.ts';
import { parsePrefixedAddress } from '../../src/protocol/ipAddress.ts';
import type { AddressReport, LinkReport } from '../../src/protocol/netlink.ts';
import { makeNamespace } from './networkNamespace.ts';
import { until } from './until.ts';

const space = makeNamespace('route');
space.enter();
space.ip('link add eth0 type veth peer name eth1');
test.after.always('the namespace is removed', () => space.remove());

const V4 = parsePrefixedAddress('192.0.2.10/24');
const V6 = parsePrefixedAddress('2001:db8::10/64');

function eth0(netlink: ReturnType<typeof openRouteNetlink>): LinkReport {
  const link = netlink.link('eth0');
  if (link === null) throw new Error('eth0 is not there');
  return link;
}

test.serial('a link is switched, and news of it arrives', async (t) => {
  const netlink = openRouteNetlink();
  t.teardown(() => netlink.close());
  const links: LinkReport[] = [];
  const handlers = { onAddress: () => {}, onOverrun: () => t.fail('overrun') };
  const events = openLinkEvents({ ...handlers, onLink: (link) => links.push(link) });
  t.teardown(() => events.close());
  const { index } = eth0(netlink);
  netlink.setLink(index, true);
  netlink.setLink(index, true);
  space.ip('link set eth1 up');
  await until('carrier', () => links.some((link) => link.device === 'eth0' && link.carrier));
  t.like(eth0(netlink), { up: true, carrier: true });
  netlink.setLink(index, false);
  const lastOfEth0 = (): LinkReport | undefined =>
    links.findLast(({ device }) => device === 'eth0');
  await until('down', () => lastOfEth0()?.up === false);
  t.like(eth0(netlink), { up: false, carrier: false });
});

test.serial('addresses of both families come and go, as often as one likes', async (t) => {
  const netlink = openRouteNetlink();
  t.teardown(() => netlink.close());
  const reports: AddressReport[] = [];
  const handlers = { onLink: () => {}, onOverrun: () => t.fail('overrun') };
  const { index } = eth0(netlink);
  netlink.setLink(index, true);
  const events = openLinkEvents({ ...handlers, onAddress: (report) => reports.push(report) });
  t.teardown(() => events.close());
  const texts = (): string[] =>
    netlink.addresses(index).map(({ address, prefixLength }) => `${address}/${prefixLength}`);
  for (const address of [V4, V6, V4, V6]) netlink.addAddress(index, address);
  t.true(texts().includes('192.0.2.10/24') && texts().includes('2001:db8::10/64'));
  const told = (added: boolean): boolean =>
    [V4, V6].every(({ address }) =>
      reports.some((report) => report.address === address && report.added === added),
    );
  // Of an IPv6 address the kernel tells in a work item of its own: of one that has gone before, never.
  await until('both additions told', () => told(true));
  for (const address of [V4, V6, V4, V6]) netlink.removeAddress(index, address);
  t.false(texts().includes('192.0.2.10/24') || texts().includes('2001:db8::10/64'));
  await until('both removals told', () => told(false));
  t.true(reports.every((report) => report.index === index));
});

test.serial('what is refused is thrown with its errno, what is absent is null', (t) => {
  const netlink = openRouteNetlink();
  t.teardown(() => netlink.close());
  t.is(netlink.link('no-such-port'), null);
  t.throws(() => netlink.setLink(999_999, true), { code: 'KERNEL_ENODEV' });
  t.throws(() => netlink.addAddress(999_999, V4), { code: 'KERNEL_ENODEV' });
  t.notThrows(() => netlink.removeAddress(999_999, V4));
});

test.serial('lost news is told as an overrun, and news goes on afterwards', async (t) => {
  const netlink = openRouteNetlink();
  t.teardown(() => netlink.close());
  const { index } = eth0(netlink);
  let overruns = 0;
  let news = 0;
  const events = openLinkEvents({
    onLink: () => {},
    onAddress: () => (news += 1),
    onOverrun: () => (overruns += 1),
  });
  t.teardown(() => events.close());
  // More news than the socket can hold, while nobody reads.
  for (let turn = 0; turn < 8000; turn += 1) {
    netlink.addAddress(index, V4);
    netlink.removeAddress(index, V4);
  }
  await until('an overrun', () => overruns > 0);
  await until('the rest is read', () => news > 1000);
  const before = news;
  await until('news again', () => {
    netlink.addAddress(index, V4);
    netlink.removeAddress(index, V4);
    return news > before + 2000;
  });
  t.pass();
});
