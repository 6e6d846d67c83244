// The keys of a service's checks: how the guardian finds out that a program which runs does its work.
import * as z from 'zod';
import { facts } from './facts.ts';
import {
  checkedAddress,
  command,
  commandRule,
  count,
  httpUrl,
  requiredPort,
  time,
} from './serviceValues.ts';

/** The list `checks` of a service. */
export function checksOfService() {
  return z.array(checkSchema()).max(8).prefault([]).register(facts, {
    description:
      'All of them must pass once before it counts as up. Without any it is up when it was started, and only its end is a failure.',
    allowed: 'up to 8 checks',
  });
}

function checkSchema() {
  return z
    .strictObject({
      sip: socketSchema('A SIP server answers OPTIONS over UDP.'),
      tcp: socketSchema('A TCP connection is accepted.'),
      http: httpSchema(),
      command: command()
        .optional()
        .register(facts, {
          description: 'A program ends with status 0; it runs as the user of the service.',
          allowed: commandRule,
          example: ['/usr/bin/redis-cli', 'ping'],
        }),
      process: z.strictObject({}).optional().register(facts, {
        description:
          'The process is there and was not stopped by a signal: `process: {}`. It has no keys.',
      }),
      interval: time(
        '5s',
        { min: '100ms', max: '10m' },
        'Time from one check to the next; while the service starts it is checked more often.',
      ),
      timeout: time(
        '2s',
        { min: '50ms', max: '1m' },
        'A check without an answer by then has failed.',
      ),
      threshold: count(3, 1, 100, 'So many failed checks in a row are a failure of the service.'),
    })
    .transform(({ interval, timeout, ...rest }) => ({
      ...rest,
      intervalMs: interval,
      timeoutMs: timeout,
    }))
    .register(facts, {
      description: 'One check: exactly one of `sip`, `tcp`, `http`, `command` and `process`.',
      example: { process: {} },
    });
}

function socketSchema(description: string) {
  return z
    .strictObject({
      address: checkedAddress().prefault('127.0.0.1').register(facts, {
        description: 'The address that is asked; `service` is the first service address.',
        allowed: 'IPv4 or IPv6 address, or service',
      }),
      port: requiredPort('The port that is asked.'),
    })
    .optional()
    .register(facts, { description });
}

function httpSchema() {
  return z
    .strictObject({
      url: httpUrl().register(facts, {
        description: 'What is asked for with GET; redirections are not followed.',
        allowed: 'http:// URL',
        example: 'http://127.0.0.1:8080/health',
      }),
      status: count(200, 100, 599, 'The status that is expected.'),
    })
    .optional()
    .register(facts, { description: 'A web server answers with the status that is expected.' });
}
