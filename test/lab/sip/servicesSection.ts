// The sections `services` and `hooks` of a box of the lab that has the telephone service.

import { telephonyDirectory } from './telephony.ts';

/** Lines for the end of hotpair.yaml. */
export function servicesSection(): string {
  return `services:
  redis:
    command: [${telephonyDirectory}/redis-run]
    user: redis
    directory: /var/lib/hotpair/sip-redis
    startDeadline: 5s
    checks:
      - process: {}
        interval: 500ms
        threshold: 2
      - tcp: { port: 6379 }
        interval: 1s
        timeout: 500ms
  rtpengine:
    command: [/usr/bin/rtpengine, --config-file=${telephonyDirectory}/rtpengine.conf]
    runs: primary
    after: [redis]
    user: rtpengine
    limits: { openFiles: 16384 }
    startDeadline: 5s
    checks:
      - process: {}
        interval: 500ms
        threshold: 2
      - http: { url: "http://127.0.0.1:2225/ping", status: 200 }
        interval: 1s
        timeout: 500ms
  kamailio:
    command: [/usr/sbin/kamailio, -DD, -E, -f, ${telephonyDirectory}/kamailio.cfg, -Y, /var/lib/hotpair/sip-kamailio]
    runs: primary
    user: kamailio
    startDeadline: 5s
    stopDeadline: 2s
    # Trials follow one another faster than a service in trouble fails.
    restart: { steady: 5s, window: 20s }
    checks:
      # Stopped by a signal.
      - process: {}
        interval: 500ms
        threshold: 2
      # Workers of their own: it hangs.
      - sip: { port: 5060 }
        interval: 500ms
        timeout: 500ms
        threshold: 3
      # The workers of the phones wait while a commit waits: longer than the pair lets it wait, and it hangs.
      - sip: { address: service, port: 5060 }
        interval: 1s
        timeout: 1s
        threshold: 15
hooks:
  - name: redis-role
    command: [${telephonyDirectory}/redis-role]
    on: [primary, standby]
    required: true
    deadline: 5s
    user: redis
`;
}
