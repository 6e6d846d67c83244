// What only the box itself can say of `arbiter.fence`: whether the agents are installed, know the options that they are to be
// given, and have their secrets. Asked by `hotpair config check`, because a switch that does not work is found too late otherwise.
import type { Complaint, ComplaintCode } from '../config/complaint.ts';
import { readFenceSecrets } from '../config/fenceFiles.ts';
import type { FenceDeviceConfig } from '../config/fenceFiles.ts';
import type { LoadedConfig } from '../config/load.ts';
import { findAgent } from '../io/fence/agentFile.ts';
import { askMetadata, unfitOptions } from '../io/fence/agentMetadata.ts';
import { isHotpairError } from '../protocol/hotpairError.ts';

/** Complaints about the devices, one after another; none where fence is not the arbiter. */
export async function checkFence(loaded: LoadedConfig): Promise<readonly Complaint[]> {
  const { type, fence } = loaded.config.arbiter;
  if (type !== 'fence') return [];
  const found: Complaint[] = [];
  for (const [index, device] of fence.devices.entries()) {
    const at = `arbiter.fence.devices[${index}]`;
    found.push(...(await checkDevice(loaded, device, at, fence.agentDirectory ?? null)));
  }
  return found;
}

async function checkDevice(
  loaded: LoadedConfig,
  device: FenceDeviceConfig,
  at: string,
  directory: string | null,
): Promise<readonly Complaint[]> {
  const complain = (code: ComplaintCode, key: string, message: string): Complaint => {
    const place = loaded.places.get(key) ?? loaded.places.get(at) ?? { line: 1, column: 1 };
    return { code, ...place, key, message: `${key}: ${message}` };
  };
  const found: Complaint[] = [];
  let secrets: Readonly<Record<string, string>> = {};
  try {
    secrets = readFenceSecrets(device);
  } catch (error) {
    found.push(complain('CONFIG_FENCE_SECRETS', `${at}.secretsFile`, textOf(error)));
  }
  try {
    const metadata = await askMetadata(findAgent(device.agent, directory));
    const names = [...Object.keys(device.options), ...Object.keys(secrets)];
    const given = device.plug === undefined ? names : [...names, 'plug'];
    const { unknown, missing } = unfitOptions(metadata, given);
    for (const name of unknown) {
      const key = name === 'plug' ? `${at}.plug` : `${at}.options.${name}`;
      found.push(complain('CONFIG_FENCE_OPTION', key, `${device.agent} has no option ${name}`));
    }
    for (const name of missing) {
      const text = `${device.agent} needs the option ${name}`;
      found.push(complain('CONFIG_FENCE_OPTION', `${at}.options`, text));
    }
  } catch (error) {
    found.push(complain('CONFIG_FENCE_AGENT', `${at}.agent`, textOf(error)));
  }
  return found;
}

/** Other errors are no finding about the file. */
function textOf(error: unknown): string {
  if (isHotpairError(error)) return error.message;
  throw error;
}
