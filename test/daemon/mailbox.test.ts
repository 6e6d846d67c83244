// The queue of events: order, its limit, and the flood that must not fill it.
import test from 'ava';
import { MailboxOverflow, openMailbox } from '../../src/daemon/mailbox.ts';

test('happenings are taken in the order in which they were put', (t) => {
  const mailbox = openMailbox(4);
  mailbox.put({ type: 'tick' });
  mailbox.put({ type: 'recordWritten', token: 7 });
  t.deepEqual(mailbox.take(), { type: 'tick' });
  t.deepEqual(mailbox.take(), { type: 'recordWritten', token: 7 });
  t.is(mailbox.take(), undefined);
});

test('a full mailbox is a broken invariant', (t) => {
  const mailbox = openMailbox(2);
  mailbox.put({ type: 'tick' });
  mailbox.put({ type: 'tick' });
  t.throws(() => mailbox.put({ type: 'tick' }), { instanceOf: MailboxOverflow });
});

test('what was taken makes room', (t) => {
  const mailbox = openMailbox(2);
  for (let round = 0; round < 1_000; round += 1) {
    mailbox.put({ type: 'tick' });
    mailbox.put({ type: 'tick' });
    t.truthy(mailbox.take());
    t.truthy(mailbox.take());
  }
  t.is(mailbox.take(), undefined);
});

test('a flood of garbage on one path is one event until it was taken, on two paths two', (t) => {
  const mailbox = openMailbox(3);
  for (let count = 0; count < 10_000; count += 1) {
    mailbox.put({ type: 'garbageReceived', path: 'eth1' });
    mailbox.put({ type: 'garbageReceived', path: 'serial' });
  }
  t.deepEqual(mailbox.take(), { type: 'garbageReceived', path: 'eth1' });
  mailbox.put({ type: 'garbageReceived', path: 'eth1' });
  t.deepEqual(mailbox.take(), { type: 'garbageReceived', path: 'serial' });
  t.deepEqual(mailbox.take(), { type: 'garbageReceived', path: 'eth1' });
  t.is(mailbox.take(), undefined);
});
