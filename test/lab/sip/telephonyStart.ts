// The telephone service of a new pair: its tables, made once on the primary, its files on both boxes, and then the description of
// the services, which the agents read anew.

import { readFileSync, writeFileSync } from 'node:fs';
import { boxConfiguration } from '../boxConfiguration.ts';
import { inDatabase } from '../databaseSession.ts';
import { agentOf } from '../insideBox.ts';
import { LabError } from '../labError.ts';
import { boxNames, labFile, paths, type BoxName } from '../layout.ts';
import type { SiteOptions } from '../siteState.ts';
import { servicesSection } from './servicesSection.ts';
import { untilTelephoneAnswers } from './sipProbeProcess.ts';
import { telephonyDatabase, writeTelephony } from './telephony.ts';

const answersWithinMs = 30_000;

/** Resolves when the service address answers phones. */
export async function startTelephony(primary: BoxName, options: SiteOptions): Promise<void> {
  await createTelephonyTables(primary);
  for (const box of boxNames) {
    writeTelephony(box);
    const words = `${boxConfiguration(box, options)}${servicesSection()}`;
    writeFileSync(`${paths.etc(box)}/hotpair.yaml`, words);
    readAnew(box);
  }
  await untilTelephoneAnswers(answersWithinMs);
}

/** SIGHUP: the agent reads its configuration. */
export function readAnew(box: BoxName): void {
  const agent = agentOf(box);
  if (agent === undefined) throw new LabError(`no agent runs on ${box}`);
  process.kill(agent.pid, 'SIGHUP');
}

/** Kamailio's own tables, as its package brings them, and ours. */
async function createTelephonyTables(primary: BoxName): Promise<void> {
  const role = telephonyDatabase;
  await inDatabase(primary, 'postgres', 20_000, async ({ script }) => {
    await script(`create role ${role} login`);
    await script(`create database ${role} owner ${role}`);
  });
  const files = ['standard', 'usrloc', 'dialog'].map(
    (name) => `/usr/share/kamailio/postgres/${name}-create.sql`,
  );
  const statements = [...files, labFile('sip/schema.sql')].map((file) =>
    readFileSync(file, 'utf8'),
  );
  await inDatabase(primary, role, 20_000, async ({ script }) => {
    await script(`set role ${role};\n${statements.join('\n')}`);
  });
}
