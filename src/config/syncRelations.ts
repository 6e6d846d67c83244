// What belongs together in the sets of files that are copied to the standby.
import { dirname } from 'node:path';
import type { Config } from './config.ts';
import type { Finding, Relation } from './relation.ts';
import { entryNameRule, isEntryName } from './serviceValues.ts';

const mostSets = 16;

/** The service that hands out files to the other box. */
export const serverName = 'sync-server';

/** The relations between sync sets, and of them with the directories of the box. */
export const syncRelations: readonly Relation[] = [
  { code: 'CONFIG_RANGE', keys: ['sync'], find: tooManySets },
  { code: 'CONFIG_NAME', keys: ['sync'], find: nameUnsuited },
  {
    code: 'CONFIG_RELATION_SYNC',
    keys: [
      'sync',
      'state.directory',
      'state.runDirectory',
      'database.dataDirectory',
      'pair.keyFile',
    ],
    find: ownDirectory,
  },
  { code: 'CONFIG_RELATION_SYNC', keys: ['sync'], find: setsOverlap },
  { code: 'CONFIG_NAME', keys: ['sync', 'services'], find: nameTaken },
];

function tooManySets({ sync }: Config): readonly Finding[] {
  const seen = Object.keys(sync).length;
  if (seen <= mostSets) return [];
  return [
    { message: 'sync: these are too many', seen: String(seen), allowed: `up to ${mostSets} sets` },
  ];
}

function nameUnsuited({ sync }: Config): readonly Finding[] {
  return Object.keys(sync)
    .filter((name) => !isEntryName(name))
    .map((seen) => {
      const message = 'sync: this cannot be the name of a set';
      return { at: `sync.${seen}`, message, seen, allowed: entryNameRule };
    });
}

/** The guardian has a service of its own where files are copied. */
function nameTaken({ sync, services }: Config): readonly Finding[] {
  if (Object.keys(sync).length === 0 || services[serverName] === undefined) return [];
  const message = `services: ${serverName} is the name of the service that hands out the files of sync`;
  return [{ at: `services.${serverName}`, message, seen: serverName, allowed: 'another name' }];
}

/** Copied over, these would take the other box's identity, record or database away from it. */
function ownDirectory({ sync, state, database, pair }: Config): readonly Finding[] {
  const own = {
    'state.directory': state.directory,
    'state.runDirectory': state.runDirectory,
    'database.dataDirectory': database.dataDirectory,
    // The configuration of the box lies beside it.
    'the directory of pair.keyFile': dirname(pair.keyFile),
  };
  return Object.entries(sync).flatMap(([name, { directory }]): readonly Finding[] => {
    const at = `sync.${name}.directory`;
    const met = Object.entries(own).find(([, path]) => meet(path, directory));
    if (met === undefined) return [];
    const message = `${at}: this and ${met[0]} (${met[1]}) lie in one another; each box has its own`;
    return [{ at, message, seen: directory, allowed: 'a directory apart from those of hotpair' }];
  });
}

function setsOverlap({ sync }: Config): readonly Finding[] {
  const sets = Object.entries(sync);
  return sets.flatMap(([name, { directory }], index): readonly Finding[] => {
    const other = sets.slice(0, index).find(([, set]) => meet(set.directory, directory));
    if (other === undefined) return [];
    const at = `sync.${name}.directory`;
    const message = `${at}: this and the set ${other[0]} lie in one another`;
    const needs = [`sync.${other[0]}.directory`];
    return [
      {
        at,
        needs,
        message,
        seen: directory,
        allowed: `a directory apart from ${other[1].directory}`,
      },
    ];
  });
}

function meet(left: string, right: string): boolean {
  return `${left}/`.startsWith(`${right}/`) || `${right}/`.startsWith(`${left}/`);
}
