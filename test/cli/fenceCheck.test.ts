// `hotpair config check` asks the fence agents themselves what they know.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { configCommand } from '../../src/cli/configCommand.ts';
import { configText } from '../config/configText.ts';

async function check(device: Readonly<Record<string, unknown>>, secrets: string) {
  const folder = mkdtempSync(join(tmpdir(), 'fence-'));
  try {
    const [file, secretsFile] = [join(folder, 'hotpair.yaml'), join(folder, 'secrets')];
    writeFileSync(secretsFile, secrets, { mode: 0o600 });
    const devices = [{ name: 'bmc', agent: 'fence_redfish', secretsFile, ...device }];
    writeFileSync(file, configText({ arbiter: { type: 'fence', fence: { devices } } }));
    let text = '';
    const status = await configCommand(['check', file], (part) => {
      text += part;
    });
    return { status, text: text.replaceAll(`${file}:`, '') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const options = { ip: '192.0.2.31', username: 'hotpair' };

test('a device whose options its agent knows is accepted', async (t) => {
  const { status, text } = await check({ options }, 'password=opensesame\n');
  t.is(status, 0, text);
});

test('an option that the agent does not know is refused at its line, a missing one at the options', async (t) => {
  const wrong = { ip: '192.0.2.31', lanplus: 1 };
  const { status, text } = await check({ options: wrong }, 'passworrd=opensesame\n');
  t.is(status, 2);
  t.regex(
    text,
    /^\d+:\d+: CONFIG_FENCE_OPTION: .*options\.lanplus: fence_redfish has no option lanplus$/m,
  );
  t.regex(text, /fence_redfish has no option passworrd$/m);
  t.regex(text, /options: fence_redfish needs the option username$/m);
  t.notRegex(text, /opensesame/);
});

test('an agent that is not installed and a secrets file that cannot be used are both told', async (t) => {
  const { status, text } = await check({ agent: 'fence_nothing', options }, 'opensesame\n');
  t.is(status, 2);
  t.regex(text, /CONFIG_FENCE_AGENT: .*agent: The fence agent fence_nothing is not installed/);
  t.regex(text, /CONFIG_FENCE_SECRETS: .*secretsFile: The secrets file .* cannot be used/);
  t.notRegex(text, /opensesame/);
});
