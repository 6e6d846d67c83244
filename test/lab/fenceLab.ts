// fence_lab: the fence agent of the lab's power switches, by the ClusterLabs convention: options as name=value lines on the
// input, the answer as the exit status (0 done or on, 1 failed, 2 off).

import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { PowerAnswer, PowerRequest } from './powerStrip.ts';

const parameters = ['action', 'device', 'plug', 'socket'] as const;
const actions = ['on', 'off', 'reboot', 'status', 'monitor', 'metadata'] as const;

function metadata(): string {
  const lines = parameters.map(
    (name) => `  <parameter name="${name}" required="${name === 'action' ? 1 : 0}" />`,
  );
  const known = actions.map((name) => `  <action name="${name}" />`);
  return `<?xml version="1.0" ?>
<resource-agent name="fence_lab" shortdesc="Power of the boxes of the lab">
<parameters>
${lines.join('\n')}
</parameters>
<actions>
${known.join('\n')}
</actions>
</resource-agent>
`;
}

async function ask(path: string, request: PowerRequest): Promise<PowerAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (part: string) => {
      text += part;
    });
    socket.once('error', reject);
    socket.once('end', () => resolve(JSON.parse(text) as PowerAnswer));
    socket.write(`${JSON.stringify(request)}\n`);
  });
}

async function main(): Promise<number> {
  const given = new Map(
    readFileSync(0, 'utf8')
      .split('\n')
      .filter((line) => line.includes('='))
      .map((line): [string, string] => [
        line.slice(0, line.indexOf('=')),
        line.slice(line.indexOf('=') + 1),
      ]),
  );
  const action = given.get('action') ?? 'reboot';
  if (action === 'metadata') {
    process.stdout.write(metadata());
    return 0;
  }
  const [device = '', box = ''] = [given.get('device'), given.get('plug')];
  const { ok, isOn } = await ask(given.get('socket') ?? '', { device, action, box });
  if (action === 'status') return isOn ? 0 : 2;
  if (!ok) process.stderr.write(`Failed: ${device} did not obey\n`);
  return ok ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`Failed: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
