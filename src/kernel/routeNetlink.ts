// Links and addresses by rtnetlink: questions and changes. The kernel works a request off inside
// sendmsg(2), so the answer is there when the call returns and nothing here waits.

import { decodeNetlink, encodeAddressChange, encodeAddressList } from '../protocol/netlink.ts';
import { encodeLinkQuery, encodeLinkSwitch } from '../protocol/netlink.ts';
import type { AddressReport, LinkReport, NetlinkMessage } from '../protocol/netlink.ts';
import type { PrefixedAddress } from '../protocol/ipAddress.ts';
import { errnoName, kernelError } from './libc.ts';
import { bindSocket, closeDescriptor, FAMILY, KIND, openSocket } from './socket.ts';
import { receiveBytes, receiveSpace, sendBytesTo } from './socket.ts';
import { netlinkSocketAddress } from './socketAddress.ts';

const RESPONSE_BYTES = 65536;
const ANSWERS_AT_MOST = 4096; // datagrams of one list: about 400,000 addresses

export type RouteNetlink = {
  /** What a link is now; null where there is none of that name. */
  link(device: string): LinkReport | null;
  /** Every address on the link with that index. */
  addresses(index: number): readonly AddressReport[];
  /** Sets a link up or down; doing it twice is fine. */
  setLink(index: number, up: boolean): void;
  /** Puts an address on; one that is there already is fine. IPv6 skips duplicate detection. */
  addAddress(index: number, address: PrefixedAddress): void;
  /** Takes an address off; one that is not there (any more) is fine. */
  removeAddress(index: number, address: PrefixedAddress): void;
  close(): void;
};

/**
 * A netlink socket of the network namespace of the moment. Every function throws HotpairError
 * KERNEL_<errno> for what the kernel refuses beyond what is called fine.
 */
export function openRouteNetlink(): RouteNetlink {
  const fd = openSocket(FAMILY.netlink, KIND.raw, 0);
  bindSocket(fd, netlinkSocketAddress(0), 'a netlink socket');
  const space = receiveSpace(RESPONSE_BYTES);
  const kernel = netlinkSocketAddress(0);
  let sequence = 0;

  const ask = (what: string, encode: (sequence: number) => Buffer): readonly NetlinkMessage[] => {
    sequence = (sequence + 1) >>> 0;
    const sent = sendBytesTo(fd, encode(sequence), kernel);
    if (sent < 0) throw kernelError(what, -sent);
    return collect(fd, space, what);
  };
  const change = (what: string, fine: readonly string[], encode: (n: number) => Buffer): void => {
    const errno = resultOf(ask(what, encode));
    if (errno !== 0 && !fine.includes(errnoName(errno))) throw kernelError(what, errno);
  };

  return {
    link(device) {
      const answers = ask(`to look at ${device}`, (n) => encodeLinkQuery(n, device));
      const errno = resultOf(answers);
      if (errno !== 0 && errnoName(errno) !== 'ENODEV')
        throw kernelError(`to look at ${device}`, errno);
      return answers.find((answer) => answer.type === 'link') ?? null;
    },
    addresses(index) {
      const answers = ask('the list of addresses', encodeAddressList);
      return answers.filter(
        (answer) => answer.type === 'address' && answer.index === index,
      ) as AddressReport[];
    },
    setLink(index, up) {
      change(`link ${up ? 'up' : 'down'}`, [], (n) => encodeLinkSwitch(n, index, up));
    },
    addAddress(index, address) {
      const what = `to add ${address.address}/${address.prefixLength}`;
      change(what, ['EEXIST'], (n) => encodeAddressChange(n, index, address, true));
    },
    removeAddress(index, address) {
      const what = `to remove ${address.address}/${address.prefixLength}`;
      const fine = ['EADDRNOTAVAIL', 'ENODEV', 'ENXIO'];
      change(what, fine, (n) => encodeAddressChange(n, index, address, false));
    },
    close: () => closeDescriptor(fd),
  };
}

// Reads until the answer is complete: one message, or a list with its end.
function collect(
  fd: number,
  space: ReturnType<typeof receiveSpace>,
  what: string,
): readonly NetlinkMessage[] {
  const answers: NetlinkMessage[] = [];
  for (let datagrams = 0; datagrams < ANSWERS_AT_MOST; datagrams += 1) {
    const length = receiveBytes(fd, space);
    if (length < 0) {
      if (errnoName(-length) === 'EAGAIN') break;
      throw kernelError(what, -length);
    }
    const decoded = decodeNetlink(space.bytes.subarray(0, Math.min(length, space.bytes.length)));
    if (decoded === null) throw kernelError(`${what} with an answer that makes no sense`, 71);
    answers.push(...decoded);
    if (decoded.some(({ type }) => type === 'listEnd')) break;
  }
  return answers;
}

function resultOf(answers: readonly NetlinkMessage[]): number {
  for (const answer of answers) {
    if (answer.type === 'result' || answer.type === 'listEnd') return answer.errno;
  }
  return 0;
}
