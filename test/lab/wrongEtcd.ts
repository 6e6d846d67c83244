// A server in the place of a site's etcd, with its certificate, that answers every request wrongly: each time in another way.
// Arguments: address, certificate, key.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';

const [address = '', cert = '', key = ''] = process.argv.slice(2);

const header = { cluster_id: '1', member_id: '1', revision: '900', raft_term: '9' };
const done = { header: { revision: '900' } };
const swapped = { header, succeeded: true, responses: [{ response_put: done }] };
const whole = JSON.stringify(swapped);

const answers: readonly (readonly [status: number, body: string])[] = [
  [500, '{"error":"internal","code":13}'],
  [200, whole.slice(0, -4)],
  [200, '{"succeeded":true}'],
  [200, whole],
  [503, whole],
  [200, '<html>maintenance</html>'],
  [200, JSON.stringify({ header, kvs: 'none', count: '1' })],
];
let count = 0;

const server = createServer(
  { cert: readFileSync(cert), key: readFileSync(key) },
  (request, response) => {
    request.resume();
    const [status, body] = answers[count % answers.length] ?? [500, ''];
    count += 1;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(body);
  },
);
server.listen(2379, address, () => process.stdout.write('listens\n'));
