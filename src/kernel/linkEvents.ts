// What happens to links and addresses, as the kernel tells it: a netlink socket subscribed to the
// link and address groups.

import { decodeNetlink } from '../protocol/netlink.ts';
import type { AddressReport, LinkReport } from '../protocol/netlink.ts';
import { errnoName, kernelError } from './libc.ts';
import { watchReadable } from './readable.ts';
import { bindSocket, closeDescriptor, FAMILY, KIND, openSocket, OPTION } from './socket.ts';
import { receiveBytes, receiveSpace, setOption } from './socket.ts';
import { netlinkSocketAddress } from './socketAddress.ts';

const GROUPS = 0x1 | 0x10 | 0x100; // RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR
const DATAGRAMS_PER_TURN = 64;
const RECEIVE_BUFFER_BYTES = 1 << 20;

export type LinkEventHandlers = {
  readonly onLink: (link: LinkReport) => void;
  readonly onAddress: (address: AddressReport) => void;
  /** Events were lost or made no sense: everything known must be read anew. */
  readonly onOverrun: () => void;
};

/** Subscribes until closed. Throws HotpairError KERNEL_<errno>. */
export function openLinkEvents(handlers: LinkEventHandlers): { close(): void } {
  const fd = openSocket(FAMILY.netlink, KIND.raw, 0);
  setOption(fd, OPTION.level.socket, OPTION.socket.receiveBuffer, RECEIVE_BUFFER_BYTES);
  bindSocket(fd, netlinkSocketAddress(GROUPS), 'the link event socket');
  const space = receiveSpace(65536);
  let open = true;
  const watch = watchReadable(fd, () => {
    for (let datagrams = 0; open && datagrams < DATAGRAMS_PER_TURN; datagrams += 1) {
      const length = receiveBytes(fd, space);
      if (length < 0 && errnoName(-length) === 'EAGAIN') return;
      deliver(length, space.bytes, handlers);
    }
  });
  return {
    close() {
      if (!open) return;
      open = false;
      watch.close();
      closeDescriptor(fd);
    },
  };
}

function deliver(length: number, bytes: Buffer, handlers: LinkEventHandlers): void {
  if (length < 0) {
    if (errnoName(-length) !== 'ENOBUFS') throw kernelError('to read link events', -length);
    handlers.onOverrun();
    return;
  }
  const messages = length > bytes.length ? null : decodeNetlink(bytes.subarray(0, length));
  if (messages === null) {
    handlers.onOverrun();
    return;
  }
  for (const message of messages) {
    if (message.type === 'link') handlers.onLink(message);
    else if (message.type === 'address') handlers.onAddress(message);
  }
}
