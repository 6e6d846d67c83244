// What belongs together in the descriptions of the front: which keys a driver has, and that nothing has two uses.
import type { Config } from './config.ts';
import { ledColours, lightNames } from './panelSchema.ts';
import type { Finding, Relation } from './relation.ts';

/** The service that the guardian runs beside those of the configuration: the companion. */
export const companionName = 'companion';

type PanelKeyName = Exclude<keyof Config['panel'], 'driver'>;

const keyNames = ['device', 'model', 'baud', 'host', 'port'] as const satisfies PanelKeyName[];

const keysOfDriver: Readonly<
  Record<NonNullable<Config['panel']['driver']>, readonly PanelKeyName[]>
> = {
  crystalfontz: ['device', 'model', 'baud'],
  'matrix-orbital': ['device', 'baud'],
  lcdproc: ['host', 'port'],
};

const ledKeys = lightNames.flatMap((light) => ledColours.map((each) => `leds.${light}.${each}`));

/** The relations of panel and lights. */
export const panelRelations: readonly Relation[] = [
  {
    code: 'CONFIG_RELATION_PANEL',
    keys: ['panel.driver', ...keyNames.map((name) => `panel.${name}`)],
    find: driverUnsuited,
  },
  {
    code: 'CONFIG_RELATION_PANEL',
    keys: ['panel.device', 'heartbeat.serial.device'],
    find: deviceTaken,
  },
  { code: 'CONFIG_RELATION_LEDS', keys: ['leds.box.green', ...ledKeys], find: ledsRepeated },
  { code: 'CONFIG_NAME', keys: ['services', 'panel.driver', ...ledKeys], find: nameTaken },
];

/** Whether there is anything for a companion to do. */
export function needsCompanion({ panel, leds }: Pick<Config, 'panel' | 'leds'>): boolean {
  return panel.driver !== undefined || namedLeds({ leds }).length > 0;
}

function driverUnsuited({ panel }: Config): readonly Finding[] {
  const { driver } = panel;
  const written = keyNames.filter((name) => panel[name] !== undefined);
  const [first] = written;
  if (driver === undefined) {
    if (first === undefined) return [];
    const message = 'panel.driver: nothing says which panel it is';
    return [{ message, seen: `only ${first}`, allowed: Object.keys(keysOfDriver).join(', ') }];
  }
  const known = keysOfDriver[driver];
  const strangers = written
    .filter((name) => !known.includes(name))
    .map((name): Finding => {
      const message = `panel.${name}: the driver ${driver} has no such thing`;
      return { at: `panel.${name}`, message, seen: name, allowed: known.join(', ') };
    });
  if (!known.includes('device') || panel.device !== undefined) return strangers;
  const message = `panel.device: the driver ${driver} needs a serial port`;
  return [{ message, seen: 'none', allowed: 'absolute path of a device' }, ...strangers];
}

/** Both would read what is meant for the other. */
function deviceTaken({ panel, heartbeat }: Config): readonly Finding[] {
  const { device } = panel;
  if (device === undefined || device !== heartbeat.serial.device) return [];
  const message = 'panel.device: heartbeats go over this serial port';
  return [{ message, seen: device, allowed: 'another one than heartbeat.serial.device' }];
}

type NamedLed = { readonly at: string; readonly name: string };

function namedLeds({ leds }: Pick<Config, 'leds'>): readonly NamedLed[] {
  return lightNames.flatMap((light) =>
    ledColours.flatMap((colour) => {
      const name = leds[light][colour];
      return name === undefined ? [] : [{ at: `leds.${light}.${colour}`, name }];
    }),
  );
}

function ledsRepeated({ leds }: Config): readonly Finding[] {
  const all = namedLeds({ leds });
  return all.flatMap(({ at, name }, index): readonly Finding[] => {
    const other = all.slice(0, index).find((each) => each.name === name);
    if (other === undefined) return [];
    const message = `${at}: ${other.at} is the same light`;
    return [{ at, message, seen: name, allowed: 'a light of its own for each colour' }];
  });
}

/** The guardian has a service of its own where there is a panel or a light. */
function nameTaken({ services, panel, leds }: Config): readonly Finding[] {
  if (!needsCompanion({ panel, leds }) || services[companionName] === undefined) return [];
  const message = `services: ${companionName} is the name of the service that runs panel and lights`;
  return [
    { at: `services.${companionName}`, message, seen: companionName, allowed: 'another name' },
  ];
}
