// The keys of the heartbeat paths beside the cable: a serial port and the LAN.
import * as z from 'zod';
import { facts } from './facts.ts';
import { absolutePath } from './values.ts';

export function serialSection() {
  return z
    .strictObject({
      device: absolutePath().optional().register(facts, {
        description:
          'Serial port, used at 115200 8N1. There is no such path where this is missing.',
        allowed: 'absolute path of a device',
        example: '/dev/ttyS1',
      }),
    })
    .prefault({})
    .register(facts, {
      description: 'Heartbeats over a second cable between the boxes, a null modem.',
    });
}

export function lanSection() {
  return z
    .strictObject({
      enabled: z.boolean().prefault(false).register(facts, {
        description: 'Whether heartbeats go over the service port too.',
        allowed: 'true or false',
      }),
    })
    .prefault({})
    .register(facts, {
      description:
        'Heartbeats within the LAN, by IPv6 multicast from port to port: no address is needed for them.',
    });
}
