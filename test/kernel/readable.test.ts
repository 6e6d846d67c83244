// Readability of sockets in Node's event loop.

import { setImmediate, setTimeout } from 'node:timers/promises';
import test from 'ava';
import { watchReadable } from '../../src/kernel/readable.ts';
import { bindSocket, closeDescriptor, connectSocket, FAMILY } from '../../src/kernel/socket.ts';
import { KIND, openSocket, receiveBytes, receiveSpace } from '../../src/kernel/socket.ts';
import { sendBytes, sendBytesTo } from '../../src/kernel/socket.ts';
import { ipv4SocketAddress } from '../../src/kernel/socketAddress.ts';
import { makeNamespace } from './networkNamespace.ts';
import { until } from './until.ts';

const namespace = makeNamespace('readable');
namespace.enter();
namespace.ip('link set lo up');
test.after.always('the namespace is removed', () => namespace.remove());

const HELLO = Buffer.from('hello');

function datagramSocket(port: number): number {
  const fd = openSocket(FAMILY.ipv4, KIND.datagram, 0);
  bindSocket(fd, ipv4SocketAddress('127.0.0.1', port), 'the socket of a test');
  return fd;
}

test.serial('a watch tells of what arrives, and what is left brings it back', async (t) => {
  const fd = datagramSocket(7001);
  const space = receiveSpace(100);
  const lengths: number[] = [];
  const watch = watchReadable(fd, () => lengths.push(receiveBytes(fd, space)));
  const to = ipv4SocketAddress('127.0.0.1', 7001);
  for (let turn = 0; turn < 5; turn += 1) sendBytesTo(fd, HELLO, to);
  await until('five datagrams, one a turn', () => lengths.length === 5);
  t.deepEqual(lengths, [5, 5, 5, 5, 5]);
  watch.close();
  closeDescriptor(fd);
});

test.serial('promises made in a handler are settled in the same turn of the loop', async (t) => {
  const fd = datagramSocket(7001);
  const space = receiveSpace(100);
  const order: string[] = [];
  const watch = watchReadable(fd, () => {
    receiveBytes(fd, space);
    void Promise.resolve().then(() => order.push('promise'));
    void setImmediate().then(() => order.push('next turn'));
  });
  sendBytesTo(fd, HELLO, ipv4SocketAddress('127.0.0.1', 7001));
  await until('both', () => order.length === 2);
  t.deepEqual(order, ['promise', 'next turn']);
  watch.close();
  closeDescriptor(fd);
});

test.serial(
  'a closed watch is silent, also when it was closed by a handler beside it',
  async (t) => {
    const fds = [datagramSocket(7001), datagramSocket(7002)];
    const space = receiveSpace(100);
    const told: number[] = [];
    const watches = fds.map((fd) =>
      watchReadable(fd, () => {
        told.push(receiveBytes(fd, space));
        for (const watch of watches) watch.close();
      }),
    );
    const [first = -1, second = -1] = fds;
    sendBytesTo(first, HELLO, ipv4SocketAddress('127.0.0.1', 7002));
    sendBytesTo(second, HELLO, ipv4SocketAddress('127.0.0.1', 7001));
    await until('one of them', () => told.length > 0);
    for (let turn = 0; turn < 20; turn += 1) await setImmediate();
    t.is(told.length, 1);
    for (const watch of watches) watch.close();
    for (const fd of fds) closeDescriptor(fd);
  },
);

test.serial('a flood is read in turns of a millisecond, to the last datagram', async (t) => {
  const fd = datagramSocket(7001);
  const sender = datagramSocket(7002);
  const space = receiveSpace(100);
  const perTurn: number[] = [];
  const watch = watchReadable(fd, () => {
    let read = 0;
    while (receiveBytes(fd, space) > 0) read += 1;
    perTurn.push(read);
  });
  const to = ipv4SocketAddress('127.0.0.1', 7001);
  const rounds = 200;
  const perRound = 8;
  for (let round = 0; round < rounds; round += 1) {
    for (let count = 0; count < perRound; count += 1) {
      sendBytesTo(sender, HELLO, to);
      await setImmediate();
    }
    await setTimeout(1);
  }
  const sum = (): number => perTurn.reduce((total, read) => total + read, 0);
  await until('all of them', () => sum() === rounds * perRound);
  // One a turn until it was a flood; then several in each.
  t.true(perTurn.length < (rounds * perRound) / 2, `${perTurn.length} turns`);
  watch.close();
  for (const each of [fd, sender]) closeDescriptor(each);
});

test.serial('a watch that is closed while it rests is silent', async (t) => {
  const fd = datagramSocket(7001);
  const space = receiveSpace(100);
  let turns = 0;
  const watch = watchReadable(fd, () => {
    turns += 1;
    receiveBytes(fd, space);
  });
  const to = ipv4SocketAddress('127.0.0.1', 7001);
  for (let count = 0; count < 200; count += 1) sendBytesTo(fd, HELLO, to);
  await until('a flood', () => turns > 40);
  watch.close();
  const atTheEnd = turns;
  await setTimeout(20);
  t.is(turns, atTheEnd);
  closeDescriptor(fd);
});

test.serial('a watch lives through an error of its socket', async (t) => {
  const fd = datagramSocket(7001);
  connectSocket(fd, ipv4SocketAddress('127.0.0.1', 7002));
  const space = receiveSpace(100);
  const results: number[] = [];
  const watch = watchReadable(fd, () => results.push(receiveBytes(fd, space)));
  sendBytes(fd, HELLO);
  await until('refused', () => results.some((result) => result < -1 && result !== -11));
  const other = datagramSocket(7002);
  sendBytesTo(other, HELLO, ipv4SocketAddress('127.0.0.1', 7001));
  await until('a datagram after the error', () => results.at(-1) === 5);
  t.pass();
  watch.close();
  closeDescriptor(fd);
  closeDescriptor(other);
});

test.serial('a thousand watches come and go while memory is collected', async (t) => {
  const space = receiveSpace(100);
  let heard = 0;
  for (let round = 0; round < 1000; round += 1) {
    const fd = datagramSocket(7001);
    const watch = watchReadable(fd, () => {
      if (receiveBytes(fd, space) > 0) heard += 1;
    });
    sendBytesTo(fd, HELLO, ipv4SocketAddress('127.0.0.1', 7001));
    const before = heard;
    await until('heard', () => heard > before);
    watch.close();
    closeDescriptor(fd);
    Array.from({ length: 1000 }, () => ({ rubbish: round }));
  }
  t.is(heard, 1000);
});

test.serial('a descriptor that cannot be watched is refused', (t) => {
  t.throws(() => watchReadable(9999, () => {}), { code: 'KERNEL_EBADF' });
});
